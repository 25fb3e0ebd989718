using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Tests.Engine;

namespace SparseCore.Tests.Networks;

/// <summary>What operations declare, and that the layout of all parameters follows from it.</summary>
public class OperationTests
{
    private static readonly Shape Image = new(3, 8, 9);

    public static TheoryData<string> GraphNames => [.. Graphs.Names];

    [Fact]
    public void Tensors_of_a_convolution_are_its_weights_and_biases()
    {
        var tensors = new Operation.Convolution(5, 2, 4).Tensors(Image);
        Assert.Equal([TensorRole.Weight, TensorRole.Bias], tensors.Select(tensor => tensor.Role));
        Assert.Equal([5, 3, 2, 4], tensors[0].Shape);
        Assert.Equal([5], tensors[1].Shape);
        Assert.Equal([true, false], tensors.Select(tensor => tensor.IsMasked));
        Assert.Single(new Operation.Convolution(5, 2, 4, HasBias: false).Tensors(Image));
        Assert.Equal([7, 3], new Operation.FullyConnected(7).Tensors(Shape.Vector(3))[0].Shape);
    }

    [Fact]
    public void Tensors_of_a_batch_normalization_are_a_scale_a_shift_and_running_statistics_of_every_channel()
    {
        var tensors = new Operation.BatchNorm().Tensors(Image);
        Assert.Equal([TensorRole.Scale, TensorRole.Shift, TensorRole.RunningMean, TensorRole.RunningVariance], tensors.Select(tensor => tensor.Role));
        Assert.All(tensors, tensor => Assert.Equal([3], tensor.Shape));
        Assert.Equal([true, true, false, false], tensors.Select(tensor => tensor.IsTrained));
        Assert.DoesNotContain(tensors, tensor => tensor.IsMasked);
    }

    [Fact]
    public void Operations_without_parameters_declare_none() => Assert.All(
        [new Operation.Relu(), new Operation.MaxPool(2, 2), new Operation.GlobalAveragePool(), new Operation.Add(), (Operation)new Operation.Flatten()],
        operation => Assert.Empty(operation.Tensors(Image)));

    [Theory]
    [MemberData(nameof(GraphNames))]
    public void A_block_holds_the_tensors_of_all_nodes_one_after_the_other(string name)
    {
        var network = Graphs.Create(name);
        var block = new ParameterBlock(network);
        var end = 0;
        foreach (var tensor in network.Tensors)
        {
            Assert.Equal(end, tensor.Offset);
            end += (int)tensor.Tensor.Count;
        }

        Assert.Equal((end, end), (network.ValueCount, block.Values.Length));
        Assert.Equal(network.ParameterCount, network.Tensors.FirstOrDefault(tensor => !tensor.Tensor.IsTrained)?.Offset ?? end);
        for (var layer = 0; layer < network.Layers.Count; layer++)
        {
            Assert.Equal(Offset(network.Layers[layer].Name, TensorRole.Weight), block.WeightOffset(layer));
            if (network.Layers[layer].HasBias)
            {
                Assert.Equal(Offset(network.Layers[layer].Name, TensorRole.Bias), block.BiasOffset(layer));
            }
        }

        for (var norm = 0; norm < network.Norms.Count; norm++)
        {
            var node = network.Norms[norm].Name;
            Assert.Equal(Offset(node, TensorRole.Scale), block.ScaleOffset(norm));
            Assert.Equal(Offset(node, TensorRole.Shift), block.ScaleOffset(norm) + network.Norms[norm].Channels);
            Assert.Equal(Offset(node, TensorRole.RunningMean), block.MeanOffset(norm));
            Assert.Equal(Offset(node, TensorRole.RunningVariance), block.VarianceOffset(norm));
        }

        int Offset(string node, TensorRole role) => network.Tensors.Single(tensor => tensor.Node == node && tensor.Tensor.Role == role).Offset;
    }

    [Theory]
    [InlineData(70000, 1, 1, 0, "of 70000")]
    [InlineData(1, 1, 70000, 0, "of 70000")]
    [InlineData(300, 300, 1, 300, "300x300")]
    [InlineData(3, 3, 1, int.MaxValue, "padding 2147483647")]
    public void A_window_out_of_range_is_refused_before_its_sizes_overflow(int height, int width, int stride, int padding, string expected) => Refuses(
        new Shape(1, 400, 400), expected, new Node("conv", new Operation.Convolution(1, height, width, stride, padding), "input"));

    [Fact]
    public void A_pool_whose_padding_would_overflow_is_refused() =>
        Refuses(Image, "padding 1073741824", new Node("pool", new Operation.MaxPool(3, 1, 1 << 30), "input"));

    [Fact]
    public void Activations_without_bound_are_refused()
    {
        Refuses(new Shape(65536, 65536, 65536), "281474976710656 or more values", new Node("relu", new Operation.Relu(), "input"));
        Refuses(new Shape(1, 1, 1), "at most 1073741824", new Node("conv", new Operation.Convolution(int.MaxValue, 1, 1, HasBias: false), "input"));
        Refuses(new Shape(1, 1, 1 << 29), "at most 1073741824", new Node("a", new Operation.Relu(), "input"), new Node("b", new Operation.Relu(), "input"));
    }

    [Fact]
    public void More_parameters_than_a_block_can_hold_are_refused_without_overflow() => Refuses(
        new Shape(1 << 28, 1, 1),
        $"{((Int128)1 << 28) * (1 << 28) * 65025} parameters",
        new Node("conv", new Operation.Convolution(1 << 28, 255, 255, Padding: 127, HasBias: false), "input"));

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("state.a")]
    [InlineData("a\n")]
    public void A_node_needs_a_name_that_checkpoints_can_use(string name) => Refuses(Image, "needs a name of letters", new Node(name, new Operation.Relu(), "input"));

    private static void Refuses(Shape input, string expected, params Node[] nodes) =>
        Assert.Contains(expected, Assert.Throws<ArgumentException>(() => new Network("test", input, nodes)).Message, StringComparison.Ordinal);
}
