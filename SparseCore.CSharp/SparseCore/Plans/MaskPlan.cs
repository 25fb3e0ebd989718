using System.Text.Json.Serialization;
using SparseCore.Allocation;
using SparseCore.Data;
using SparseCore.Scores;

namespace SparseCore.Plans;

/// <summary>Where a run's first masks come from.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(AllActive), "all-active")]
[JsonDerivedType(typeof(FromRun), "from-run")]
[JsonDerivedType(typeof(RandomMasks), "random")]
[JsonDerivedType(typeof(AtInitialization), "at-initialization")]
public abstract record MaskPlan
{
    private MaskPlan()
    {
    }

    /// <summary>A dense start.</summary>
    public sealed record AllActive : MaskPlan;

    /// <summary>The masks of another run's checkpoint.</summary>
    /// <param name="Run">The run and step.</param>
    /// <param name="ShuffleSeed">When given, each layer's mask is shuffled within the layer: same counts, other places.</param>
    public sealed record FromRun(RunReference Run, ulong? ShuffleSeed) : MaskPlan;

    /// <summary>Uniformly random masks with exact counts.</summary>
    /// <param name="Allocation">How the sparsity is shared among layers.</param>
    /// <param name="Sparsity">Fraction of zeros, in [0, 1).</param>
    /// <param name="Seed">Seed of the choice.</param>
    public sealed record RandomMasks(IAllocation Allocation, double Sparsity, ulong Seed) : MaskPlan;

    /// <summary>Pruning at initialization (SNIP, GraSP, SynFlow, magnitude, random) of the run's own initial weights.</summary>
    /// <param name="Score">What is kept: the highest scores.</param>
    /// <param name="Scope">Whether weights compete within their layer or in the whole network.</param>
    /// <param name="Sparsity">Fraction of zeros, in [0, 1).</param>
    /// <param name="Rounds">Prune in this many rounds, the kept fraction falling exponentially.</param>
    /// <param name="Examples">The training examples the score sees.</param>
    /// <param name="Seed">Seed of scores that draw.</param>
    public sealed record AtInitialization(
        IPruningScore Score, PruningScope Scope, double Sparsity, int Rounds, ExampleRange Examples, ulong Seed) : MaskPlan;
}
