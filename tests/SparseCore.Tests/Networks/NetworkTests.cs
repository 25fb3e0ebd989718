using SparseCore.Networks;

namespace SparseCore.Tests.Networks;

public class NetworkTests
{
    private static readonly Shape Image = new(1, 28, 28);

    [Fact]
    public void LeNet5_has_the_papers_sizes()
    {
        var network = LeNet5.Create(LeNet5.PaperWidths, Image, 10);
        Assert.Equal([150, 2400, 30720, 10080, 840], network.Layers.Select(layer => layer.WeightCount));
        Assert.Equal(44426, network.ParameterCount);
        Assert.Equal([576, 64, 1, 1, 1], network.Layers.Select(layer => layer.OutputPositions));
        Assert.Equal([25, 150, 256, 120, 84], network.Layers.Select(layer => layer.FanIn));
        Assert.Equal([150, 400, 120, 84, 10], network.Layers.Select(layer => layer.FanOut));
        Assert.Equal(new Shape(16, 4, 4), network.ShapeOf("pool2"));
        Assert.Equal(Shape.Vector(10), network.Output);
        Assert.Equal([6, 1, 5, 5], network.Layers[0].WeightShape);
        Assert.Equal([120, 256], network.Layers[2].WeightShape);
    }

    [Fact]
    public void LeNet5_small_dense_has_2399_parameters() => Assert.Equal(2399, LeNet5.Create(LeNet5.SmallDenseWidths, Image, 10).ParameterCount);

    [Fact]
    public void LeNet300_has_266610_parameters() => Assert.Equal(266610, LeNet300.Create(LeNet300.PaperWidths, Image, 10).ParameterCount);

    [Theory]
    [InlineData(5, 1, 0, 24)]
    [InlineData(3, 1, 1, 28)]
    [InlineData(3, 2, 1, 14)]
    [InlineData(7, 2, 3, 14)]
    [InlineData(28, 1, 0, 1)]
    public void Convolution_shape_follows_kernel_stride_and_padding(int kernel, int stride, int padding, int expected)
    {
        var network = new Network("test", Image, [new Node("conv", new Operation.Convolution(2, kernel, kernel, stride, padding), Network.InputName)]);
        Assert.Equal(new Shape(2, expected, expected), network.Output);
        Assert.Equal(expected * expected, network.Layers[0].OutputPositions);
    }

    [Fact]
    public void Constructor_refuses_a_kernel_larger_than_its_input_and_names_both() =>
        Refuses([new Node("conv", new Operation.Convolution(2, 29, 29), "input")], "'conv'", "29x29", "[1, 28, 28]");

    [Fact]
    public void Constructor_refuses_a_pool_larger_than_its_input() =>
        Refuses([new Node("pool", new Operation.MaxPool(29, 2), "input")], "'pool'", "29x29", "[1, 28, 28]");

    [Fact]
    public void Constructor_refuses_fully_connected_on_an_image() =>
        Refuses([new Node("fc", new Operation.FullyConnected(10), "input")], "'fc'", "[1, 28, 28]", "Flatten");

    [Fact]
    public void Constructor_refuses_an_unknown_input_and_lists_the_known() =>
        Refuses([new Node("a", new Operation.Relu(), "input"), new Node("b", new Operation.Relu(), "c")], "'b'", "'c'", "input, a");

    [Fact]
    public void Constructor_refuses_a_repeated_name() =>
        Refuses([new Node("a", new Operation.Relu(), "input"), new Node("a", new Operation.Relu(), "a")], "two nodes named 'a'");

    [Fact]
    public void Constructor_refuses_two_inputs_where_one_is_read() => Refuses([new Node("a", new Operation.Relu(), "input", "input")], "'a'", "2 nodes");

    [Theory]
    [InlineData(0, 5, 1, 0)]
    [InlineData(2, 0, 1, 0)]
    [InlineData(2, 5, 0, 0)]
    [InlineData(2, 5, 1, -1)]
    public void Constructor_refuses_sizes_that_are_not_positive(int channels, int kernel, int stride, int padding) =>
        Refuses([new Node("conv", new Operation.Convolution(channels, kernel, kernel, stride, padding), "input")], "'conv'");

    [Fact]
    public void Constructor_refuses_more_parameters_than_a_block_can_hold() =>
        Refuses([new Node("flatten", new Operation.Flatten(), "input"), new Node("fc", new Operation.FullyConnected(3_000_000), "flatten")], "2355000000", "parameters");

    [Fact]
    public void Constructor_refuses_no_nodes_and_empty_inputs()
    {
        Refuses([], "no nodes");
        Assert.Contains("[0, 28, 28]", Assert.Throws<ArgumentException>(() => new Network("test", new Shape(0, 28, 28), [new Node("a", new Operation.Relu(), "input")])).Message);
    }

    [Fact]
    public void LeNets_refuse_a_wrong_number_of_widths()
    {
        Assert.Contains("found 3", Assert.Throws<ArgumentException>(() => LeNet5.Create([1, 2, 3], Image, 10)).Message);
        Assert.Contains("found 1", Assert.Throws<ArgumentException>(() => LeNet300.Create([1], Image, 10)).Message);
    }

    private static void Refuses(IReadOnlyList<Node> nodes, params string[] fragments)
    {
        var message = Assert.Throws<ArgumentException>(() => new Network("test", Image, nodes)).Message;
        Assert.All(fragments, fragment => Assert.Contains(fragment, message));
    }
}
