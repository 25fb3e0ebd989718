using SparseCore.Cpu;
using SparseCore.Cpu.Tangents;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Reference;
using SparseCore.Tests.Data;
using SparseCore.Tests.Reference;

namespace SparseCore.Tests.Engine;

public class CurvaturePassTests
{
    [Fact]
    public void Examples_that_do_not_fit_into_the_memory_are_refused_with_their_size()
    {
        var network = ResidualNetworks.Odd;
        using var team = new WorkerTeam(1);
        var before = Environment.WorkingSet;
        var message = Assert.Throws<ArgumentException>(() => new CurvaturePass(new ParameterBlock(network), MaskSet.Full(network), 2_000_000_000, team)).Message;
        Assert.Contains("over 2,000,000,000 examples at once take", message, StringComparison.Ordinal);
        Assert.Contains("Take fewer examples", message, StringComparison.Ordinal);
        Assert.True(Environment.WorkingSet - before < 1L << 30, "memory was taken before it was asked whether it is there");
    }

    /// <summary>More examples than go through at once, with a last part that does not fill a block: a mean over all of them.</summary>
    [Fact]
    public void Products_over_many_examples_are_means_over_all()
    {
        const int Count = CurvaturePass.LargestBatch + 37;
        var network = LeNet5.Create([2, 3, 5, 4], new Shape(1, 16, 16), 3);
        var masks = ResidualNetworks.Masks(network, 0.5);
        var (parameters, direction) = (ResidualNetworks.Parameters(masks, 3), ResidualNetworks.Parameters(masks, 4));
        var data = Samples.Random(network.Input, 3, Count, 5);
        var product = new ParameterBlock(network);
        using var engine = new CpuEngine(network, masks, 16, 2);
        engine.Load(parameters);
        engine.CurvatureVector(CurvatureKind.Hessian, data, [.. Enumerable.Range(0, Count)], direction, product);
        var expected = new DoubleNetwork(network, masks).HessianVector(
            DoubleNetwork.Widen(parameters), DoubleNetwork.Widen(direction), Examples.FirstOf(data, Count));
        var scale = expected.Max(Math.Abs);
        Assert.All(expected.Zip(product.Values), pair => Assert.Equal(pair.First, pair.Second, 1e-4 * scale));
    }

    /// <summary>An answer that is sure of its label leaves curvature of some 1e-9, of which single precision must keep the digits.</summary>
    [Fact]
    public void Curvature_of_sure_answers_keeps_its_digits()
    {
        var network = new Network("line", new Shape(1, 1, 2), [new Node("flat", new Operation.Flatten(), ["input"]), new Node("fc", new Operation.FullyConnected(3), ["flat"])]);
        var parameters = new ParameterBlock(network);
        parameters.Biases(0)[1] = 20;
        var direction = new ParameterBlock(network);
        new float[] { 0.5f, -1, 0.25f, 2, 1, -0.5f, 3, 1, -2 }.CopyTo(direction.Values, 0);
        var data = Samples.Random(network.Input, 3, 4, 5);
        var (point, examples) = (DoubleNetwork.Widen(parameters), Examples.FirstOf(data, 4));
        var expected = new DoubleNetwork(network).HessianVector(point, DoubleNetwork.Widen(direction), examples);
        var product = new ParameterBlock(network);
        using var engine = new CpuEngine(network, MaskSet.Full(network), 4);
        engine.Load(parameters);
        engine.CurvatureVector(CurvatureKind.Hessian, data, [0, 1, 2, 3], direction, product);
        Assert.InRange(expected.Max(Math.Abs), 1e-10, 1e-7);
        Assert.All(expected.Zip(product.Values), pair => Assert.Equal(pair.First, pair.Second, 1e-5 * expected.Max(Math.Abs)));
    }
}
