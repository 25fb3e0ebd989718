using System.Text.Json;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Randomness;
using SparseCore.Reference;
using SparseCore.Tests.Data;

namespace SparseCore.Tests.Reference;

/// <summary>Graphs with batch normalization: the twin against PyTorch, and its derivatives against central differences.</summary>
public class DoubleNetworkGraphTests
{
    private const double OneWeight = -1;

    public static TheoryData<string, double, NormMode, int> Cases { get; } = new()
    {
        { "torch", 1, NormMode.Batch, 11 },
        { "torch", 0.2, NormMode.Batch, 11 },
        { "torch", OneWeight, NormMode.Batch, 3 },
        { "torch", 0, NormMode.Batch, 9 },
        { "torch", 1, NormMode.Running, 9 },
        { "torch", 0.2, NormMode.Running, 3 },
        { "odd", 1, NormMode.Batch, 17 },
        { "odd", 0.2, NormMode.Batch, 7 },
        { "odd", OneWeight, NormMode.Batch, 8 },
        { "odd", 0, NormMode.Batch, 8 },
        { "odd", 1, NormMode.Running, 9 },
        { "odd", 0.2, NormMode.Running, 7 },
    };

    [Theory]
    [InlineData(NormMode.Batch, "batch")]
    [InlineData(NormMode.Running, "running")]
    public void Logits_loss_gradient_and_product_agree_with_PyTorch(NormMode statistics, string name)
    {
        using var file = Recorded();
        var expected = file.RootElement.GetProperty(name);
        var (parameters, batches) = Read(file);
        var network = new DoubleNetwork(ResidualNetworks.Torch, statistics) { LabelSmoothing = file.RootElement.GetProperty("smoothing").GetDouble() };

        AssertClose(Doubles(expected, "logits"), network.Logits(parameters, batches[0]), 1e-12);
        Assert.Equal(expected.GetProperty("loss").GetDouble(), network.Loss(parameters, batches[0]), 1e-13);
        AssertClose(Doubles(expected, "gradient"), network.Gradient(parameters, batches[0]), 1e-12);
        AssertClose(Doubles(expected, "product"), network.HessianVector(parameters, Doubles(file.RootElement, "vector"), batches[0]), 1e-11);
    }

