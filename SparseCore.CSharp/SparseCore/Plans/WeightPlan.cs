using System.Text.Json.Serialization;
using SparseCore.Initialization;

namespace SparseCore.Plans;

/// <summary>Where a run's first weights and biases come from. Momentum always starts at 0.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Initialized), "initialized")]
[JsonDerivedType(typeof(FromRun), "from-run")]
public abstract record WeightPlan
{
    private WeightPlan()
    {
    }

    /// <summary>Drawn fresh; biases 0.</summary>
    /// <param name="Initializer">Distribution of the weights.</param>
    /// <param name="Seed">Seed of the draw.</param>
    public sealed record Initialized(IInitializer Initializer, ulong Seed) : WeightPlan;

    /// <summary>Weights and biases of another run's checkpoint, masked by this run's masks.</summary>
    /// <param name="Run">The run and step.</param>
    public sealed record FromRun(RunReference Run) : WeightPlan;
}
