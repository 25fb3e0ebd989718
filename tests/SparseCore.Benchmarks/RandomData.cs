using SparseCore.Data;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Randomness;

namespace SparseCore.Benchmarks;

/// <summary>Inputs of the benchmarks: reproducible and without files.</summary>
internal static class RandomData
{
    /// <summary>Images of random bytes, half of them 0 as in MNIST, with labels in turn.</summary>
    public static ByteDataset Images(Shape shape, int classes, int count) =>
        new("random images", shape, classes, Bytes(shape, count), [.. Enumerable.Range(0, count).Select(example => example % classes)]);

    /// <summary>The bytes of these images, one image after the other.</summary>
    public static byte[] Bytes(Shape shape, int count)
    {
        var stream = new RandomStream(1, "images");
        var images = new byte[count * shape.Count];
        foreach (ref var value in images.AsSpan())
        {
            var bits = stream.NextUInt32();
            value = (byte)((bits & 256) == 0 ? 0 : bits & 255);
        }

        return images;
    }

    /// <summary>Random masks with one sparsity in every layer.</summary>
    public static MaskSet Masks(Network network, double sparsity) => new(network, [.. network.Layers.Select((layer, index) =>
    {
        var order = new RandomStream(1, "masks", (ulong)index).NextPermutation(layer.WeightCount);
        return Mask.FromIndices(layer.WeightCount, order.AsSpan(0, TopK.KeepCount(sparsity, layer.WeightCount)));
    })]);

    /// <summary>Normal weights of variance 2 / fan-in among the active weights; biases 0; batch normalizations of scale 1.</summary>
    public static ParameterBlock Parameters(Network network, MaskSet masks, ulong seed = 1)
    {
        var block = new ParameterBlock(network);
        for (var layer = 0; layer < network.Layers.Count; layer++)
        {
            var stream = new RandomStream(seed, "weights", (ulong)layer);
            var scale = Math.Sqrt(2 / Math.Max(1, network.Layers[layer].FanIn * masks[layer].Density));
            foreach (ref var weight in block.Weights(layer))
            {
                weight = (float)(scale * stream.NextNormal());
            }
        }

        for (var norm = 0; norm < network.Norms.Count; norm++)
        {
            block.Scales(norm).Fill(1);
            block.Variances(norm).Fill(1);
        }

        block.Apply(masks);
        return block;
    }
}
