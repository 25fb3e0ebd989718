using SparseCore.Connectivity;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Tests.Connectivity;

public class MagnitudePruningTests
{
    private static readonly Network Line = new("line", Shape.Vector(8), [new Node("fc", new Operation.FullyConnected(1), Network.InputName)]);

    private static ParameterBlock Weights(params float[] values)
    {
        var parameters = new ParameterBlock(Line);
        values.CopyTo(parameters.Weights(0));
        return parameters;
    }

    [Fact]
    public void Update_to_counts_keeps_as_many_as_asked_and_never_brings_weights_back()
    {
        var masks = MagnitudePruning.Update(MaskSet.Full(Line), Weights(.1f, -.9f, .3f, .2f, -.8f, .05f, 0, .7f), (int[])[3]);
        Assert.Equal([1, 4, 7], masks[0].ActiveIndices());
        Assert.Equal(masks, MagnitudePruning.Update(masks, Weights(0, -.9f, 0, 0, -.8f, 0, 0, .7f), (int[])[5]));
        Assert.Throws<ArgumentException>(() => MagnitudePruning.Update(masks, Weights(), (int[])[1, 1]));
    }

    [Fact]
    public void Update_keeps_the_largest_magnitudes()
    {
        var masks = MagnitudePruning.Update(MaskSet.Full(Line), Weights(.1f, -.9f, .3f, .2f, -.8f, .05f, 0, .7f), 0.5);
        Assert.Equal([1, 2, 4, 7], masks[0].ActiveIndices());
    }

    [Fact]
    public void Update_never_brings_a_pruned_weight_back()
    {
        // Weight 0 was pruned; keeping 4 of 8 keeps the 3 that are left.
        var masks = new MaskSet(Line, [Mask.FromIndices(8, [1, 2, 3])]);
        Assert.Equal([1, 2, 3], MagnitudePruning.Update(masks, Weights(0, 1, 2, 3, 0, 0, 0, 0), 0.5)[0].ActiveIndices());
    }

    [Fact]
    public void Update_keeps_at_least_one_weight_of_a_layer() =>
        Assert.Equal([7], MagnitudePruning.Update(MaskSet.Full(Line), Weights(1, 2, 3, 4, 5, 6, 7, 8), 0.99)[0].ActiveIndices());

    [Fact]
    public void Update_with_equal_magnitudes_keeps_the_lower_indices() =>
        Assert.Equal([0, 1, 2, 3], MagnitudePruning.Update(MaskSet.Full(Line), Weights(1, -1, 1, -1, 1, -1, 1, -1), 0.5)[0].ActiveIndices());
}
