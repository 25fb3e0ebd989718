using SparseCore.Allocation;
using SparseCore.Measurement;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Tests.Measurement;

public class FlopsTests
{
    private static readonly Network LeNet = LeNet5.Create(LeNet5.PaperWidths, new Shape(1, 28, 28), 10);

    [Fact]
    public void Inference_of_dense_LeNet5_is_twice_its_281640_multiplications() => Assert.Equal(2 * 281_640, Flops.Inference(MaskSet.Full(LeNet)));

    [Fact]
    public void Inference_counts_active_weights_at_all_their_positions()
    {
        var masks = RandomMask.Create(LeNet, [8, 120, 1536, 504, 42], 1);
        Assert.Equal(2 * ((8 * 576) + (120 * 64) + 1536 + 504 + 42), Flops.Inference(masks));
    }

    [Fact]
    public void Training_follows_the_published_formulas()
    {
        Assert.Equal(300, Flops.TrainingStep(100));
        Assert.Equal(1200, Flops.DenseGradientStep(100, 1000));
        Assert.Equal(((300.0 * 99) + 1200) / 100, Flops.RigLMeanStep(100, 1000, 99));
        Assert.Throws<ArgumentOutOfRangeException>(() => Flops.RigLMeanStep(100, 1000, 0));
    }

    [Fact]
    public void ModelSize_counts_the_four_numbers_of_a_normalized_channel()
    {
        var network = new Network("norm", Shape.Vector(3), [new Node("fc", new Operation.FullyConnected(5), "input"), new Node("norm", new Operation.BatchNorm(), "fc")]);
        Assert.Equal(4 * (15 + 5 + (4 * 5)), ModelSize.Bytes(MaskSet.Full(network)));
        Assert.Equal(2 * 15, Flops.Inference(MaskSet.Full(network)));
    }

    [Fact]
    public void ModelSize_counts_values_and_the_bits_of_masks()
    {
        Assert.Equal(4 * 44426, ModelSize.Bytes(MaskSet.Full(LeNet)));
        var masks = RandomMask.Create(LeNet, [150, 120, 1536, 504, 42], 1);
        Assert.Equal((4 * (150 + 120 + 1536 + 504 + 42 + 236)) + 300 + 3840 + 1260 + 105, ModelSize.Bytes(masks));
    }
}
