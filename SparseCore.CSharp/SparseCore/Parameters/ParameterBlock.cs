using SparseCore.Networks;

namespace SparseCore.Parameters;

/// <summary>
/// All parameters of a network as one contiguous block of floats, laid out as <see cref="Network.Tensors"/> says. For every layer in order: the weights [outputs, inputs, kh, kw], then the biases; after
/// them for every batch normalization the scales, then the shifts; last, as they are not trained, for every batch normalization the running means, then the
/// running variances. The same class holds momentum and gradients, which have the same layout (and zeros in place of running statistics).
/// </summary>
public sealed class ParameterBlock
{
    private readonly int[] weightOffsets;
    private readonly int[] scaleOffsets;
    private readonly int[] meanOffsets;

    /// <summary>A block of zeros for <paramref name="network"/>.</summary>
    public ParameterBlock(Network network)
    {
        Network = network;
        weightOffsets = Offsets(TensorRole.Weight);
        scaleOffsets = Offsets(TensorRole.Scale);
        meanOffsets = Offsets(TensorRole.RunningMean);
        Values = new float[network.ValueCount];

        int[] Offsets(TensorRole role) => [.. network.Tensors.Where(tensor => tensor.Tensor.Role == role).Select(tensor => tensor.Offset)];
    }

    /// <summary>The network the block belongs to.</summary>
    public Network Network { get; }

    /// <summary>All values, in layout order. Shape [ValueCount].</summary>
    public float[] Values { get; }

    /// <summary>The values that are trained: all but the running statistics. Shape [ParameterCount].</summary>
    public Span<float> Trained => Values.AsSpan(0, Network.ParameterCount);

    /// <summary>The values of one of the network's tensors.</summary>
    public Span<float> Of(NetworkTensor tensor) => Values.AsSpan(tensor.Offset, (int)tensor.Tensor.Count);

    /// <summary>The weights of one layer. Shape [outputs, inputs, kh, kw].</summary>
    public Span<float> Weights(int layer) => Values.AsSpan(weightOffsets[layer], Network.Layers[layer].WeightCount);

    /// <summary>The biases of one layer. Shape [outputs], empty where the layer has none.</summary>
    public Span<float> Biases(int layer) => Values.AsSpan(BiasOffset(layer), Network.Layers[layer].BiasCount);

    /// <summary>The scales of one batch normalization. Shape [channels].</summary>
    public Span<float> Scales(int norm) => Values.AsSpan(scaleOffsets[norm], Network.Norms[norm].Channels);

    /// <summary>The shifts of one batch normalization. Shape [channels].</summary>
    public Span<float> Shifts(int norm) => Values.AsSpan(scaleOffsets[norm] + Network.Norms[norm].Channels, Network.Norms[norm].Channels);

    /// <summary>The running means of one batch normalization. Shape [channels].</summary>
    public Span<float> Means(int norm) => Values.AsSpan(meanOffsets[norm], Network.Norms[norm].Channels);

    /// <summary>The running variances of one batch normalization. Shape [channels].</summary>
    public Span<float> Variances(int norm) => Values.AsSpan(meanOffsets[norm] + Network.Norms[norm].Channels, Network.Norms[norm].Channels);

    /// <summary>Position of a layer's first weight in <see cref="Values"/>.</summary>
    public int WeightOffset(int layer) => weightOffsets[layer];

    /// <summary>Position of a layer's first bias in <see cref="Values"/>; its biases follow the weights.</summary>
    public int BiasOffset(int layer) => weightOffsets[layer] + Network.Layers[layer].WeightCount;

    /// <summary>Position of a batch normalization's first scale in <see cref="Values"/>; its shifts follow the scales.</summary>
    public int ScaleOffset(int norm) => scaleOffsets[norm];

    /// <summary>Position of a batch normalization's first running mean in <see cref="Values"/>.</summary>
    public int MeanOffset(int norm) => meanOffsets[norm];

    /// <summary>Position of a batch normalization's first running variance in <see cref="Values"/>.</summary>
    public int VarianceOffset(int norm) => meanOffsets[norm] + Network.Norms[norm].Channels;

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

    /// <summary>Sets every weight outside the masks to exactly 0 (positive zero). All other values are untouched.</summary>
    public void Apply(MaskSet masks)
    {
        for (var layer = 0; layer < Network.Layers.Count; layer++)
        {
            var weights = Weights(layer);
            var mask = masks[layer];
            for (var first = mask.NextInactive(0); first < weights.Length;)
            {
                var end = mask.NextActive(first);
                weights[first..end].Clear();
                first = mask.NextInactive(end);
            }
        }
    }
}
