using SparseCore.Allocation;
using SparseCore.Initialization;
using SparseCore.Measurement;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Tests.Training;

namespace SparseCore.Tests.Measurement;

public class SignalPropagationTests
{
    private static readonly Network Linear = new("linear", Shape.Vector(4), [new Node("fc", new Operation.FullyConnected(2, HasBias: false), "input")]);

    [Fact]
    public void OutputDeviation_of_a_linear_layer_is_the_root_of_the_sum_of_squared_weights()
    {
        var parameters = new ParameterBlock(Linear);
        ((float[])[1, 2, 2, 0, 3, 0, 0, 0]).CopyTo(parameters.Weights(0)); // both outputs have deviation 3
        Assert.InRange(SignalPropagation.OutputDeviation(MaskSet.Full(Linear), parameters, SmallRuns.Engine, 20_000, reluAfterLast: false, 1), 2.95, 3.05);

        // max(x, 0) of a standard normal has variance 1/2 - 1/(2 pi).
        var expected = 3 * Math.Sqrt(0.5 - (0.5 / Math.PI));
        Assert.InRange(SignalPropagation.OutputDeviation(MaskSet.Full(Linear), parameters, SmallRuns.Engine, 20_000, reluAfterLast: true, 1), expected - 0.05, expected + 0.05);
    }

    [Fact]
    public void Dense_initialization_loses_the_signal_that_sparse_ones_keep()
    {
        var network = LeNet5.Create(LeNet5.PaperWidths, new Shape(1, 28, 28), 10);
        var masks = RandomMask.Create(network, new UniformAllocation().ActiveCounts(network, 0.9), 1);
        double Deviation(IInitializer initializer) => SignalPropagation.OutputDeviation(masks, InitialParameters.Draw(masks, initializer, 1), SmallRuns.Engine, 128, reluAfterLast: true, 1);
        var (dense, layer, neuron) = (Deviation(DenseInitializer.HeNormal), Deviation(LayerScaledInitializer.HeTruncatedNormal), Deviation(NeuronScaledInitializer.Paper));
        Assert.True(20 * dense < layer && 20 * dense < neuron, $"{dense} {layer} {neuron}");
    }
}
