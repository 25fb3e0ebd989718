using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Randomness;

namespace SparseCore.Tests.Engine;

/// <summary>Small networks with branches and batch normalizations, for the engine's tests.</summary>
internal static class Graphs
{
    public static IEnumerable<string> Names { get; } =
    [
        "resnet small", "resnet", "vgg", "vgg-bn", "vgg classic bn", "norms everywhere", "sums everywhere", "one input twice", "strided paths",
        "large layers", "rows of seven", "streamed layers", "paddings", "late sums",
    ];

    public static Network Create(string name) => name switch
    {
        "resnet small" => ResNet50.Create([2, 3, 4, 5], new Shape(3, 32, 32), 6, smallImages: true),
        "resnet" => ResNet50.Create([3, 2, 4, 3], new Shape(2, 37, 45), 5, smallImages: false),
        "vgg" => Vgg16.Create([3, 4, 5, 3, 4], new Shape(3, 32, 36), 5, batchNorm: false),
        "vgg-bn" => Vgg16.Create([3, 2, 5, 3, 4], new Shape(3, 34, 32), 5, batchNorm: true),
        "vgg classic bn" => Vgg16.CreateClassic([2, 3, 4, 3, 5, 9, 8], new Shape(1, 32, 32), 4, batchNorm: true),
        "norms everywhere" => new Network("norms", new Shape(2, 6, 7), [
            new Node("n0", new Operation.BatchNorm(1e-3, 0.8), Network.InputName),
            new Node("c1", new Operation.Convolution(3, 3, 3, Padding: 1), "n0"),
            new Node("r1", new Operation.Relu(), "c1"),
            new Node("n1", new Operation.BatchNorm(), "r1"),
            new Node("p1", new Operation.MaxPool(2, 2), "n1"),
            new Node("f", new Operation.Flatten(), "p1"),
            new Node("d1", new Operation.FullyConnected(5), "f"),
            new Node("n2", new Operation.BatchNorm(), "d1"),
            new Node("r2", new Operation.Relu(), "n2"),
            new Node("d2", new Operation.FullyConnected(4), "r2"),
            new Node("n3", new Operation.BatchNorm(), "d2"),
        ]),
        "sums everywhere" => new Network("sums", new Shape(2, 8, 8), [
            new Node("s0", new Operation.Add(), Network.InputName, Network.InputName),
            new Node("c1", new Operation.Convolution(2, 3, 3, Padding: 1), "s0"),
            new Node("s1", new Operation.Add(), "c1", Network.InputName),
            new Node("r1", new Operation.Relu(), "s1"),
            new Node("c2", new Operation.Convolution(2, 3, 3, Padding: 1), "r1"),
            new Node("n2", new Operation.BatchNorm(), "c2"),
            new Node("s2", new Operation.Add(), "n2", "r1"),
            new Node("s3", new Operation.Add(), "s2", "c2"),
            new Node("a", new Operation.GlobalAveragePool(), "s3"),
            new Node("d1", new Operation.FullyConnected(2), "a"),
            new Node("s4", new Operation.Add(), "d1", "a"),
            new Node("d2", new Operation.FullyConnected(2), "a"),
            new Node("s5", new Operation.Add(), "s4", "d2"),
            new Node("r5", new Operation.Relu(), "s5"),
            new Node("d3", new Operation.FullyConnected(3), "r5"),
        ]),
        "one input twice" => new Network("twice", new Shape(1, 8, 9), [
            new Node("c1", new Operation.Convolution(3, 3, 3), Network.InputName),
            new Node("s1", new Operation.Add(), "c1", "c1"),
            new Node("n1", new Operation.BatchNorm(), "s1"),
            new Node("s2", new Operation.Add(), "n1", "s1"),
            new Node("r2", new Operation.Relu(), "s2"),
            new Node("p", new Operation.MaxPool(3, 2, Padding: 1), "r2"),
            new Node("c2", new Operation.Convolution(4, 1, 1), "p"),
            new Node("a", new Operation.GlobalAveragePool(), "c2"),
            new Node("d", new Operation.FullyConnected(3), "a"),
        ]),
        "strided paths" => new Network("strided", new Shape(2, 15, 18), [
            new Node("c0", new Operation.Convolution(5, 3, 3, Padding: 1), Network.InputName),
            new Node("r0", new Operation.Relu(), "c0"),
            new Node("c1", new Operation.Convolution(4, 3, 3, 2, 1), "r0"),
            new Node("r1", new Operation.Relu(), "c1"),
            new Node("c2", new Operation.Convolution(7, 5, 2, 3), "r1"),
            new Node("n2", new Operation.BatchNorm(), "c2"),
            new Node("r2", new Operation.Relu(), "n2"),
            new Node("c3", new Operation.Convolution(6, 1, 1, 2), "r2"),
            new Node("n3", new Operation.BatchNorm(), "c3"),
            new Node("c4", new Operation.Convolution(6, 1, 1, 2), "r2"),
            new Node("s", new Operation.Add(), "n3", "c4"),
            new Node("a", new Operation.GlobalAveragePool(), "s"),
            new Node("d", new Operation.FullyConnected(3), "a"),
        ]),
        "large layers" => new Network("large", new Shape(3, 10, 18), [
            new Node("c0", new Operation.Convolution(16, 3, 3, Padding: 1), Network.InputName),
            new Node("r0", new Operation.Relu(), "c0"),
            new Node("c1", new Operation.Convolution(61, 3, 3, Padding: 1), "r0"),
            new Node("r1", new Operation.Relu(), "c1"),
            new Node("p1", new Operation.MaxPool(2, 2), "r1"),
            new Node("c2", new Operation.Convolution(47, 5, 3, 2, 2, HasBias: false), "p1"),
            new Node("n2", new Operation.BatchNorm(), "c2"),
            new Node("r2", new Operation.Relu(), "n2"),
            new Node("c3", new Operation.Convolution(179, 1, 1), "r2"),
            new Node("c4", new Operation.Convolution(179, 1, 1, HasBias: false), "r2"),
            new Node("s", new Operation.Add(), "c3", "c4"),
            new Node("a", new Operation.GlobalAveragePool(), "s"),
            new Node("d", new Operation.FullyConnected(3), "a"),
        ]),
        "rows of seven" => new Network("seven", new Shape(2, 14, 14), [
            new Node("c0", new Operation.Convolution(45, 3, 3, Padding: 1, HasBias: false), Network.InputName),
            new Node("n0", new Operation.BatchNorm(), "c0"),
            new Node("c1", new Operation.Convolution(50, 3, 3, 2, 1, HasBias: false), "n0"),
            new Node("n1", new Operation.BatchNorm(), "c1"),
            new Node("r1", new Operation.Relu(), "n1"),
            new Node("c2", new Operation.Convolution(50, 3, 3, Padding: 1, HasBias: false), "r1"),
            new Node("n2", new Operation.BatchNorm(), "c2"),
            new Node("c3", new Operation.Convolution(90, 1, 1, HasBias: false), "n2"),
            new Node("c4", new Operation.Convolution(90, 1, 1), "n2"),
            new Node("s", new Operation.Add(), "c3", "c4"),
            new Node("c5", new Operation.Convolution(8, 1, 1, HasBias: false), "s"),
            new Node("a", new Operation.GlobalAveragePool(), "c5"),
            new Node("d", new Operation.FullyConnected(3), "a"),
        ]),
        "paddings" => new Network("paddings", new Shape(2, 11, 12), [
            new Node("c1", new Operation.Convolution(5, 3, 3, Padding: 1), Network.InputName),
            new Node("c2", new Operation.Convolution(5, 1, 1), Network.InputName),
            new Node("s1", new Operation.Add(), "c1", "c2"),
            new Node("r1", new Operation.Relu(), "s1"),
            new Node("c3", new Operation.Convolution(6, 3, 3, 2, 1), "r1"),
            new Node("c4", new Operation.Convolution(6, 5, 5, 2, 2), "r1"),
            new Node("c5", new Operation.Convolution(6, 1, 1, 2), "r1"),
            new Node("s2", new Operation.Add(), "c3", "c4"),
            new Node("s3", new Operation.Add(), "s2", "c5"),
            new Node("c6", new Operation.Convolution(4, 3, 3), "s3"),
            new Node("p6", new Operation.MaxPool(2, 2), "c6"),
            new Node("f", new Operation.Flatten(), "p6"),
            new Node("d", new Operation.FullyConnected(3), "f"),
        ]),
        "late sums" => new Network("late", new Shape(2, 9, 10), [
            new Node("c0", new Operation.Convolution(6, 3, 3, Padding: 1, HasBias: false), Network.InputName),
            new Node("n0", new Operation.BatchNorm(), "c0"),
            new Node("r0", new Operation.Relu(), "n0"),

            // While n1 has not passed its gradient on to c1, c2 adds to that of r0, which is its residual.
            new Node("c1", new Operation.Convolution(6, 1, 1, HasBias: false), "r0"),
            new Node("c2", new Operation.Convolution(6, 1, 1, HasBias: false), "r0"),
            new Node("n1", new Operation.BatchNorm(), "c1"),
            new Node("s1", new Operation.Add(), "n1", "r0"),
            new Node("r1", new Operation.Relu(), "s1"),

            // While n4 has not passed its gradient on to c4, the ReLU after n3 cuts that of its residual.
            new Node("c3", new Operation.Convolution(6, 1, 1, HasBias: false), "r1"),
            new Node("c4", new Operation.Convolution(6, 1, 1, HasBias: false), "r1"),
            new Node("n3", new Operation.BatchNorm(), "c3"),
            new Node("s3", new Operation.Add(), "n3", "c2"),
            new Node("r3", new Operation.Relu(), "s3"),
            new Node("n4", new Operation.BatchNorm(), "c4"),
            new Node("s4", new Operation.Add(), "n4", "r3"),
            new Node("r4", new Operation.Relu(), "s4"),

            // While n6 has not passed its gradient on to c6, n5 adds to that of its residual.
            new Node("c5", new Operation.Convolution(6, 1, 1, HasBias: false), "r1"),
            new Node("c6", new Operation.Convolution(6, 1, 1, HasBias: false), "r1"),
            new Node("n5", new Operation.BatchNorm(), "c5"),
            new Node("s5", new Operation.Add(), "n5", "r4"),
            new Node("n6", new Operation.BatchNorm(), "c6"),
            new Node("s6", new Operation.Add(), "n6", "r4"),
            new Node("s7", new Operation.Add(), "s5", "s6"),
            new Node("a", new Operation.GlobalAveragePool(), "s7"),
            new Node("d", new Operation.FullyConnected(3), "a"),
        ]),
        "streamed layers" => new Network("streamed", new Shape(2, 48, 96), [
            new Node("c1", new Operation.Convolution(30, 1, 1, HasBias: false), Network.InputName),
            new Node("n1", new Operation.BatchNorm(), "c1"),
            new Node("r1", new Operation.Relu(), "n1"),
            new Node("c2", new Operation.Convolution(30, 1, 1, HasBias: false), "r1"),
            new Node("n2", new Operation.BatchNorm(), "c2"),
            new Node("s", new Operation.Add(), "n2", "r1"),
            new Node("r2", new Operation.Relu(), "s"),
            new Node("a", new Operation.GlobalAveragePool(), "r2"),
            new Node("d", new Operation.FullyConnected(3), "a"),
        ]),
        _ => throw new ArgumentException(name),
    };

    /// <summary>As for chains, with scales around 1, small shifts, and running statistics that belong to no batch.</summary>
    public static ParameterBlock Parameters(Network network, MaskSet masks, ulong seed = 5)
    {
        var block = Setups.Parameters(network, masks, seed);
        for (var norm = 0; norm < network.Norms.Count; norm++)
        {
            var stream = new RandomStream(9, "norms", (ulong)norm);
            for (var channel = 0; channel < network.Norms[norm].Channels; channel++)
            {
                block.Scales(norm)[channel] = (float)(1 + (0.2 * stream.NextNormal()));
                block.Shifts(norm)[channel] = (float)(0.2 * stream.NextNormal());
                block.Means(norm)[channel] = (float)(0.3 * stream.NextNormal());
                block.Variances(norm)[channel] = (float)Math.Exp(0.3 * stream.NextNormal());
            }
        }

        return block;
    }
}
