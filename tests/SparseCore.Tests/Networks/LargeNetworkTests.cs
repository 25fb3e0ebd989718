using SparseCore.Allocation;
using SparseCore.Measurement;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Tests.Networks;

/// <summary>VGG16 and ResNet-50 against published sizes, and what the operations they need refuse.</summary>
public class LargeNetworkTests
{
    private static readonly Shape Large = new(3, 224, 224);
    private static readonly Shape Small = new(3, 32, 32);

    [Fact]
    public void Vgg16_has_the_sizes_of_the_papers_code()
    {
        var network = Vgg16.Create(Vgg16.PaperWidths, Large, 1000, batchNorm: false);
        Assert.Equal(15_222_464, network.Layers.Sum(layer => layer.WeightCount));
        Assert.Equal(15_223_464, network.ParameterCount); // the classifier's biases
        Assert.Equal(network.ParameterCount, network.ValueCount);
        var normalized = Vgg16.Create(Vgg16.PaperWidths, Large, 1000, batchNorm: true);
        Assert.Equal(15_223_464 + (2 * 4224), normalized.ParameterCount);
        Assert.Equal(15_223_464 + (4 * 4224), normalized.ValueCount);
    }

    [Fact]
    public void Vgg16_classic_has_torchvisions_sizes_and_names()
    {
        var plain = Vgg16.CreateClassic(Vgg16.ClassicWidths, Large, 1000, batchNorm: false);
        Assert.Equal(138_357_544, plain.ParameterCount);
        Assert.Equal(
            ["features.0", "features.2", "features.5", "features.7", "features.10", "features.12", "features.14", "features.17", "features.19",
             "features.21", "features.24", "features.26", "features.28", "classifier.0", "classifier.3", "classifier.6"],
            plain.Layers.Select(layer => layer.Name));
        var normalized = Vgg16.CreateClassic(Vgg16.ClassicWidths, Large, 1000, batchNorm: true);
        Assert.Equal(138_365_992, normalized.ParameterCount);
        Assert.Equal(["features.1", "features.4", "features.8"], normalized.Norms.Take(3).Select(norm => norm.Name));
    }

    [Theory]
    [InlineData(224, 112, 7)]
    [InlineData(32, 16, 1)]
    public void Vgg16_halves_its_images_five_times(int size, int first, int last)
    {
        var network = Vgg16.Create(Vgg16.PaperWidths, new Shape(3, size, size), 10, batchNorm: true);
        Assert.Equal(new Shape(64, size, size), network.ShapeOf("bn1_2"));
        Assert.Equal(new Shape(64, first, first), network.ShapeOf("pool1"));
        Assert.Equal(new Shape(256, size / 8, size / 8), network.ShapeOf("pool3"));
        Assert.Equal(new Shape(512, last, last), network.ShapeOf("pool5"));
        Assert.Equal(Shape.Vector(512), network.ShapeOf("average"));
        Assert.Equal(Shape.Vector(10), network.Output);
    }

    [Fact]
    public void ResNet50_has_the_published_sizes()
    {
        var network = ResNet50.Create(ResNet50.PaperWidths, Large, 1000, smallImages: false);
        Assert.Equal(25_502_912, network.Layers.Sum(layer => layer.WeightCount));
        Assert.Equal(25_557_032, network.ParameterCount); // torchvision's resnet50
        Assert.Equal(25_557_032 + 53_120, network.ValueCount);
        Assert.Equal((54, 53), (network.Layers.Count, network.Norms.Count));
        Assert.Equal(2 * 4_089_184_256L, Flops.Inference(MaskSet.Full(network))); // 4.09 billion multiplications
    }

    [Fact]
    public void ResNet50_shapes_of_large_images()
    {
        var network = ResNet50.Create(ResNet50.PaperWidths, Large, 1000, smallImages: false);
        Assert.Equal(new Shape(64, 112, 112), network.ShapeOf("bn1"));
        Assert.Equal(new Shape(64, 56, 56), network.ShapeOf("maxpool"));
        Assert.Equal(new Shape(256, 56, 56), network.ShapeOf("layer1.2.relu"));
        Assert.Equal(new Shape(128, 56, 56), network.ShapeOf("layer2.0.conv1")); // v1.5: the stride is in the 3x3 convolution
        Assert.Equal(new Shape(128, 28, 28), network.ShapeOf("layer2.0.conv2"));
        Assert.Equal(new Shape(512, 28, 28), network.ShapeOf("layer2.3.relu"));
        Assert.Equal(new Shape(1024, 14, 14), network.ShapeOf("layer3.5.relu"));
        Assert.Equal(new Shape(2048, 7, 7), network.ShapeOf("layer4.2.relu"));
        Assert.Equal(Shape.Vector(2048), network.ShapeOf("avgpool"));
    }

    [Fact]
    public void ResNet50_shapes_of_small_images()
    {
        var network = ResNet50.Create(ResNet50.PaperWidths, Small, 10, smallImages: true);
        Assert.Equal(new Shape(64, 16, 16), network.ShapeOf("relu"));
        Assert.Equal(new Shape(256, 16, 16), network.ShapeOf("layer1.2.relu"));
        Assert.Equal(new Shape(512, 8, 8), network.ShapeOf("layer2.3.relu"));
        Assert.Equal(new Shape(1024, 4, 4), network.ShapeOf("layer3.5.relu"));
        Assert.Equal(new Shape(2048, 2, 2), network.ShapeOf("layer4.2.relu"));
    }

