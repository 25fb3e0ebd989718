using System.Text.Json.Serialization;
using SparseCore.Allocation;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Schedules;

namespace SparseCore.Connectivity;

/// <summary>
/// AC/DC (Peste, Iofinova, Vladu and Alistarh 2021): after a dense warm-up, phases of sparse and of dense training alternate. A sparse (compressed) phase begins by
/// keeping the weights of largest magnitude; in a dense (decompressed) phase all weights are trained, those that were masked from 0 on. The last phase is sparse
/// and lasts to the end. As in the authors' runs, weights compete over the whole network, and momentum starts anew with every dense phase.
/// </summary>
/// <param name="Sparsity">Fraction of zeros of the sparse phases, above 0 and below 1.</param>
/// <param name="Phases">First: end of the warm-up, where the first sparse phase begins; Interval: length of a phase; Last: no sparse phase begins after it.</param>
public sealed record AlternatingPhases(double Sparsity, UpdateSchedule Phases) : IMaskUpdater
{
    /// <summary>Fraction of zeros of the sparse phases.</summary>
    public double Sparsity { get; } = Sparsity is > 0 and < 1
        ? Sparsity
        : throw new ArgumentOutOfRangeException(nameof(Sparsity), Sparsity, "The sparsity of alternating phases must be above 0 and below 1.");

    /// <summary>How many weights of each layer a sparse phase keeps; null, which is not written, lets weights compete over the whole network.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IAllocation? Allocation { get; init; }

    /// <inheritdoc/>
    public bool MasksGrow => true;

    /// <summary>The step at which the last sparse phase begins.</summary>
    public int LastSparsePhase => Phases.First + ((Phases.Last - Phases.First) / (2 * Phases.Interval) * 2 * Phases.Interval);

    /// <inheritdoc/>
    public bool IsUpdate(int step) => step <= LastSparsePhase && Phases.IsUpdate(step);

    /// <inheritdoc/>
    public IEnumerable<int> UpdateSteps(int last) => Moments.Every(Phases.First, Math.Min(LastSparsePhase, last), Phases.Interval);

    /// <inheritdoc/>
    public int? LastUpdate(int step) => Phases.LastUpdate(Math.Min(step, LastSparsePhase));

    /// <summary>Whether the moment after <paramref name="step"/> steps lies in a sparse phase.</summary>
    public bool IsSparse(int step) => LastUpdate(step) is { } update && (update - Phases.First) / Phases.Interval % 2 == 0;

    /// <inheritdoc/>
    public MaskUpdate Update(MaskUpdateContext context)
    {
        var network = context.Masks.Network;
        if (!IsSparse(context.Step))
        {
            return new MaskUpdate(MaskSet.Full(network)) { ResetsMomentum = true };
        }

        return new MaskUpdate(Allocation is null
            ? MagnitudePruning.Global(context.Masks, context.Parameters, Kept(network))
            : MagnitudePruning.Update(context.Masks, context.Parameters, Allocation.ActiveCounts(network, Sparsity)));
    }

    /// <inheritdoc/>
    public MaskExpectation Expect(MaskSet start, int step)
    {
        if (LastUpdate(step) is null)
        {
            return MaskExpectation.OfLayers(start.ActiveCounts(), MaskHistoryKind.Changing);
        }

        if (!IsSparse(step))
        {
            return MaskExpectation.OfLayers(MaskSet.Full(start.Network).ActiveCounts(), MaskHistoryKind.Changing);
        }

        return Allocation is null
            ? new MaskExpectation(Kept(start.Network), null, MaskHistoryKind.Changing)
            : MaskExpectation.OfLayers(Allocation.ActiveCounts(start.Network, Sparsity), MaskHistoryKind.Changing);
    }

    /// <inheritdoc/>
    public PlanMistake? Mistake(RunFacts run) => run.StartsDense ? null : new PlanMistake("a dense start for alternating phases", "another starting mask");

    /// <inheritdoc/>
    public string? WithoutEffect(RunFacts run)
    {
        if (LastSparsePhase >= run.Steps)
        {
            return $"its last sparse phase would begin at step {LastSparsePhase}, and the run ends at step {run.Steps}. Choose a smaller update-interval= or more steps=.";
        }

        return Kept(run.Network) == run.Network.Layers.Sum(layer => (long)layer.WeightCount)
            ? FormattableString.Invariant($"it would prune nothing: its sparsity is {Sparsity}. Choose a higher sparsity=, or train the dense network (method=baseline).")
            : null;
    }

    private int Kept(Network network) => TopK.KeepCount(Sparsity, network.Layers.Sum(layer => layer.WeightCount));
}
