using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Measurement;

/// <summary>Memory of a network's parameters.</summary>
public static class ModelSize
{
    /// <summary>
    /// Bytes that hold the parameters: four for every active weight, bias, scale, shift and running statistic, and one bit for every weight of a layer that is
    /// masked.
    /// </summary>
    public static long Bytes(MaskSet masks) => Bytes(masks.Network, [.. Enumerable.Range(0, masks.Count).Select(layer => masks[layer].ActiveCount)]);

    /// <summary>The same for masks of which only the counts are known.</summary>
    /// <param name="network">The network.</param>
    /// <param name="activeCounts">Active weights. Shape [layers].</param>
    public static long Bytes(Network network, ReadOnlySpan<int> activeCounts)
    {
        var bytes = network.Norms.Sum(norm => 4L * 4 * norm.Channels);
        for (var index = 0; index < activeCounts.Length; index++)
        {
            var layer = network.Layers[index];
            bytes += 4L * (activeCounts[index] + layer.BiasCount);
            bytes += activeCounts[index] < layer.WeightCount ? (layer.WeightCount + 7) / 8 : 0;
        }

        return bytes;
    }
}
