using System.Text.Json.Serialization;
using SparseCore.Allocation;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Schedules;

namespace SparseCore.Connectivity;

/// <summary>Gradual magnitude pruning (Zhu and Gupta 2018); weights compete within their layer. An update of a step happens after that step's checkpoint and log.</summary>
/// <param name="Sparsity">Step to target sparsity.</param>
public sealed record GradualPruning(CubicSparsity Sparsity) : IMaskUpdater
{
    /// <summary>How the target sparsity of a step is shared among layers; null, which is not written, gives every layer the same.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IAllocation? Allocation { get; init; }

    /// <inheritdoc/>
    public UpdateTiming Timing => UpdateTiming.BeforeStep;

    /// <inheritdoc/>
    public bool MasksGrow => false;

    /// <summary>The weights that each layer keeps by the target of a step, at least one. Shape [layers].</summary>
    public int[] ActiveCounts(Network network, int step) => Allocation?.ActiveCounts(network, Sparsity.At(step))
        ?? [.. network.Layers.Select(layer => Math.Max(1, TopK.KeepCount(Sparsity.At(step), layer.WeightCount)))];

    /// <inheritdoc/>
    public bool IsUpdate(int step) => Sparsity.IsUpdate(step);

    /// <inheritdoc/>
    public IEnumerable<int> UpdateSteps(int last) => Moments.Merge(
        Moments.Every(Sparsity.Begin, Math.Min(last, Sparsity.End), Sparsity.Interval),
        Sparsity.End <= last ? [Sparsity.End] : []);

    /// <inheritdoc/>
    public int? LastUpdate(int step) => Sparsity.LastUpdate(step);

    /// <inheritdoc/>
    public MaskUpdate Update(MaskUpdateContext context) =>
        new(MagnitudePruning.Update(context.Masks, context.Parameters, ActiveCounts(context.Masks.Network, context.Step)));

    /// <inheritdoc/>
    public MaskExpectation Expect(MaskSet start, int step) => MaskExpectation.OfLayers(
        LastUpdate(step - 1) is { } update ? [.. ActiveCounts(start.Network, update).Zip(start.ActiveCounts(), Math.Min)] : start.ActiveCounts(),
        MaskHistoryKind.Nested);

    /// <inheritdoc/>
    public PlanMistake? Mistake(RunFacts run) =>
        Sparsity.End < run.Steps ? null : new PlanMistake($"a pruning window that ends before the run's {run.Steps} steps", Sparsity.End);

    /// <inheritdoc/>
    public string? WithoutEffect(RunFacts run) =>
        run.StartsDense && ActiveCounts(run.Network, Sparsity.End).Sum(count => (long)count) == run.Network.Layers.Sum(layer => (long)layer.WeightCount)
            ? FormattableString.Invariant($"it would prune nothing: its final sparsity is {Sparsity.Final}. Choose a higher sparsity=, or train the dense network (method=baseline).")
            : null;
}
