namespace SparseCore.Networks;

/// <summary>
/// ResNet-50 v1.5 (He et al. 2016, with the stride in the 3x3 convolution): 16 bottleneck blocks in four groups; 25,502,912 weights at 1,000 classes. Nodes have
/// torchvision's names, "layer1.0.conv1" and so on.
/// </summary>
public static class ResNet50
{
    private const int Expansion = 4;
    private static readonly int[] Depths = [3, 4, 6, 3];

    /// <summary>Channels inside the blocks of the four groups; the stem has the first, a block's output four times its own.</summary>
    public static IReadOnlyList<int> PaperWidths { get; } = [64, 128, 256, 512];

    /// <summary>Describes the network.</summary>
    /// <param name="widths">Channels inside the blocks of the four groups.</param>
    /// <param name="input">Shape of one image.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="smallImages">
    /// False: the stem is a 7x7 convolution of stride 2 and a 3x3 max-pool of stride 2, for 224 x 224. True: a 3x3 convolution of stride 2 alone, for 32 x 32.
    /// </param>
    /// <param name="zeroLastScale">Whether the last scale of every block starts at 0, so that blocks start as the identity (as in the paper's code).</param>
    public static Network Create(IReadOnlyList<int> widths, Shape input, int classes, bool smallImages, bool zeroLastScale = true)
    {
        if (widths.Count != Depths.Length)
        {
            throw new ArgumentException($"ResNet-50 has 4 widths (channels inside the blocks of four groups); found {widths.Count}: {string.Join(", ", widths)}.");
        }

        var nodes = new NodeList();
        var stem = smallImages ? Convolution(widths[0], 3, 2, 1) : Convolution(widths[0], 7, 2, 3);
        var last = nodes.Add("relu", new Operation.Relu(), nodes.AddNormalized("conv1", "bn1", stem, Network.InputName));
        if (!smallImages)
        {
            last = nodes.Add("maxpool", new Operation.MaxPool(3, 2, Padding: 1), last);
        }

        for (var group = 0; group < Depths.Length; group++)
        {
            for (var block = 0; block < Depths[group]; block++)
            {
                last = AddBlock($"layer{group + 1}.{block}.", widths[group], block == 0 && group > 0 ? 2 : 1, project: block == 0);
            }
        }

        nodes.Add("fc", new Operation.FullyConnected(classes), nodes.Add("avgpool", new Operation.GlobalAveragePool(), last));
        return new Network(smallImages ? "resnet50-small" : "resnet50", input, nodes.Nodes);

        string AddBlock(string prefix, int width, int stride, bool project)
        {
            var source = last;
            var path = nodes.AddNormalized(prefix + "conv1", prefix + "bn1", Convolution(width, 1, 1, 0), source);
            path = nodes.Add(prefix + "relu1", new Operation.Relu(), path);
            path = nodes.AddNormalized(prefix + "conv2", prefix + "bn2", Convolution(width, 3, stride, 1), path);
            path = nodes.Add(prefix + "relu2", new Operation.Relu(), path);
            path = nodes.AddNormalized(prefix + "conv3", prefix + "bn3", Convolution(width * Expansion, 1, 1, 0), path, zeroLastScale ? 0 : 1);
            if (project)
            {
                source = nodes.AddNormalized(prefix + "downsample.0", prefix + "downsample.1", Convolution(width * Expansion, 1, stride, 0), source);
            }

            return nodes.Add(prefix + "relu", new Operation.Relu(), nodes.Add(prefix + "add", new Operation.Add(), path, source));
        }
    }

    private static Operation.Convolution Convolution(int channels, int kernel, int stride, int padding) =>
        new(channels, kernel, kernel, stride, padding, HasBias: false);
}
