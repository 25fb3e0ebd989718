using SparseCore.Cpu;
using SparseCore.Curvature;
using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Numerics;
using SparseCore.Parameters;
using SparseCore.Reference;
using SparseCore.Tests.Data;
using SparseCore.Tests.Reference;

namespace SparseCore.Tests.Curvature;

public class ExactHessianTests
{
    /// <summary>Residuals, strides, padding, overlapping padded windows, a mean, a branch that reads the input again, and no normalization.</summary>
    private static readonly Network Branches = new("branches", new Shape(2, 9, 8), [
        new Node("conv1", new Operation.Convolution(3, 3, 3, 2, 1), "input"),
        new Node("relu1", new Operation.Relu(), "conv1"),
        new Node("conv2", new Operation.Convolution(3, 3, 3, 1, 1, HasBias: false), "relu1"),
        new Node("add1", new Operation.Add(), "conv2", "relu1"),
        new Node("relu2", new Operation.Relu(), "add1"),
        new Node("pool", new Operation.MaxPool(3, 2, 1), "relu2"),
        new Node("average", new Operation.GlobalAveragePool(), "pool"),
        new Node("flatten", new Operation.Flatten(), "input"),
        new Node("side", new Operation.FullyConnected(3), "flatten"),
        new Node("add2", new Operation.Add(), "average", "side"),
        new Node("relu3", new Operation.Relu(), "add2"),
        new Node("fc1", new Operation.FullyConnected(6), "relu3"),
        new Node("relu4", new Operation.Relu(), "fc1"),
        new Node("fc2", new Operation.FullyConnected(4, HasBias: false), "relu4"),
    ]);

    private static readonly Network Lenet = LeNet5.Create([3, 4, 9, 7], new Shape(1, 16, 16), 5);

