using System.Text.Json.Serialization;
using SparseCore.Schedules;

namespace SparseCore.Training;

/// <summary>What changes the masks while a run trains.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Static), "static")]
[JsonDerivedType(typeof(GradualPruning), "gradual-pruning")]
[JsonDerivedType(typeof(DropAndGrow), "drop-and-grow")]
public abstract record ConnectivityPlan
{
    private ConnectivityPlan()
    {
    }

    /// <summary>Nothing.</summary>
    public sealed record Static : ConnectivityPlan;

    /// <summary>Gradual magnitude pruning (Zhu and Gupta 2018), every layer to the same sparsity.</summary>
    /// <param name="Sparsity">Step to target sparsity.</param>
    public sealed record GradualPruning(CubicSparsity Sparsity) : ConnectivityPlan;

    /// <summary>Dynamic sparse training: from time to time the smallest active weights are dropped and as many others grown.</summary>
    /// <param name="Growth">Name of the growth score: "random" (SET), "gradient" (RigL), "inverse-gradient", "momentum" (SNFS) or a score of the caller's own.</param>
    /// <param name="Updates">When.</param>
    /// <param name="DropFraction">Step to fraction of a layer's active weights that is dropped.</param>
    /// <param name="GrowthExamples">The training examples whose gradient grows, or null for the batch just trained on.</param>
    /// <param name="Seed">Seed of scores that draw.</param>
    public sealed record DropAndGrow(
        string Growth, UpdateSchedule Updates, DropFractionSchedule DropFraction, ExampleRange? GrowthExamples, ulong Seed)
        : ConnectivityPlan;
}
