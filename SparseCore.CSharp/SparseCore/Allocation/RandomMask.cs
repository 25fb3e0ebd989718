using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Randomness;

namespace SparseCore.Allocation;

/// <summary>Masks drawn uniformly among those with given counts.</summary>
public static class RandomMask
{
    /// <summary>Draws one mask a layer.</summary>
    /// <param name="network">The network.</param>
    /// <param name="activeCounts">Active weights of each layer. Shape [layers].</param>
    /// <param name="seed">Seed of the masks.</param>
    /// <exception cref="ArgumentException">A count is missing, negative or larger than its layer.</exception>
    public static MaskSet Create(Network network, ReadOnlySpan<int> activeCounts, ulong seed) => Create(network, activeCounts, seed, "mask");

    /// <summary>
    /// Draws masks whose neurons differ strongly in their number of inputs, to tell initializers apart that treat a layer as a whole from those that
    /// look at each neuron. As in the paper's code for Figure 1c, a weight of output o (from 0) draws a number uniformly from [0, o + 1) and the
    /// highest are kept: outputs with low indices lose far more connections, and all of them at high sparsity.
    /// </summary>
    /// <param name="network">The network.</param>
    /// <param name="activeCounts">Active weights of each layer. Shape [layers].</param>
    /// <param name="seed">Seed of the masks.</param>
    /// <exception cref="ArgumentException">A count is missing, negative or larger than its layer.</exception>
    public static MaskSet CreateHeterogeneous(Network network, ReadOnlySpan<int> activeCounts, ulong seed) =>
        Create(network, activeCounts, (layer, count) =>
        {
            var stream = new RandomStream(seed, "heterogeneous-mask", (ulong)layer);
            var keys = new float[network.Layers[layer].WeightCount];
            for (var index = 0; index < keys.Length; index++)
            {
                keys[index] = (float)(stream.NextDouble() * ((index / network.Layers[layer].FanIn) + 1));
            }

            return TopK.Select(keys, count);
        });

    internal static MaskSet Create(Network network, ReadOnlySpan<int> activeCounts, ulong seed, string purpose) =>
        Create(network, activeCounts, (layer, count) => new RandomStream(seed, purpose, (ulong)layer).NextPermutation(network.Layers[layer].WeightCount)[..count]);

    private static MaskSet Create(Network network, ReadOnlySpan<int> activeCounts, Func<int, int, int[]> draw)
    {
        if (activeCounts.Length != network.Layers.Count)
        {
            throw new ArgumentException($"Network '{network.Name}' has {network.Layers.Count} layers with weights, found {activeCounts.Length} active counts.");
        }

        var masks = new Mask[activeCounts.Length];
        for (var layer = 0; layer < masks.Length; layer++)
        {
            var (length, count) = (network.Layers[layer].WeightCount, activeCounts[layer]);
            if (count < 0 || count > length)
            {
                throw new ArgumentException($"Layer '{network.Layers[layer].Name}' has {length} weights; {count} cannot be active.");
            }

            masks[layer] = count == length ? Mask.Full(length) : Mask.FromIndices(length, draw(layer, count));
        }

        return new MaskSet(network, masks);
    }
}
