namespace SparseCore.Networks;

/// <summary>
/// ResNet-20 for 32 x 32 images (He et al. 2016, section 4.2, n = 3): a 3x3 convolution, nine blocks of two 3x3 convolutions in three groups, a global average and
/// a classifier. Shortcuts between groups are 1x1 convolutions with batch normalization (option B), as in most code of sparse training; the paper's CIFAR networks pad
/// the missing channels with zeros (option A). 272,474 parameters at 10 classes, option A has 269,722. Nodes have torchvision's names, "layer1.0.conv1" and so on.
/// </summary>
public static class ResNet20
{
    private const int Blocks = 3;

    /// <summary>Channels of the three groups; the first convolution has the first group's.</summary>
    public static IReadOnlyList<int> PaperWidths { get; } = [16, 32, 64];

    /// <summary>Describes the network.</summary>
    /// <param name="widths">Channels of the three groups.</param>
    /// <param name="input">Shape of one image.</param>
    /// <param name="classes">Number of classes.</param>
    public static Network Create(IReadOnlyList<int> widths, Shape input, int classes)
    {
        if (widths.Count != 3)
        {
            throw new ArgumentException($"ResNet-20 has 3 widths (channels of three groups); found {widths.Count}: {string.Join(", ", widths)}.");
        }

        var nodes = new NodeList();
        var last = nodes.Add("relu", new Operation.Relu(), nodes.AddNormalized("conv1", "bn1", Convolution(widths[0], 3, 1), Network.InputName));
        for (var group = 0; group < widths.Count; group++)
        {
            for (var block = 0; block < Blocks; block++)
            {
                last = AddBlock($"layer{group + 1}.{block}.", widths[group], group > 0 && block == 0);
            }
        }

        nodes.Add("fc", new Operation.FullyConnected(classes), nodes.Add("avgpool", new Operation.GlobalAveragePool(), last));
        return new Network("resnet20", input, nodes.Nodes);

        string AddBlock(string prefix, int width, bool halves)
        {
            var (source, stride) = (last, halves ? 2 : 1);
            var path = nodes.AddNormalized(prefix + "conv1", prefix + "bn1", Convolution(width, 3, stride), source);
            path = nodes.Add(prefix + "relu1", new Operation.Relu(), path);
            path = nodes.AddNormalized(prefix + "conv2", prefix + "bn2", Convolution(width, 3, 1), path);
            if (halves)
            {
                source = nodes.AddNormalized(prefix + "downsample.0", prefix + "downsample.1", Convolution(width, 1, stride), source);
            }

            return nodes.Add(prefix + "relu", new Operation.Relu(), nodes.Add(prefix + "add", new Operation.Add(), path, source));
        }
    }

    private static Operation.Convolution Convolution(int channels, int kernel, int stride) => new(channels, kernel, kernel, stride, kernel / 2, HasBias: false);
}
