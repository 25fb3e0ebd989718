using SparseCore.Measurement;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Tests.Measurement;

public class ConnectivityHealthTests
{
    /// <summary>2 inputs, 3 hidden neurons, 2 outputs; weight (o, i) of fc1 is 2 o + i, of fc2 3 o + i.</summary>
    private static readonly Network Small = new("small", Shape.Vector(2), [
        new Node("fc1", new Operation.FullyConnected(3), "input"), new Node("relu", new Operation.Relu(), "fc1"), new Node("fc2", new Operation.FullyConnected(2), "relu")]);

    [Fact]
    public void A_full_network_is_whole()
    {
        var health = ConnectivityHealth.Measure(MaskSet.Full(Small));
        Assert.Equal((12, 0, null), (health.EffectiveActiveCount, health.DeadNeurons, health.CutLayer));
    }

    [Fact]
    public void A_residual_sum_is_reached_and_needed_on_both_ways()
    {
        // in0, in1 -> a -> sum -> fc, and in0, in1 -> b -> a2 -> sum; a2 has no weight, so that b leads nowhere.
        var network = new Network("residual", new Shape(2, 1, 1), [
            new Node("a", new Operation.Convolution(2, 1, 1, HasBias: false), "input"),
            new Node("b", new Operation.Convolution(2, 1, 1, HasBias: false), "input"),
            new Node("a2", new Operation.Convolution(2, 1, 1, HasBias: false), "b"),
            new Node("norm", new Operation.BatchNorm(), "a2"),
            new Node("sum", new Operation.Add(), "norm", "a"),
            new Node("average", new Operation.GlobalAveragePool(), "sum"),
            new Node("fc", new Operation.FullyConnected(1), "average"),
        ]);
        MaskSet Masks(int[] second) => new(network, [Mask.FromIndices(4, [0]), Mask.Full(4), Mask.FromIndices(4, second), Mask.Full(2)]);

        var cut = ConnectivityHealth.Measure(Masks([]));
        Assert.Equal([1, 0, 0, 1], cut.EffectiveCounts); // a's channel 0 alone gets through
        Assert.Equal([1, 2, 2, 0], cut.DeadNeuronCounts);
        Assert.Null(cut.CutLayer); // the network goes on past the block
        var whole = ConnectivityHealth.Measure(Masks([2])); // b's channel 0 -> a2's channel 1
        Assert.Equal([1, 2, 1, 2], whole.EffectiveCounts);
        Assert.Null(whole.CutLayer);
        var none = new MaskSet(network, [Mask.FromIndices(4, []), Mask.Full(4), Mask.FromIndices(4, []), Mask.Full(2)]);
        Assert.Equal("a2", ConnectivityHealth.Measure(none).CutLayer); // b is the last that something reaches
    }

    [Fact]
    public void Weights_without_a_way_in_or_out_do_not_count()
    {
        //  in0 -> h0 -> out0      whole path: 2 weights
        //  in1 -> h1              leads nowhere
        //         h2 -> out1      comes from nowhere
        var health = ConnectivityHealth.Measure(Masks([0, 3], [0, 5]));
        Assert.Equal([1, 1], health.EffectiveCounts);
        Assert.Equal([2, 1], health.DeadNeuronCounts); // h1, h2; out1
        Assert.Null(health.CutLayer);
    }

    [Fact]
    public void A_network_whose_layers_do_not_meet_is_cut_at_the_layer_nothing_gets_through()
    {
        var health = ConnectivityHealth.Measure(Masks([0, 1], [1, 5])); // only h0 is fed, only h1 and h2 are read
        Assert.Equal((0, 5, "fc2"), (health.EffectiveActiveCount, health.DeadNeurons, health.CutLayer));
    }

    [Fact]
    public void An_empty_first_layer_cuts_there() => Assert.Equal("fc1", ConnectivityHealth.Measure(Masks([], [0, 1, 2])).CutLayer);

    [Fact]
    public void Channels_are_followed_through_pooling_and_flattening()
    {
        // 2 channels 4x4 -> pool 2x2 each -> flatten 8 -> 1 output that reads feature 6, which is channel 1.
        var network = new Network("conv", new Shape(1, 4, 4), [
            new Node("conv", new Operation.Convolution(2, 3, 3, Padding: 1), "input"),
            new Node("pool", new Operation.MaxPool(2, 2), "conv"),
            new Node("flatten", new Operation.Flatten(), "pool"),
            new Node("fc", new Operation.FullyConnected(1), "flatten"),
        ]);
        var health = ConnectivityHealth.Measure(new MaskSet(network, [Mask.FromIndices(18, [0, 5, 9, 17]), Mask.FromIndices(8, [6])]));
        Assert.Equal([2, 1], health.EffectiveCounts);
        Assert.Equal([1, 0], health.DeadNeuronCounts);
    }

    private static MaskSet Masks(int[] first, int[] second) => new(Small, [Mask.FromIndices(6, first), Mask.FromIndices(6, second)]);
}
