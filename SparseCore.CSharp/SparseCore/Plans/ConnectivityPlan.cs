using System.Text.Json.Serialization;
using SparseCore.Allocation;
using SparseCore.Connectivity;
using SparseCore.Data;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Schedules;

namespace SparseCore.Plans;

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

    /// <summary>Gradual magnitude pruning (Zhu and Gupta 2018); weights compete within their layer.</summary>
    /// <param name="Sparsity">Step to target sparsity.</param>
    public sealed record GradualPruning(CubicSparsity Sparsity) : ConnectivityPlan
    {
        /// <summary>How the target sparsity of a step is shared among layers; null, which is not written, gives every layer the same.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public IAllocation? Allocation { get; init; }

        /// <summary>The weights that each layer keeps by the target of a step, at least one. Shape [layers].</summary>
        public int[] ActiveCounts(Network network, int step) => Allocation?.ActiveCounts(network, Sparsity.At(step))
            ?? [.. network.Layers.Select(layer => Math.Max(1, TopK.KeepCount(Sparsity.At(step), layer.WeightCount)))];
    }

    /// <summary>
    /// Dynamic sparse training: from time to time the smallest active weights are dropped and as many others grown. The just-dropped may be grown again at once:
    /// see <see cref="Regrown"/>.
    /// </summary>
    /// <param name="Growth">Name of the growth score: "random" (SET), "gradient" (RigL), "inverse-gradient", "momentum" (SNFS) or a score of the caller's own.</param>
    /// <param name="Updates">When.</param>
    /// <param name="DropFraction">Step to fraction of a layer's active weights that is dropped.</param>
    /// <param name="GrowthExamples">The training examples whose gradient grows, or null for the batch just trained on.</param>
    /// <param name="Seed">Seed of scores that draw.</param>
    public sealed record DropAndGrow(
        string Growth, UpdateSchedule Updates, DropFractionSchedule DropFraction, ExampleRange? GrowthExamples, ulong Seed)
        : ConnectivityPlan
    {
        /// <summary>What becomes of a weight that an update drops and grows again. <see cref="Regrowth.Keep"/>, the authors' code, is not written.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
        public Regrowth Regrown { get; init; }
    }
}
