using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using SparseCore.Allocation;
using SparseCore.Initialization;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Randomness;
using SparseCore.Reference;
using SparseCore.Tests.Data;

namespace SparseCore.Tests.Reference;

public class DoubleNetworkTests
{
    /// <summary>Stride, padding, overlapping and touching pools: the network of torch_small.py.</summary>
    private static readonly Network Strided = new("strided", new Shape(2, 9, 9), [
        new Node("conv1", new Operation.Convolution(3, 3, 3, Stride: 2, Padding: 1), "input"),
        new Node("relu1", new Operation.Relu(), "conv1"),
        new Node("pool1", new Operation.MaxPool(3, 2), "relu1"),
        new Node("conv2", new Operation.Convolution(4, 2, 2, Padding: 1), "pool1"),
        new Node("relu2", new Operation.Relu(), "conv2"),
        new Node("pool2", new Operation.MaxPool(2, 1), "relu2"),
        new Node("flatten", new Operation.Flatten(), "pool2"),
        new Node("fc", new Operation.FullyConnected(5), "flatten"),
    ]);

    /// <summary>No biases in the convolution, a kernel that padding pushes outside, two nodes reading one, a ReLU at the end.</summary>
    private static readonly Network Odd = new("odd", new Shape(1, 3, 4), [
        new Node("conv1", new Operation.Convolution(2, 2, 3, Stride: 3, Padding: 2, HasBias: false), "input"),
        new Node("unused", new Operation.Relu(), "conv1"),
        new Node("flatten", new Operation.Flatten(), "conv1"),
        new Node("fc1", new Operation.FullyConnected(4), "flatten"),
        new Node("relu1", new Operation.Relu(), "fc1"),
    ]);

    private static readonly Network Mlp = LeNet300.Create([7, 6], new Shape(1, 3, 3), 4);

    public static TheoryData<string, double> Cases { get; } = new() { { "strided", 0 }, { "strided", 0.6 }, { "odd", 0 }, { "odd", 0.5 }, { "lenet300", 0 }, { "lenet300", 0.8 } };

