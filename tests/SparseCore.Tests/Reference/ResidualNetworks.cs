using SparseCore.Initialization;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Randomness;
using SparseCore.Reference;

namespace SparseCore.Tests.Reference;

/// <summary>Small networks with batch normalization, residual sums, padded pools and global averages, and numbers for them.</summary>
internal static class ResidualNetworks
{
    /// <summary>The network of torch_residual.py: a stem like ResNet-50's, a block with projection and one without.</summary>
    public static Network Torch { get; } = new("residual", new Shape(2, 13, 11), [
        new Node("conv1", new Operation.Convolution(4, 7, 7, 2, 3, HasBias: false), "input"),
        new Node("bn1", new Operation.BatchNorm(), "conv1"),
        new Node("relu", new Operation.Relu(), "bn1"),
        new Node("maxpool", new Operation.MaxPool(3, 2, 1), "relu"),
        .. Block("layer1.0", "maxpool", 3, 6, 2, project: true),
        .. Block("layer1.1", "layer1.0.relu", 3, 6, 1, project: false),
        new Node("avgpool", new Operation.GlobalAveragePool(), "layer1.1.relu"),
        new Node("fc", new Operation.FullyConnected(5), "avgpool"),
    ]);

    /// <summary>Everything that <see cref="Torch"/> has not: examples read by several nodes, a norm of them, a norm of a vector, x + x, biases before a norm.</summary>
    public static Network Odd { get; } = new("odd", new Shape(3, 5, 4), [
        new Node("norm1", new Operation.BatchNorm(1e-3, 0.8), "input"),
        new Node("conv1", new Operation.Convolution(3, 3, 2, 1, 1), "input"),
        new Node("pool1", new Operation.MaxPool(2, 1), "conv1"),
        new Node("add1", new Operation.Add(), "norm1", "input"),
        new Node("add2", new Operation.Add(), "add1", "add1"),
        new Node("conv2", new Operation.Convolution(2, 1, 1, HasBias: false), "add2"),
        new Node("norm2", new Operation.BatchNorm(), "conv2"),
        new Node("pool2", new Operation.MaxPool(4, 3, 2), "norm2"),
        new Node("average", new Operation.GlobalAveragePool(), "pool1"),
        new Node("flatten", new Operation.Flatten(), "pool2"),
        new Node("fc1", new Operation.FullyConnected(4), "flatten"),
        new Node("fc2", new Operation.FullyConnected(4, HasBias: false), "average"),
        new Node("add3", new Operation.Add(), "fc1", "fc2"),
        new Node("norm3", new Operation.BatchNorm(), "add3"),
    ]);

    /// <summary>Masks with a share of every layer active; below 0: one weight each.</summary>
    public static MaskSet Masks(Network network, double density) => new(network, [.. network.Layers.Select((layer, index) =>
    {
        var count = density < 0 ? 1 : (int)Math.Round(density * layer.WeightCount);
        return Mask.FromIndices(layer.WeightCount, new RandomStream(4, "masks", (ulong)index).NextPermutation(layer.WeightCount).AsSpan(0, count));
    })]);

    /// <summary>Random values for all parameters: scales around 1, positive variances, 0 outside the masks.</summary>
    public static ParameterBlock Parameters(MaskSet masks, ulong seed)
    {
        var block = InitialParameters.Draw(masks, DenseInitializer.HeNormal, seed);
        var stream = new RandomStream(seed, "norms");
        for (var layer = 0; layer < masks.Count; layer++)
        {
            Fill(block.Biases(layer), () => 0.3 * stream.NextNormal());
        }

        for (var norm = 0; norm < masks.Network.Norms.Count; norm++)
        {
            Fill(block.Scales(norm), () => 1 + (0.3 * stream.NextNormal()));
            Fill(block.Shifts(norm), () => 0.5 * stream.NextNormal());
            Fill(block.Means(norm), () => 0.5 * stream.NextNormal());
            Fill(block.Variances(norm), () => 0.5 + stream.NextDouble());
        }

        return block;

        static void Fill(Span<float> values, Func<double> next)
        {
            foreach (ref var value in values)
            {
                value = (float)next();
            }
        }
    }

    /// <summary>Examples of standard normals with labels 0, 1, ... in turn.</summary>
    public static Examples Examples(Network network, int count, ulong seed)
    {
        var stream = new RandomStream(seed, "examples");
        return new Examples(
            [.. Enumerable.Range(0, count * network.Input.Count).Select(_ => stream.NextNormal())], [.. Enumerable.Range(0, count).Select(index => index % network.Output.Count)]);
    }

    /// <summary>A bottleneck block with torchvision's names.</summary>
    private static Node[] Block(string name, string source, int width, int outputs, int stride, bool project) => [
        new(name + ".conv1", new Operation.Convolution(width, 1, 1, HasBias: false), source),
        new(name + ".bn1", new Operation.BatchNorm(), name + ".conv1"),
        new(name + ".relu1", new Operation.Relu(), name + ".bn1"),
        new(name + ".conv2", new Operation.Convolution(width, 3, 3, stride, 1, HasBias: false), name + ".relu1"),
        new(name + ".bn2", new Operation.BatchNorm(), name + ".conv2"),
        new(name + ".relu2", new Operation.Relu(), name + ".bn2"),
        new(name + ".conv3", new Operation.Convolution(outputs, 1, 1, HasBias: false), name + ".relu2"),
        new(name + ".bn3", new Operation.BatchNorm(), name + ".conv3"),
        .. project ? (Node[])[
            new Node(name + ".downsample.0", new Operation.Convolution(outputs, 1, 1, stride, HasBias: false), source),
            new Node(name + ".downsample.1", new Operation.BatchNorm(), name + ".downsample.0"),
        ] : [],
        new(name + ".add", new Operation.Add(), name + ".bn3", project ? name + ".downsample.1" : source),
        new(name + ".relu", new Operation.Relu(), name + ".add"),
    ];
}
