using SparseCore.Allocation;
using SparseCore.Curvature;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Tests.Reference;

namespace SparseCore.Tests.Curvature;

public class CoordinatesTests
{
    [Fact]
    public void Rows_are_active_weights_then_biases_layer_by_layer_then_scales_and_shifts()
    {
        var network = ResidualNetworks.Odd;
        var masks = ResidualNetworks.Masks(network, -1);
        var layout = new ParameterBlock(network);
        var rows = Coordinates.Active(masks);
        List<int> expected = [];
        for (var layer = 0; layer < masks.Count; layer++)
        {
            expected.AddRange(masks[layer].ActiveIndices().Select(index => layout.WeightOffset(layer) + index));
            expected.AddRange(Enumerable.Range(layout.BiasOffset(layer), network.Layers[layer].BiasCount));
        }

        expected.AddRange(Enumerable.Range(layout.ScaleOffset(0), 2 * (3 + 2 + 4)));
        Assert.Equal(expected, rows.Positions);
        Assert.Equal(masks.ActiveCount, Coordinates.Active(masks, biases: false).Count);
        Assert.Equal(network.ParameterCount, Coordinates.All(network).Count);
    }

    [Fact]
    public void The_paper_has_2446_rows_at_95_percent()
    {
        var network = LeNet5.Create(LeNet5.PaperWidths, new Shape(1, 28, 28), 10);
        var counts = new UniformAllocation().ActiveCounts(network, 0.95);
        var masks = RandomMask.Create(network, counts, 1);
        Assert.Equal(2446, Coordinates.Active(masks).Count);
        Assert.Equal(44_426, Coordinates.All(network).Count);
    }

    [Fact]
    public void Of_keeps_one_layer_and_names_those_there_are()
    {
        var network = LeNet5.Create([2, 2, 4, 3], new Shape(1, 16, 16), 3);
        Assert.Equal(2 * 25 * 2 + 2, Coordinates.All(network).Of("conv2").Count);
        Assert.Equal(2 * 25 * 2, Coordinates.All(network, biases: false).Of("conv2").Count);
        Assert.Contains("has no layer 'conv9'. Its layers: conv1, conv2, fc1", Assert.Throws<ArgumentException>(() => Coordinates.All(network).Of("conv9")).Message);
    }

    [Fact]
    public void A_matrix_that_does_not_fit_says_its_size()
    {
        var network = new Network("wide", Shape.Vector(1000), [new Node("fc", new Operation.FullyConnected(100), "input")]);
        var refusal = Assert.Throws<ArgumentException>(() => ExactHessian.Compute(new ParameterBlock(network), Coordinates.All(network), Data.Samples.Random(network.Input, 100, 10), 5, new HessianOptions()));
        Assert.Contains("A Hessian of 100,100 rows takes 80.2 GB; expected at most half of the ", refusal.Message);
        Assert.Contains("Take fewer coordinates", refusal.Message);
    }

    [Fact]
    public void Activations_that_do_not_fit_say_their_size()
    {
        var network = new Network("deep", new Shape(1, 2000, 2000), [
            new Node("conv", new Operation.Convolution(50, 1, 1), "input"), new Node("average", new Operation.GlobalAveragePool(), "conv"),
        ]);
        var refusal = Assert.Throws<ArgumentException>(() => ExactHessian.Compute(
            new ParameterBlock(network), Coordinates.All(network), Data.Samples.Random(network.Input, 50, 1), 1, new HessianOptions { Threads = 2 }));
        Assert.Contains("takes 835.6 GB for the activations of 256 examples on 2 threads", refusal.Message);
    }
}