    public static TheoryData<string, double, int> Cases => new()
    {
        { "trained", 0.2, 270 }, { "lenet5", 0.3, 300 }, { "lenet5", 1, 20 }, { "lenet300", 0.2, 100 }, { "branches", 0.5, 257 }, { "branches", 1, 30 }, { "branches", -1, 11 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Compute_is_the_double_twins_within_1e5_of_the_largest_entry(string name, double density, int examples)
    {
        var (masks, parameters, data) = Case(name, density, examples);
        var rows = Coordinates.Active(masks);
        var exact = ExactHessian.Compute(parameters, rows, data, examples, new HessianOptions { Threads = 2 });
        var twin = ColumnHessian.Compute(parameters, rows, Examples.From(data, [.. Enumerable.Range(0, examples)]), 2);
        AssertClose(twin.Values, exact.Values);
    }

    [Fact]
    public void Compute_is_the_same_for_any_number_of_threads()
    {
        var (masks, parameters, data) = Case("lenet5", 0.3, 600);
        var rows = Coordinates.Active(masks);
        var one = ExactHessian.Compute(parameters, rows, data, 600, new HessianOptions { Threads = 1 });
        Assert.Equal(one.Values, ExactHessian.Compute(parameters, rows, data, 600, new HessianOptions { Threads = 2 }).Values);
        Assert.Equal(one.Values, ExactHessian.Compute(parameters, rows, data, 600, new HessianOptions { Threads = 5 }).Values);
    }

    [Fact]
    public void Coordinates_outside_the_mask_and_parts_of_the_rows_are_parts_of_the_whole()
    {
        var (masks, parameters, data) = Case("lenet5", 0.3, 50);
        var whole = ExactHessian.Compute(parameters, Coordinates.All(Lenet), data, 50, new HessianOptions());
        AssertClose(ColumnHessian.Compute(parameters, Coordinates.All(Lenet), Examples.From(data, [.. Enumerable.Range(0, 50)]), 2).Values, whole.Values);
        var places = whole.Coordinates.Positions.Select((position, row) => (position, row)).ToDictionary(pair => pair.position, pair => pair.row);
        foreach (var rows in new[] { Coordinates.Active(masks), Coordinates.Active(masks, biases: false), Coordinates.All(Lenet).Of("conv2"), Coordinates.Active(masks).Of("fc2") })
        {
            var part = ExactHessian.Compute(parameters, rows, data, 50, new HessianOptions());
            int[] kept = [.. rows.Positions.Select(position => places[position])];
            for (var row = 0; row < kept.Length; row++)
            {
                for (var column = 0; column < kept.Length; column++)
                {
                    Assert.Equal(whole.Values[kept[row], kept[column]], part.Values[row, column], 1e-6);
                }
            }
        }
    }

    /// <summary>A network is linear in the weights of one layer as long as no unit changes sides, so that a layer's block is that of Gauss and Newton.</summary>
    [Theory]
    [InlineData("trained", 0.2)]
    [InlineData("lenet5", 0.3)]
    [InlineData("branches", 1)]
    public void Blocks_of_one_layer_are_those_of_Gauss_and_Newton_and_never_curve_down(string name, double density)
    {
        var (masks, parameters, data) = Case(name, density, 64);
        var examples = Examples.From(data, [.. Enumerable.Range(0, 64)]);
        var rows = Coordinates.Active(masks);
        var gaussNewton = ExactHessian.Compute(parameters, rows, data, 64, new HessianOptions { GaussNewton = true });
        Assert.True(SymmetricEigenvalues.Compute(gaussNewton.Values, 2)[0] >= -1e-6 * Largest(gaussNewton.Values));
        var twin = ColumnHessian.Compute(parameters, rows, examples, 2);
        Assert.Equal(Trace(twin.Values), Trace(gaussNewton.Values), 1e-5 * Trace(twin.Values));
        Assert.All(Enumerable.Range(0, rows.Count), row => Assert.True(twin.Values[row, row] >= 0));
        Assert.NotEqual(0, Distance(twin.Values, gaussNewton.Values), 1e-3);
        foreach (var layer in masks.Network.Layers)
        {
            var part = rows.Of(layer.Name);
            var block = ColumnHessian.Compute(parameters, part, examples, 2);
            AssertClose(block.Values, ExactHessian.Compute(parameters, part, data, 64, new HessianOptions { GaussNewton = true }).Values);
            Assert.True(SymmetricEigenvalues.Compute(block.Values, 2)[0] >= -1e-12 * Largest(block.Values), layer.Name);
        }
    }

    [Theory]
    [InlineData("trained", 0.2)]
    [InlineData("lenet5", 0.3)]
    public void Adding_coordinates_adds_at_most_as_many_negative_eigenvalues_and_all_interlace(string name, double density)
    {
        var (masks, parameters, data) = Case(name, density, 128);
        var larger = ExactHessian.Compute(parameters, Coordinates.Active(masks), data, 128, new HessianOptions());
        var fewer = ExactHessian.Compute(parameters, Coordinates.Active(masks, biases: false), data, 128, new HessianOptions());
        var (all, some) = (SymmetricEigenvalues.Compute(larger.Values, 2), SymmetricEigenvalues.Compute(fewer.Values, 2));
        var (added, slack) = (all.Length - some.Length, 1e-6 * all[^1]);
        Assert.InRange(all.Count(value => value < -slack) - some.Count(value => value < -slack), 0, added);
        Assert.True(all[0] < -slack);
        for (var index = 0; index < some.Length; index++)
        {
            Assert.InRange(some[index], all[index] - slack, all[index + added] + slack);
        }
    }

    [Fact]
    public void Bad_input_is_refused_in_words()
    {
        var (masks, parameters, data) = Case("lenet5", 0.3, 20);
        var rows = Coordinates.Active(masks);
        Assert.Contains("21 examples were asked for; data set", Assert.Throws<ArgumentException>(() => ExactHessian.Compute(parameters, rows, data, 21, new HessianOptions())).Message);
        Assert.Throws<ArgumentException>(() => ExactHessian.Compute(parameters, rows, data, 0, new HessianOptions()));
        parameters.Biases(1)[2] = float.NaN;
        Assert.Contains("The bias of 'conv2' holds NaN", Assert.Throws<ArgumentException>(() => ExactHessian.Compute(parameters, rows, data, 20, new HessianOptions())).Message);
        Assert.Contains("The bias of 'conv2' holds NaN", Assert.Throws<ArgumentException>(() => ColumnHessian.Compute(parameters, rows, Examples.FirstOf(data, 20), 1)).Message);
        Assert.Contains("The bias of 'conv2' holds NaN", Assert.Throws<ArgumentException>(() => new HessianOperator(new CpuEngineFactory(new EngineOptions()), parameters, rows, data, 20)).Message);
        var none = Coordinates.Active(new MaskSet(Lenet, [.. Lenet.Layers.Select(layer => Mask.FromIndices(layer.WeightCount, []))]), biases: false);
        Assert.Contains("needs a row", Assert.Throws<ArgumentException>(() => ExactHessian.Compute(new ParameterBlock(Lenet), none, data, 20, new HessianOptions())).Message);
        Assert.False(ExactHessian.CanTake(ResidualNetworks.Odd));
        Assert.Throws<NotSupportedException>(() =>
            ExactHessian.Compute(new ParameterBlock(ResidualNetworks.Odd), Coordinates.All(ResidualNetworks.Odd), Samples.Random(ResidualNetworks.Odd.Input, 4, 5), 5, new HessianOptions()));
    }

    [Fact]
    public void Compute_stops_when_it_is_cancelled_and_tells_how_far_it_is()
    {
        var (masks, parameters, data) = Case("lenet5", 0.3, 600);
        var told = new List<int>();
        ExactHessian.Compute(parameters, Coordinates.Active(masks), data, 600, new HessianOptions { Progress = new Told(told) });
        Assert.Equal([256, 512, 600], told);
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => ExactHessian.Compute(parameters, Coordinates.Active(masks), data, 600, new HessianOptions { Cancellation = source.Token }));
    }

    private static (MaskSet Masks, ParameterBlock Parameters, Dataset Data) Case(string name, double density, int examples)
    {
        if (name == "trained")
        {
            return Trained(density);
        }

        var network = name switch
        {
            "lenet5" => Lenet,
            "lenet300" => new NetworkPlan("lenet300", [20, 10], new Shape(1, 8, 8), 4).Build(),
            _ => Branches,
        };
        var masks = ResidualNetworks.Masks(network, density);
        return (masks, ResidualNetworks.Parameters(masks, 3), Samples.Random(network.Input, network.Output.Count, examples, 5));
    }

    /// <summary>A narrow LeNet5 after 300 steps on MNIST.</summary>
    private static (MaskSet Masks, ParameterBlock Parameters, Dataset Data) Trained(double density)
    {
        var data = Samples.Mnist.Train;
        var network = LeNet5.Create([3, 4, 9, 7], data.Shape, data.Classes);
        var masks = ResidualNetworks.Masks(network, density);
        var parameters = ResidualNetworks.Parameters(masks, 3);
        using var engine = new CpuEngine(network, masks, 64);
        engine.Load(parameters);
        for (var step = 0; step < 300; step++)
        {
            engine.TrainingStep(data, [.. Enumerable.Range(64 * step, 64)], new SgdStep(0.05f, 0.9f, 5e-4f));
        }

        engine.Store(parameters, new ParameterBlock(network));
        return (masks, parameters, data);
    }

    private static void AssertClose(double[,] expected, double[,] actual)
    {
        var tolerance = 1e-5 * Largest(expected);
        Assert.Equal(expected.GetLength(0), actual.GetLength(0));
        for (var row = 0; row < expected.GetLength(0); row++)
        {
            for (var column = 0; column < expected.GetLength(0); column++)
            {
                Assert.Equal(expected[row, column], actual[row, column], tolerance);
            }
        }
    }

    private static double Largest(double[,] values) => values.Cast<double>().Max(Math.Abs);

    private static double Trace(double[,] values) => Enumerable.Range(0, values.GetLength(0)).Sum(row => values[row, row]);

    private static double Distance(double[,] left, double[,] right) => left.Cast<double>().Zip(right.Cast<double>(), (first, second) => Math.Abs(first - second)).Max();

    private sealed class Told(List<int> told) : IProgress<int>
    {
        public void Report(int value) => told.Add(value);
    }
}