    [Fact]
    public void Two_steps_of_Nesterov_SGD_with_label_smoothing_agree_with_PyTorch()
    {
        using var file = Recorded();
        double Number(string name) => file.RootElement.GetProperty(name).GetDouble();
        var (parameters, batches) = Read(file);
        var network = new DoubleNetwork(ResidualNetworks.Torch) { LabelSmoothing = Number("smoothing") };
        var momentum = new double[parameters.Length];
        for (var step = 0; step < 2; step++)
        {
            TwinSgd.Step(network, parameters, momentum, batches[step], Number("rate"), (Number("momentum"), Number("l2"), true));
            AssertClose(file.RootElement.GetProperty("steps")[step].Deserialize<double[]>()!, parameters, 1e-12);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradient_is_the_central_difference_of_the_loss(string name, double density, NormMode statistics, int count)
    {
        var (network, parameters, examples) = Create(name, density, statistics, count);
        var gradient = network.Gradient(parameters, examples);
        foreach (var index in Existing(network.Network, density))
        {
            var (up, down) = ((double[])parameters.Clone(), (double[])parameters.Clone());
            up[index] += 1e-5;
            down[index] -= 1e-5;
            Assert.Equal((network.Loss(up, examples) - network.Loss(down, examples)) / 2e-5, gradient[index], 1e-8);
        }

        Assert.All(gradient[network.Network.ParameterCount..], value => Assert.Equal(0, value));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void HessianVector_is_the_central_difference_of_the_gradient(string name, double density, NormMode statistics, int count)
    {
        var (network, parameters, examples) = Create(name, density, statistics, count);
        var stream = new RandomStream(7, "vector");
        var vector = new double[parameters.Length];
        foreach (var index in Existing(network.Network, density))
        {
            vector[index] = stream.NextNormal();
        }

        var product = network.HessianVector(parameters, vector, examples);
        var high = network.Gradient([.. parameters.Zip(vector, (value, step) => value + (1e-6 * step))], examples);
        var low = network.Gradient([.. parameters.Zip(vector, (value, step) => value - (1e-6 * step))], examples);
        AssertClose([.. high.Zip(low, (left, right) => (left - right) / 2e-6)], product, 1e-7);
    }

    /// <summary>w' G v is the mean of (J w)' (diag(p) - p p') (J v), with J v and J w as central differences of the outputs.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void GaussNewtonVector_is_what_the_softmax_sees_of_the_outputs_changes(string name, double density, NormMode statistics, int count)
    {
        var (network, parameters, examples) = Create(name, density, statistics, count);
        var stream = new RandomStream(9, "vector");
        double[] Draw()
        {
            var vector = new double[parameters.Length];
            foreach (var index in Existing(network.Network, density))
            {
                vector[index] = stream.NextNormal();
            }

            return vector;
        }

        double[] Changes(double[] vector)
        {
            var high = network.Logits([.. parameters.Zip(vector, (value, step) => value + (1e-6 * step))], examples);
            var low = network.Logits([.. parameters.Zip(vector, (value, step) => value - (1e-6 * step))], examples);
            return [.. high.Zip(low, (left, right) => (left - right) / 2e-6)];
        }

        var (one, other) = (Draw(), Draw());
        var (ofOne, ofOther) = (Changes(one), Changes(other));
        var logits = network.Logits(parameters, examples);
        var classes = network.Network.Output.Count;
        var (expected, scale) = (0.0, 0.0);
        for (var first = 0; first < logits.Length; first += classes)
        {
            var exponentials = logits[first..(first + classes)].Select(Math.Exp).ToArray();
            double[] p = [.. exponentials.Select(value => value / exponentials.Sum())];
            double Mean(Func<int, double> value) => Enumerable.Range(0, classes).Sum(c => p[c] * value(first + c));
            expected += (Mean(c => ofOne[c] * ofOther[c]) - (Mean(c => ofOne[c]) * Mean(c => ofOther[c]))) / examples.Count;
            scale += Math.Sqrt(Mean(c => ofOne[c] * ofOne[c]) * Mean(c => ofOther[c] * ofOther[c])) / examples.Count;
        }

        var product = network.GaussNewtonVector(parameters, one, examples);
        Assert.Equal(expected, product.Zip(other, (left, right) => left * right).Sum(), 1e-7 * scale);
        Assert.True(product.Zip(one, (left, right) => left * right).Sum() >= 0);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_masked_network_has_the_gradients_and_products_of_the_active_weights(string name, double density, NormMode statistics, int count)
    {
        var (masked, parameters, examples) = Create(name, density, statistics, count);
        var dense = new DoubleNetwork(masked.Network, statistics) { LabelSmoothing = masked.LabelSmoothing };
        var exists = new double[parameters.Length];
        var stream = new RandomStream(7, "vector");
        var vector = new double[parameters.Length];
        foreach (var index in Existing(masked.Network, density))
        {
            exists[index] = 1;
            vector[index] = stream.NextNormal();
        }

        Assert.Equal(dense.Logits(parameters, examples), masked.Logits(parameters, examples));
        Assert.Equal(dense.Gradient(parameters, examples).Zip(exists, (value, one) => value * one), masked.Gradient(parameters, examples));
        Assert.Equal(dense.HessianVector(parameters, vector, examples).Zip(exists, (value, one) => value * one), masked.HessianVector(parameters, vector, examples));
    }

    [Fact]
    public void With_running_statistics_results_over_many_examples_are_means_of_results_over_one()
    {
        var (network, parameters, examples) = Create("torch", 1, NormMode.Running, 9);
        var gradient = new double[parameters.Length];
        var size = network.Network.Input.Count;
        for (var example = 0; example < 9; example++)
        {
            var one = new Examples(examples.Values[(example * size)..((example + 1) * size)], [examples.Labels[example]]);
            gradient = [.. gradient.Zip(network.Gradient(parameters, one), (sum, value) => sum + (value / 9))];
        }

        AssertClose(gradient, network.Gradient(parameters, examples), 1e-13);
    }

    [Fact]
    public void A_network_gives_the_same_again_whatever_it_computed_between()
    {
        var (network, parameters, examples) = Create("torch", 0.2, NormMode.Batch, 11);
        var (gradient, product) = (network.Gradient(parameters, examples), network.HessianVector(parameters, parameters, examples));
        network.Loss(parameters, ResidualNetworks.Examples(network.Network, 3, 1));
        network.HessianVector(parameters, parameters, ResidualNetworks.Examples(network.Network, 17, 2));
        Assert.Equal(product, network.HessianVector(parameters, parameters, examples));
        Assert.Equal(gradient, network.Gradient(parameters, examples));
    }

    [Fact]
    public void Statistics_of_a_hand_worked_case_and_their_running_means()
    {
        // Channel 0 sees 1 3 5 7 (mean 4, variance 5, unbiased 20/3), channel 1 sees 2 2 2 2.
        var network = new Network("norm", new Shape(2, 1, 2), [new Node("bn", new Operation.BatchNorm(Epsilon: 4, Decay: 0.75), "input"), new Node("flatten", new Operation.Flatten(), "bn")]);
        var twin = new DoubleNetwork(network);
        var examples = new Examples([1, 3, 2, 2, 5, 7, 2, 2], [0, 0]);
        double[] parameters = [3, 5, 10, 20, 8, 4, 1, 2]; // scales, shifts, running means, running variances
        var seen = Assert.Single(twin.Statistics(parameters, examples));
        Assert.Equal([4, 2], seen.Means);
        Assert.Equal([5, 0], seen.Variances);
        Assert.Equal(4, seen.Count);
        AssertClose([3, 5, 10, 20, 7, 3.5, 0.75 + (20 / 3.0 / 4), 1.5], twin.WithRunningStatistics(parameters, examples), 1e-15);
        AssertClose([7, 9, 20, 20, 11, 13, 20, 20], twin.Logits(parameters, examples), 1e-15); // 10 + 3 (x - 4) / 3
        AssertClose([10 + (3 * -7 / Math.Sqrt(5)), 10 + (3 * -5 / Math.Sqrt(5)), 20 + (5 * -2 / Math.Sqrt(6))],
            new DoubleNetwork(network, NormMode.Running).Logits(parameters, examples)[..3], 1e-14);
    }

    [Fact]
    public void Statistics_refuse_running_statistics_and_running_variances_of_one_value()
    {
        var (network, parameters, examples) = Create("torch", 1, NormMode.Running, 2);
        Assert.Contains("NormMode.Batch", Assert.Throws<InvalidOperationException>(() => network.Statistics(parameters, examples)).Message);
        var one = new Network("one", Shape.Vector(2), [new Node("bn", new Operation.BatchNorm(), "input")]);
        Assert.Contains("at least 2 values", Assert.Throws<InvalidOperationException>(() => new DoubleNetwork(one).WithRunningStatistics(new double[8], new Examples([1, 2], [0]))).Message);
    }

    [Fact]
    public void Doors_refuse_label_smoothing_outside_0_to_1_and_temperatures_that_are_not_positive()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new DoubleNetwork(ResidualNetworks.Odd) { LabelSmoothing = 1.5 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new DoubleNetwork(ResidualNetworks.Odd) { LabelSmoothing = double.NaN });
        Assert.Throws<ArgumentOutOfRangeException>(() => new DoubleNetwork(ResidualNetworks.Odd) { Temperature = 0 });
    }

    private static (DoubleNetwork Network, double[] Parameters, Examples Examples) Create(string name, double density, NormMode statistics, int count)
    {
        var network = name == "torch" ? ResidualNetworks.Torch : ResidualNetworks.Odd;
        var masks = ResidualNetworks.Masks(network, density);
        return (
            new DoubleNetwork(network, masks, statistics) { LabelSmoothing = 0.1 },
            DoubleNetwork.Widen(ResidualNetworks.Parameters(masks, 2)),
            ResidualNetworks.Examples(network, count, 3));
    }

    /// <summary>Trained parameters that exist: active weights, biases, scales and shifts.</summary>
    private static IEnumerable<int> Existing(Network network, double density)
    {
        var block = new ParameterBlock(network);
        block.Trained.Fill(1);
        block.Apply(ResidualNetworks.Masks(network, density));
        return Enumerable.Range(0, block.Values.Length).Where(index => block.Values[index] == 1);
    }

    private static JsonDocument Recorded() =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(Samples.Repository, "tests", "SparseCore.Tests", "Reference", "torch-residual.json")));

    private static (double[] Parameters, Examples[] Batches) Read(JsonDocument file)
    {
        var values = file.RootElement.GetProperty("examples").Deserialize<double[][]>()!;
        var labels = file.RootElement.GetProperty("labels").Deserialize<int[][]>()!;
        return (Doubles(file.RootElement, "parameters"), [.. values.Zip(labels, (one, label) => new Examples(one, label))]);
    }

    private static double[] Doubles(JsonElement element, string name) => element.GetProperty(name).Deserialize<double[]>()!;

    private static void AssertClose(double[] expected, double[] found, double tolerance)
    {
        Assert.Equal(expected.Length, found.Length);
        for (var index = 0; index < expected.Length; index++)
        {
            Assert.True(Math.Abs(expected[index] - found[index]) <= tolerance, $"at {index}: expected {expected[index]}, found {found[index]}");
        }
    }
}