    [Fact]
    public void ResNet50_blocks_add_what_they_read_or_its_projection()
    {
        var nodes = ResNet50.Create(ResNet50.PaperWidths, Small, 10, smallImages: true).Nodes.ToDictionary(node => node.Name);
        Assert.Equal(["layer2.0.bn3", "layer2.0.downsample.1"], nodes["layer2.0.add"].Inputs);
        Assert.Equal(["layer2.1.bn3", "layer2.0.relu"], nodes["layer2.1.add"].Inputs);
        Assert.Equal(4, nodes.Keys.Count(name => name.EndsWith("downsample.0", StringComparison.Ordinal)));
    }

    [Fact]
    public void ResNet50_blocks_start_as_the_identity_on_request()
    {
        double[] Scales(bool zero, string part) => [.. ResNet50.Create(ResNet50.PaperWidths, Small, 10, true, zero).Norms
            .Where(norm => norm.Name.EndsWith(part, StringComparison.Ordinal)).Select(norm => norm.InitialScale)];
        Assert.Equal(Enumerable.Repeat(0.0, 16), Scales(true, ".bn3"));
        Assert.Equal(Enumerable.Repeat(1.0, 16), Scales(false, ".bn3"));
        Assert.Equal(Enumerable.Repeat(1.0, 4), Scales(true, ".downsample.1"));
    }

    [Fact]
    public void Networks_refuse_a_wrong_number_of_widths()
    {
        Refuses(() => ResNet50.Create([64, 128], Large, 10, false), "4 widths", "found 2: 64, 128");
        Refuses(() => Vgg16.Create(Vgg16.ClassicWidths, Large, 10, false), "5 widths", "found 7");
        Refuses(() => Vgg16.CreateClassic(Vgg16.PaperWidths, Large, 10, false), "7 widths", "found 5");
        Refuses(() => new NetworkPlan("resnet50", [1], Large, 10).Build(), "4 widths");
        var unknown = Assert.Throws<UnregisteredNameException>(() => new NetworkPlan("resnet51", ResNet50.PaperWidths, Large, 10).Build());
        Assert.Contains("resnet50-small", unknown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Vgg16_refuses_images_that_five_pools_use_up() =>
        Refuses(() => Vgg16.Create(Vgg16.PaperWidths, new Shape(3, 31, 31), 10, false), "'pool5'", "[512]");

    [Fact]
    public void Add_refuses_two_shapes_and_names_both() => Refuses(
        () => Test(new("conv", new Operation.Convolution(2, 3, 3), "input"), new("sum", new Operation.Add(), "conv", "input")), "'sum'", "[2, 6, 6]", "[1, 8, 8]");

    [Fact]
    public void Add_refuses_a_single_node() => Refuses(() => Test(new Node("sum", new Operation.Add(), "input")), "'sum'", "reads 1 nodes", "exactly 2");

    [Theory]
    [InlineData(3, 2)]
    [InlineData(2, 2)]
    [InlineData(3, -1)]
    public void MaxPool_refuses_padding_in_which_a_window_could_lie(int size, int padding) =>
        Refuses(() => Test(new Node("pool", new Operation.MaxPool(size, 1, padding), "input")), "'pool'", $"padding {padding}", $"0 to {size / 2}");

    [Theory]
    [InlineData(3, 2, 1, 4)]
    [InlineData(2, 2, 0, 4)]
    [InlineData(3, 1, 1, 8)]
    [InlineData(2, 2, 1, 5)]
    public void MaxPool_shape_follows_size_stride_and_padding(int size, int stride, int padding, int expected) =>
        Assert.Equal(new Shape(1, expected, expected), Test(new Node("pool", new Operation.MaxPool(size, stride, padding), "input")).Output);

    [Theory]
    [InlineData(0, 0.9, 1)]
    [InlineData(1e-5, 1.5, 1)]
    [InlineData(1e-5, -0.1, 1)]
    [InlineData(1e-5, 0.9, double.NaN)]
    public void BatchNorm_refuses_numbers_out_of_range(double epsilon, double decay, double scale) =>
        Refuses(() => Test(new Node("norm", new Operation.BatchNorm(epsilon, decay, scale), "input")), "'norm'");

    [Fact]
    public void Uniform_allocation_with_the_first_layer_dense_has_exact_counts()
    {
        var network = ResNet50.Create(ResNet50.PaperWidths, Large, 1000, smallImages: false);
        var counts = new UniformAllocation("conv1").ActiveCounts(network, 0.8);
        Assert.Equal(network.Layers[0].WeightCount, counts[0]);
        Assert.Equal(network.Layers.Skip(1).Select(layer => TopK.KeepCount(0.8, layer.WeightCount)), counts.Skip(1));
        Assert.Equal(9408 + 5_098_702, counts.Sum()); // a fifth of the other 25,493,504 weights, rounded layer by layer
    }

    [Theory]
    [InlineData(0.8, 5_100_582)]
    [InlineData(0.9, 2_550_291)]
    public void ErdosRenyiKernel_allocation_with_the_first_layer_dense_meets_the_whole_networks_count(double sparsity, int expected)
    {
        var network = ResNet50.Create(ResNet50.PaperWidths, Large, 1000, smallImages: false);
        var counts = new ErdosRenyiKernelAllocation("conv1").ActiveCounts(network, sparsity);
        Assert.Equal(9408, counts[0]);
        Assert.Equal(expected, counts.Sum());
    }

    private static Network Test(params IReadOnlyList<Node> nodes) => new("test", new Shape(1, 8, 8), nodes);

    private static void Refuses(Func<Network> build, params string[] fragments)
    {
        var message = Assert.ThrowsAny<ArgumentException>(build).Message;
        Assert.All(fragments, fragment => Assert.Contains(fragment, message));
    }
}
