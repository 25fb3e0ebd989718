using SparseCore.Networks;

namespace SparseCore.Parameters;

/// <summary>
/// All parameters of a network as one contiguous block of floats. For every layer in order: the weights [outputs, inputs, kh, kw], then the biases.
/// The same class holds momentum and gradients, which have the same layout.
/// </summary>
public sealed class ParameterBlock
{
    private readonly int[] weightOffsets;
    private readonly int[] biasOffsets;

    /// <summary>A block of zeros for <paramref name="network"/>.</summary>
    public ParameterBlock(Network network)
    {
        Network = network;
        weightOffsets = new int[network.Layers.Count];
        biasOffsets = new int[network.Layers.Count];
        var offset = 0;
        for (var layer = 0; layer < network.Layers.Count; layer++)
        {
            weightOffsets[layer] = offset;
            offset += network.Layers[layer].WeightCount;
            biasOffsets[layer] = offset;
            offset += network.Layers[layer].BiasCount;
        }

        Values = new float[offset];
    }

    /// <summary>The network the block belongs to.</summary>
    public Network Network { get; }

    /// <summary>All values, in layout order. Shape [ParameterCount].</summary>
    public float[] Values { get; }

    /// <summary>The weights of one layer. Shape [outputs, inputs, kh, kw].</summary>
    public Span<float> Weights(int layer) => Values.AsSpan(weightOffsets[layer], Network.Layers[layer].WeightCount);

    /// <summary>The biases of one layer. Shape [outputs], empty where the layer has none.</summary>
    public Span<float> Biases(int layer) => Values.AsSpan(biasOffsets[layer], Network.Layers[layer].BiasCount);

    /// <summary>Position of a layer's first weight in <see cref="Values"/>.</summary>
    public int WeightOffset(int layer) => weightOffsets[layer];

    /// <summary>Position of a layer's first bias in <see cref="Values"/>.</summary>
    public int BiasOffset(int layer) => biasOffsets[layer];

    /// <summary>A copy that shares nothing.</summary>
    public ParameterBlock Clone()
    {
        var copy = new ParameterBlock(Network);
        Values.CopyTo(copy.Values, 0);
        return copy;
    }

    /// <summary>Overwrites all values with those of <paramref name="source"/>, which must have the same layout.</summary>
    /// <exception cref="ArgumentException">The number of values differs.</exception>
    public void CopyFrom(ParameterBlock source)
    {
        if (source.Values.Length != Values.Length)
        {
            throw new ArgumentException($"Cannot copy {source.Values.Length} parameters of '{source.Network.Name}' into {Values.Length} of '{Network.Name}'.");
        }

        source.Values.CopyTo(Values, 0);
    }

    /// <summary>Sets every weight outside the masks to exactly 0 (positive zero). Biases are untouched.</summary>
    public void Apply(MaskSet masks)
    {
        for (var layer = 0; layer < Network.Layers.Count; layer++)
        {
            var weights = Weights(layer);
            var mask = masks[layer];
            for (var index = 0; index < weights.Length; index++)
            {
                if (!mask[index])
                {
                    weights[index] = 0f;
                }
            }
        }
    }
}
