using SparseCore.Parameters;

namespace SparseCore.Connectivity;

/// <summary>Masks that never change: dense training, tickets, pruning at initialization.</summary>
public sealed record StaticMasks : IMaskUpdater
{
    /// <inheritdoc/>
    public bool MasksGrow => false;

    /// <inheritdoc/>
    public bool IsUpdate(int step) => false;

    /// <inheritdoc/>
    public IEnumerable<int> UpdateSteps(int last) => [];

    /// <inheritdoc/>
    public int? LastUpdate(int step) => null;

    /// <inheritdoc/>
    public MaskUpdate Update(MaskUpdateContext context) => new(context.Masks);

    /// <inheritdoc/>
    public MaskExpectation Expect(MaskSet start, int step) => MaskExpectation.OfLayers(start.ActiveCounts(), MaskHistoryKind.Fixed);
}
