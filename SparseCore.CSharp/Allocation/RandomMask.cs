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

    internal static MaskSet Create(Network network, ReadOnlySpan<int> activeCounts, ulong seed, string purpose)
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

            masks[layer] = count == length
                ? Mask.Full(length)
                : Mask.FromIndices(length, new RandomStream(seed, purpose, (ulong)layer).NextPermutation(length).AsSpan(0, count));
        }

        return new MaskSet(network, masks);
    }
}
