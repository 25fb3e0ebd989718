using SparseCore.Networks;

namespace SparseCore.Parameters;

/// <summary>One mask for every layer of a network. Immutable.</summary>
public sealed class MaskSet : IEquatable<MaskSet>
{
    private readonly Mask[] masks;

    /// <summary>Collects one mask a layer, in the network's order.</summary>
    /// <exception cref="ArgumentException">A mask is missing or has another length than its layer.</exception>
    public MaskSet(Network network, IReadOnlyList<Mask> masks)
    {
        if (masks.Count != network.Layers.Count)
        {
            throw new ArgumentException($"Network '{network.Name}' has {network.Layers.Count} layers with weights, found {masks.Count} masks.");
        }

        for (var layer = 0; layer < masks.Count; layer++)
        {
            if (masks[layer].Length != network.Layers[layer].WeightCount)
            {
                throw new ArgumentException($"Layer '{network.Layers[layer].Name}' has {network.Layers[layer].WeightCount} weights, its mask {masks[layer].Length}.");
            }
        }

        Network = network;
        this.masks = [.. masks];
    }

    /// <summary>The network the masks belong to.</summary>
    public Network Network { get; }

    /// <summary>Number of layers.</summary>
    public int Count => masks.Length;

    /// <summary>Active weights in all layers, biases not counted.</summary>
    public int ActiveCount => masks.Sum(mask => mask.ActiveCount);

    /// <summary>Active weights of each layer, biases not counted. Shape [layers].</summary>
    public int[] ActiveCounts() => [.. masks.Select(mask => mask.ActiveCount)];

    /// <summary>Fraction of weights that are 0, over all layers, biases not counted.</summary>
    public double Sparsity => 1 - ((double)ActiveCount / masks.Sum(mask => mask.Length));

    /// <summary>Whether no weight is masked.</summary>
    public bool IsFull => masks.All(mask => mask.ActiveCount == mask.Length);

    /// <summary>The mask of one layer.</summary>
    public Mask this[int layer] => masks[layer];

    /// <summary>Every weight of every layer active.</summary>
    public static MaskSet Full(Network network) => new(network, [.. network.Layers.Select(layer => Mask.Full(layer.WeightCount))]);

    /// <summary>Whether the masks of all layers are equal; the networks themselves are not compared.</summary>
    public bool Equals(MaskSet? other) => other is not null && masks.AsSpan().SequenceEqual(other.masks);

    /// <summary>Whether the other object is a set of equal masks.</summary>
    public override bool Equals(object? other) => Equals(other as MaskSet);

    /// <summary>A hash of all masks; equal sets have equal hashes within a process.</summary>
    public override int GetHashCode() => masks.Aggregate(0, HashCode.Combine);
}
