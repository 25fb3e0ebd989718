using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Tests.Parameters;

public class MaskSetTests
{
    private static readonly Network Small = LeNet300.Create([4, 3], new Shape(1, 2, 3), 2); // 24 + 4, 12 + 3, 6 + 2 parameters

    [Fact]
    public void Counts_are_over_all_layers()
    {
        var masks = new MaskSet(Small, [Mask.FromIndices(24, [0, 5]), Mask.FromIndices(12, [11]), Mask.Full(6)]);
        Assert.Equal(9, masks.ActiveCount);
        Assert.Equal(1 - (9.0 / 42), masks.Sparsity);
        Assert.False(masks.IsFull);
        Assert.True(MaskSet.Full(Small).IsFull);
        Assert.NotEqual(MaskSet.Full(Small), masks);
        Assert.Equal(masks, new MaskSet(Small, [masks[0], masks[1], masks[2]]));
    }

    [Fact]
    public void Constructor_refuses_missing_masks_and_wrong_lengths()
    {
        Assert.Contains("3 layers", Assert.Throws<ArgumentException>(() => new MaskSet(Small, [Mask.Full(24)])).Message);
        var message = Assert.Throws<ArgumentException>(() => new MaskSet(Small, [Mask.Full(24), Mask.Full(13), Mask.Full(6)])).Message;
        Assert.Contains("'fc2'", message);
        Assert.Contains("13", message);
    }

    [Fact]
    public void ParameterBlock_lays_out_weights_then_biases_layer_by_layer()
    {
        var block = new ParameterBlock(Small);
        Assert.Equal(51, block.Values.Length);
        Assert.Equal((0, 24, 28, 40, 43, 49), (block.WeightOffset(0), block.BiasOffset(0), block.WeightOffset(1), block.BiasOffset(1), block.WeightOffset(2), block.BiasOffset(2)));
        block.Biases(1)[2] = 7;
        Assert.Equal(7, block.Values[42]);
    }

    [Fact]
    public void Apply_zeroes_exactly_the_masked_weights_with_positive_zero()
    {
        var block = new ParameterBlock(Small);
        Array.Fill(block.Values, -1f);
        block.Apply(new MaskSet(Small, [Mask.FromIndices(24, [0, 5]), Mask.FromIndices(12, [11]), Mask.Full(6)]));
        Assert.Equal(9 + 9, block.Values.Count(value => value == -1f));
        Assert.All(block.Values.Where(value => value != -1f), value => Assert.Equal(0u, BitConverter.SingleToUInt32Bits(value)));
    }

    [Fact]
    public void Clone_shares_nothing_and_CopyFrom_refuses_another_layout()
    {
        var block = new ParameterBlock(Small);
        var copy = block.Clone();
        copy.Values[0] = 1;
        Assert.Equal(0, block.Values[0]);
        Assert.Throws<ArgumentException>(() => block.CopyFrom(new ParameterBlock(LeNet300.Create([5, 3], new Shape(1, 2, 3), 2))));
    }
}
