using SparseCore.Parameters;

namespace SparseCore.Allocation;

/// <summary>Masks that keep only the counts of other masks.</summary>
public static class MaskShuffle
{
    /// <summary>
    /// Shuffles each layer's mask within the layer. Shuffling a mask is drawing uniformly among all masks of its count, so nothing of the original
    /// but its counts remains.
    /// </summary>
    public static MaskSet WithinLayers(MaskSet masks, ulong seed) =>
        RandomMask.Create(masks.Network, [.. Enumerable.Range(0, masks.Count).Select(layer => masks[layer].ActiveCount)], seed, "mask-shuffle");
}
