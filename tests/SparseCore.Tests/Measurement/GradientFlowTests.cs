using SparseCore.Allocation;
using SparseCore.Cpu;
using SparseCore.Initialization;
using SparseCore.Measurement;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Reference;
using SparseCore.Tests.Data;
using SparseCore.Tests.Reference;

namespace SparseCore.Tests.Measurement;

public class GradientFlowTests
{
    [Fact]
    public void Measure_is_the_norm_over_active_weights_and_all_biases()
    {
        var network = LeNet5.Create([2, 3, 6, 5], new Shape(1, 16, 16), 4);
        var masks = RandomMask.Create(network, new UniformAllocation().ActiveCounts(network, 0.7), 1);
        var parameters = InitialParameters.Draw(masks, NeuronScaledInitializer.Paper, 1);
        var data = Samples.Random(network.Input, 4, 20);
        int[] examples = [.. Enumerable.Range(0, 20)];

        var twin = new DoubleNetwork(network).Gradient(DoubleNetwork.Widen(parameters), Examples.From(data, examples));
        var expected = 0.0;
        for (var layer = 0; layer < masks.Count; layer++)
        {
            expected += masks[layer].ActiveIndices().Sum(index => Math.Pow(twin[parameters.WeightOffset(layer) + index], 2));
            expected += twin.AsSpan(parameters.BiasOffset(layer), network.Layers[layer].BiasCount).ToArray().Sum(value => value * value);
        }

        using var engine = new CpuEngine(network, masks, 8);
        engine.Load(parameters);
        var norm = GradientFlow.Measure(engine, data, examples, new ParameterBlock(network));
        Assert.Equal(expected, norm.SquaredNorm, 1e-5 * expected);
        Assert.Equal(Math.Sqrt(expected), norm.Norm, 1e-5 * expected);
    }

    [Fact]
    public void Measure_with_batch_normalizations_is_the_norm_over_all_that_is_trained()
    {
        var network = ResidualNetworks.Torch;
        var masks = ResidualNetworks.Masks(network, 0.5);
        var parameters = ResidualNetworks.Parameters(masks, 1);
        var data = Samples.Random(network.Input, 5, 12);
        int[] examples = [.. Enumerable.Range(0, 12)];
        var expected = new DoubleNetwork(network, masks).Gradient(DoubleNetwork.Widen(parameters), Examples.From(data, examples)).Sum(value => value * value);
        using var engine = new CpuEngine(network, masks, 12);
        engine.Load(parameters);
        Assert.Equal(expected, GradientFlow.Measure(engine, data, examples, new ParameterBlock(network)).SquaredNorm, 1e-4 * expected);
    }
}
