namespace SparseCore.Connectivity;

/// <summary>What verification may expect of the masks at a step.</summary>
/// <param name="ActiveCount">Active weights in all; null where it depends on the training.</param>
/// <param name="LayerCounts">Active weights of each layer; null where they depend on the training. Shape [layers].</param>
/// <param name="History">How masks follow one another.</param>
public sealed record MaskExpectation(long? ActiveCount, IReadOnlyList<int>? LayerCounts, MaskHistoryKind History)
{
    /// <summary>Counts of every layer, and with them the sum.</summary>
    public static MaskExpectation OfLayers(IReadOnlyList<int> counts, MaskHistoryKind history) => new(counts.Sum(count => (long)count), counts, history);
}
