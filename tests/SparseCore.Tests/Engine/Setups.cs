using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Randomness;

namespace SparseCore.Tests.Engine;

/// <summary>Networks, masks and parameters for the engine's tests.</summary>
internal static class Setups
{
    public static IEnumerable<string> NetworkNames { get; } =
    [
        "lenet5", "lenet5 28", "wide pool", "deep", "lenet300", "padded", "strided", "overlapping pool", "pool before relu",
        "relu first", "no bias", "convolution last",
    ];

    public static Network Create(string name) => name switch
    {
        "lenet5" => LeNet5.Create([3, 5, 11, 7], new Shape(1, 16, 16), 10),
        "lenet5 28" => LeNet5.Create([6, 3, 11, 7], new Shape(1, 28, 28), 10),
        "wide pool" => Chain(
            new Shape(1, 22, 22),
            new Operation.Convolution(3, 3, 3),
            new Operation.Relu(),
            new Operation.Convolution(4, 3, 3),
            new Operation.Relu(),
            new Operation.MaxPool(2, 2),
            new Operation.Flatten(),
            new Operation.FullyConnected(5)),
        "deep" => Chain(
            new Shape(3, 9, 18),
            new Operation.Convolution(20, 3, 3, Padding: 1),
            new Operation.Relu(),
            new Operation.Convolution(18, 3, 3, Padding: 1),
            new Operation.Relu(),
            new Operation.Convolution(3, 3, 5),
            new Operation.Flatten(),
            new Operation.FullyConnected(4)),
        "lenet300" => LeNet300.Create([13, 9], new Shape(1, 5, 6), 4),
        "padded" => Chain(
            new Shape(2, 7, 9),
            new Operation.Convolution(5, 3, 3, Padding: 1),
            new Operation.Relu(),
            new Operation.Convolution(7, 3, 3, Padding: 1),
            new Operation.Relu(),
            new Operation.MaxPool(3, 3),
            new Operation.Flatten(),
            new Operation.FullyConnected(6)),
        "strided" => Chain(
            new Shape(2, 11, 12),
            new Operation.Convolution(4, 3, 5, Stride: 2, Padding: 2),
            new Operation.Relu(),
            new Operation.Convolution(3, 2, 2, Stride: 3),
            new Operation.Convolution(5, 1, 1),
            new Operation.Relu(),
            new Operation.Flatten(),
            new Operation.FullyConnected(4)),
        "overlapping pool" => Chain(
            new Shape(1, 9, 9),
            new Operation.Convolution(4, 2, 2),
            new Operation.MaxPool(3, 2),
            new Operation.Relu(),
            new Operation.MaxPool(2, 1),
            new Operation.Flatten(),
            new Operation.FullyConnected(5)),
        "pool before relu" => Chain(
            new Shape(1, 9, 10),
            new Operation.Convolution(4, 2, 3),
            new Operation.MaxPool(2, 2),
            new Operation.Relu(),
            new Operation.Flatten(),
            new Operation.FullyConnected(5),
            new Operation.Relu(),
            new Operation.FullyConnected(3)),
        "relu first" => Chain(
            new Shape(2, 6, 6),
            new Operation.Relu(),
            new Operation.MaxPool(2, 2),
            new Operation.Convolution(3, 2, 2, Padding: 1),
            new Operation.MaxPool(4, 4),
            new Operation.Flatten(),
            new Operation.FullyConnected(3)),
        "no bias" => Chain(
            new Shape(1, 6, 6),
            new Operation.Convolution(4, 3, 3, HasBias: false),
            new Operation.Relu(),
            new Operation.Flatten(),
            new Operation.FullyConnected(5, HasBias: false)),
        "convolution last" => Chain(
            new Shape(1, 6, 6),
            new Operation.Convolution(8, 3, 3),
            new Operation.Relu(),
            new Operation.Convolution(3, 4, 4)),
        _ => throw new ArgumentException(name),
    };

    public static Network Chain(Shape input, params Operation[] operations) => new(
        "chain", input, [.. operations.Select((operation, index) => new Node($"node{index}", operation, index == 0 ? Network.InputName : $"node{index - 1}"))]);

    /// <summary>Random masks of one density in every layer; density 0 keeps none, a negative density exactly one weight.</summary>
    public static MaskSet Masks(Network network, double density, ulong seed = 7) => new(network, [.. network.Layers.Select((layer, index) =>
    {
        var count = density < 0 ? 1 : (int)Math.Round(density * layer.WeightCount);
        var order = new RandomStream(seed, "masks", (ulong)index).NextPermutation(layer.WeightCount);
        return Mask.FromIndices(layer.WeightCount, order.AsSpan(0, count));
    })]);

    /// <summary>Normal weights, variance 2 / fan-in of the dense layer over the density, small biases; values outside the masks are 0.</summary>
    public static ParameterBlock Parameters(Network network, MaskSet masks, ulong seed = 5)
    {
        var block = new ParameterBlock(network);
        for (var layer = 0; layer < network.Layers.Count; layer++)
        {
            var stream = new RandomStream(seed, "weights", (ulong)layer);
            var scale = Math.Sqrt(2.0 / Math.Max(1, network.Layers[layer].FanIn * masks[layer].Density));
            foreach (ref var weight in block.Weights(layer))
            {
                weight = (float)(scale * stream.NextNormal());
            }

            foreach (ref var bias in block.Biases(layer))
            {
                bias = (float)(0.1 * stream.NextNormal());
            }
        }

        block.Apply(masks);
        return block;
    }

    public static double[] ToDoubles(ParameterBlock block) => [.. block.Values.Select(value => (double)value)];

    public static int[] Range(int count) => [.. Enumerable.Range(0, count)];
}
