using SparseCore.Cpu;
using SparseCore.Engine;
using SparseCore.Initialization;
using SparseCore.Measurement;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Reference;
using SparseCore.Tests.Engine;

namespace SparseCore.Tests.Networks;

/// <summary>ResNet-20 and wide residual networks against published sizes, and in the engine.</summary>
public class CifarNetworkTests
{
    private static readonly Shape Image = new(3, 32, 32);

    [Fact]
    public void ResNet20_has_the_papers_parameters_and_those_of_two_projections()
    {
        var network = ResNet20.Create(ResNet20.PaperWidths, Image, 10);
        var projections = network.Tensors.Where(tensor => tensor.Node.Contains("downsample", StringComparison.Ordinal) && tensor.Tensor.IsTrained).Sum(tensor => (int)tensor.Tensor.Count);
        Assert.Equal(272_474, network.ParameterCount);
        Assert.Equal(269_722, network.ParameterCount - projections); // option A: 0.27 million in Table 6
        Assert.Equal(20, network.Layers.Count(layer => !layer.Name.Contains("downsample", StringComparison.Ordinal)));
        Assert.Equal(2 * (40_551_040L + (2 * 131_072)), Flops.Inference(MaskSet.Full(network))); // 40.55 million multiplications and the projections'
    }

    [Fact]
    public void ResNet20_shapes()
    {
        var network = ResNet20.Create(ResNet20.PaperWidths, Image, 10);
        Assert.Equal(new Shape(16, 32, 32), network.ShapeOf("layer1.2.relu"));
        Assert.Equal(new Shape(32, 16, 16), network.ShapeOf("layer2.0.conv1"));
        Assert.Equal(new Shape(32, 16, 16), network.ShapeOf("layer2.0.downsample.1"));
        Assert.Equal(new Shape(64, 8, 8), network.ShapeOf("layer3.2.relu"));
        Assert.Equal(Shape.Vector(64), network.ShapeOf("avgpool"));
        Assert.DoesNotContain(network.Nodes, node => node.Name.StartsWith("layer1", StringComparison.Ordinal) && node.Name.Contains("downsample", StringComparison.Ordinal));
    }

    /// <summary>Table 1 (WRN-16-8: 11.0M, WRN-22-8: 17.2M) and Table 5 of Zagoruyko and Komodakis 2016, in millions.</summary>
    [Theory]
    [InlineData(40, 1, 0.6)]
    [InlineData(40, 2, 2.2)]
    [InlineData(40, 4, 8.9)]
    [InlineData(40, 8, 35.7)]
    [InlineData(28, 10, 36.5)]
    [InlineData(28, 12, 52.5)]
    [InlineData(22, 8, 17.2)]
    [InlineData(22, 10, 26.8)]
    [InlineData(16, 8, 11.0)]
    [InlineData(16, 10, 17.1)]
    public void WideResNet_has_the_published_sizes(int depth, int widening, double millions)
    {
        var network = WideResNet.Create(WideResNet.PaperWidths, depth, widening, Image, 10);
        Assert.Equal(millions, network.ParameterCount / 1e6, 0.051);
        Assert.Equal($"wrn{depth}-{widening}", network.Name);
    }

    [Fact]
    public void WideResNet_has_the_exact_sizes_of_the_usual_code()
    {
        Assert.Equal(36_479_194, WideResNet.Create(WideResNet.PaperWidths, 28, 10, Image, 10).ParameterCount);
        Assert.Equal(1_079_642, NetworkFamilies.Plan("wrn22-2", Image, 10).Build().ParameterCount);
    }