    [Fact]
    public void Logits_loss_gradient_and_product_agree_with_PyTorch()
    {
        using var file = JsonDocument.Parse(File.ReadAllText(Path.Combine(Samples.Repository, "tests", "SparseCore.Tests", "Reference", "torch-small.json")));
        double[] Read(string name) => file.RootElement.GetProperty(name).Deserialize<double[]>()!;
        var network = new DoubleNetwork(Strided);
        var examples = new Examples(Read("examples"), file.RootElement.GetProperty("labels").Deserialize<int[]>()!);
        var parameters = Read("parameters");

        AssertClose(Read("logits"), network.Logits(parameters, examples), 1e-13);
        Assert.Equal(file.RootElement.GetProperty("loss").GetDouble(), network.Loss(parameters, examples), 1e-14);
        AssertClose(Read("gradient"), network.Gradient(parameters, examples), 1e-14);
        AssertClose(Read("product"), network.HessianVector(parameters, Read("vector"), examples), 1e-13);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradient_is_the_central_difference_of_the_loss(string name, double sparsity)
    {
        var (network, parameters, examples) = Create(name, sparsity);
        var gradient = network.Gradient(parameters, examples);
        for (var index = 0; index < parameters.Length; index++)
        {
            var (up, down) = Shifted(parameters, index, 1e-5);
            Assert.Equal((network.Loss(up, examples) - network.Loss(down, examples)) / 2e-5, gradient[index], 1e-8);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void HessianVector_is_the_central_difference_of_the_gradient(string name, double sparsity)
    {
        var (network, parameters, examples) = Create(name, sparsity);
        var vector = Normal(parameters.Length, 9);
        var (up, down) = (new double[parameters.Length], new double[parameters.Length]);
        for (var index = 0; index < parameters.Length; index++)
        {
            up[index] = parameters[index] + (1e-6 * vector[index]);
            down[index] = parameters[index] - (1e-6 * vector[index]);
        }

        var (high, low) = (network.Gradient(up, examples), network.Gradient(down, examples));
        AssertClose([.. high.Zip(low, (left, right) => (left - right) / 2e-6)], network.HessianVector(parameters, vector, examples), 1e-7);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_masked_network_has_the_gradients_and_products_of_the_active_weights(string name, double sparsity)
    {
        var (dense, parameters, examples) = Create(name, sparsity);
        var masks = Masks(dense.Network, sparsity);
        var masked = new DoubleNetwork(dense.Network, masks);
        var layout = new ParameterBlock(dense.Network);
        Array.Fill(layout.Values, 1f);
        layout.Apply(masks);
        var active = layout.Values; // 1 for active weights and biases, 0 for masked weights
        var vector = Normal(parameters.Length, 9).Zip(active, (value, exists) => value * exists).ToArray();

        Assert.Equal(dense.Logits(parameters, examples), masked.Logits(parameters, examples));
        Assert.Equal(dense.Gradient(parameters, examples).Zip(active, (value, exists) => value * exists), masked.Gradient(parameters, examples));
        Assert.Equal(dense.HessianVector(parameters, vector, examples).Zip(active, (value, exists) => value * exists), masked.HessianVector(parameters, vector, examples));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(17)]
    public void Results_over_many_examples_are_means_of_results_over_one(int count)
    {
        var (network, parameters, _) = Create("strided", 0);
        var examples = new Examples(Normal(count * 162, 5), [.. Enumerable.Range(0, count).Select(index => index % 5)]);
        var vector = Normal(parameters.Length, 9);
        var (loss, gradient, product) = (0.0, new double[parameters.Length], new double[parameters.Length]);
        for (var example = 0; example < count; example++)
        {
            var one = new Examples(examples.Values[(example * 162)..((example + 1) * 162)], [examples.Labels[example]]);
            loss += network.Loss(parameters, one) / count;
            gradient = [.. gradient.Zip(network.Gradient(parameters, one), (sum, value) => sum + (value / count))];
            product = [.. product.Zip(network.HessianVector(parameters, vector, one), (sum, value) => sum + (value / count))];
        }

        Assert.Equal(loss, network.Loss(parameters, examples), 1e-13);
        AssertClose(gradient, network.Gradient(parameters, examples), 1e-13);
        AssertClose(product, network.HessianVector(parameters, vector, examples), 1e-11);
    }

    [Fact]
    public void Bits_are_the_same_on_every_machine()
    {
        var (network, parameters, examples) = Create("strided", 0.6);
        var product = network.HessianVector(parameters, network.Gradient(parameters, examples), examples);
        Assert.Equal("7292c8a1b1e44bc4", Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(product.AsSpan())))[..16]);
    }

    [Fact]
    public void HessianVector_is_symmetric()
    {
        var (network, parameters, examples) = Create("strided", 0.5);
        var (left, right) = (Normal(parameters.Length, 1), Normal(parameters.Length, 2));
        Assert.Equal(Dot(left, network.HessianVector(parameters, right, examples)), Dot(right, network.HessianVector(parameters, left, examples)), 1e-12);
    }

    [Fact]
    public void OutputSumGradient_is_the_central_difference_of_the_sum_of_logits()
    {
        var (network, parameters, examples) = Create("strided", 0);
        var gradient = network.OutputSumGradient(parameters, examples);
        for (var index = 0; index < parameters.Length; index += 3)
        {
            var (up, down) = Shifted(parameters, index, 1e-5);
            Assert.Equal((network.Logits(up, examples).Sum() - network.Logits(down, examples).Sum()) / 2e-5, gradient[index], 1e-7);
        }
    }

    [Fact]
    public void Examples_From_reads_values_and_labels()
    {
        var data = Samples.Random(new Shape(2, 3, 3), 5, 10);
        var examples = Examples.From(data, [4, 9]);
        Assert.Equal([data.Label(4), data.Label(9)], examples.Labels);
        Assert.Equal(Samples.Values(data, 9).Select(value => (double)value), examples.Values[18..]);
    }

    [Fact]
    public void Doors_refuse_wrong_lengths()
    {
        var (network, parameters, examples) = Create("lenet300", 0);
        Assert.Throws<ArgumentException>(() => network.Loss(parameters.AsSpan(1), examples));
        Assert.Throws<ArgumentException>(() => network.Loss(parameters, new Examples([], [])));
        Assert.Throws<ArgumentException>(() => network.Gradient(parameters, new Examples(new double[8], [0])));
        Assert.Throws<ArgumentException>(() => network.HessianVector(parameters, parameters.AsSpan(1), examples));
    }

    private static (DoubleNetwork Network, double[] Parameters, Examples Examples) Create(string name, double sparsity)
    {
        var network = name == "strided" ? Strided : name == "odd" ? Odd : Mlp;
        var masks = Masks(network, sparsity);
        var block = InitialParameters.Draw(masks, NeuronScaledInitializer.Paper, 2);
        for (var layer = 0; layer < network.Layers.Count; layer++)
        {
            block.Biases(layer).Fill(0.1f);
        }

        var values = Normal(5 * network.Input.Count, 3);
        return (new DoubleNetwork(network), DoubleNetwork.Widen(block), new Examples(values, [.. Enumerable.Range(0, 5).Select(index => index % network.Output.Count)]));
    }

    private static MaskSet Masks(Network network, double sparsity) => RandomMask.Create(network, new UniformAllocation().ActiveCounts(network, sparsity), 1);

    private static double[] Normal(int count, ulong seed)
    {
        var stream = new RandomStream(seed, "test");
        return [.. Enumerable.Range(0, count).Select(_ => stream.NextNormal())];
    }

    private static (double[] Up, double[] Down) Shifted(double[] parameters, int index, double distance)
    {
        var (up, down) = ((double[])parameters.Clone(), (double[])parameters.Clone());
        up[index] += distance;
        down[index] -= distance;
        return (up, down);
    }

    private static double Dot(double[] left, double[] right) => left.Zip(right, (a, b) => a * b).Sum();

    private static void AssertClose(double[] expected, double[] found, double tolerance)
    {
        Assert.Equal(expected.Length, found.Length);
        for (var index = 0; index < expected.Length; index++)
        {
            Assert.Equal(expected[index], found[index], tolerance);
        }
    }
}