    [Fact]
    public void WideResNet_blocks_activate_before_they_convolve()
    {
        var nodes = NetworkFamilies.Plan("wrn22-2", Image, 10).Build().Nodes.ToDictionary(node => node.Name);
        Assert.Equal(["block1.layer.0.relu1"], nodes["block1.layer.0.conv1"].Inputs);
        Assert.Equal(["block1.layer.0.relu1"], nodes["block1.layer.0.convShortcut"].Inputs);
        Assert.Equal(["block1.layer.0.conv2", "block1.layer.0.convShortcut"], nodes["block1.layer.0.add"].Inputs);
        Assert.Equal(["block1.layer.1.conv2", "block1.layer.0.add"], nodes["block1.layer.1.add"].Inputs);
        Assert.Equal(["block3.layer.2.add"], nodes["bn1"].Inputs);
        Assert.Equal(3, nodes.Keys.Count(name => name.EndsWith("convShortcut", StringComparison.Ordinal)));
        var plain = WideResNet.Create(WideResNet.PaperWidths, 16, 1, Image, 10);
        Assert.Equal(2, plain.Nodes.Count(node => node.Name.EndsWith("convShortcut", StringComparison.Ordinal))); // the first group keeps its 16 channels
    }

    [Fact]
    public void The_family_wrn_takes_depth_and_widening_from_the_plan()
    {
        var plan = NetworkFamilies.Plan("wrn", Image, 100, depth: 16, widening: 4);
        Assert.Equal("wrn16-4", plan.Build().Name);
        Assert.Equal("wrn28-10", NetworkFamilies.Plan("wrn", Image, 10).Build().Name); // the paper's best
        Assert.Contains("needs a depth", Assert.Throws<ArgumentException>(() => (plan with { Depth = null }).Build()).Message, StringComparison.Ordinal);
        Assert.Contains("6 n + 4", Assert.Throws<ArgumentException>(() => (plan with { Depth = 20 }).Build()).Message, StringComparison.Ordinal);
        Assert.Contains("1 to 1000; found 5000", Assert.Throws<ArgumentException>(() => (plan with { Widening = 5000 }).Build()).Message, StringComparison.Ordinal);
        Assert.Contains("4 widths", Assert.Throws<ArgumentException>(() => (plan with { Widths = [16] }).Build()).Message, StringComparison.Ordinal);
        Assert.Contains("3 widths", Assert.Throws<ArgumentException>(() => ResNet20.Create([16], Image, 10)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("resnet20", new[] { 3, 4, 5 })]
    [InlineData("wrn22-2", new[] { 3, 2, 3, 4 })]
    public void The_engines_gradient_is_that_of_the_double_twin(string name, int[] widths)
    {
        const int batch = 9;
        var network = NetworkFamilies.Plan(name, new Shape(3, 12, 12), 5, widths).Build();
        var masks = Setups.Masks(network, 0.4);
        var parameters = Graphs.Parameters(network, masks);
        var data = new RandomExamples(network.Input, 5, batch);
        using var engine = new CpuEngine(network, masks, batch);
        engine.Load(parameters);
        var gradient = new ParameterBlock(network);
        engine.Gradient(data, Setups.Range(batch), GradientScope.Dense, gradient);
        var expected = new DoubleNetwork(network).Gradient(Setups.ToDoubles(parameters), Examples.From(data, Setups.Range(batch)));
        var scale = expected.Max(Math.Abs);
        for (var index = 0; index < expected.Length; index++)
        {
            Assert.Equal(expected[index], gradient.Values[index], 5e-4 * (Math.Abs(expected[index]) + (0.1 * scale)));
        }
    }

    [Theory]
    [InlineData("resnet20")]
    [InlineData("wrn22-2")]
    public void A_few_steps_of_the_engine_learn_random_labels(string name)
    {
        const int batch = 16;
        var network = NetworkFamilies.Plan(name, Image, 10).Build();
        var masks = Setups.Masks(network, 0.2);
        var data = new RandomExamples(network.Input, 10, batch);
        using var engine = new CpuEngine(network, masks, batch, 2);
        engine.Load(InitialParameters.Draw(masks, DenseInitializer.HeNormal, 1));
        var losses = new List<float>();
        for (var step = 0; step < 8; step++)
        {
            engine.TrainingStep(data, Setups.Range(batch), new SgdStep(0.05f, 0.9f, 1e-4f));
            losses.Add(engine.ReadLoss());
        }

        Assert.All(losses, loss => Assert.True(float.IsFinite(loss)));
        Assert.True(losses[^1] < losses[0], string.Join(' ', losses));
    }
}
