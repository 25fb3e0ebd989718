namespace SparseCore.Networks;

/// <summary>
/// Wide residual networks WRN-d-k for 32 x 32 images (Zagoruyko and Komodakis 2016): a 3x3 convolution, three groups of (d - 4) / 6 pre-activation blocks of two 3x3
/// convolutions, k times as wide as a ResNet's, without dropout. Where a block changes the number of channels its shortcut is a 1x1 convolution of the activated input,
/// as in the authors' code. Nodes have the names of the usual PyTorch code, "block1.layer.0.conv1" and so on.
/// </summary>
public static class WideResNet
{
    private const int MostDepth = 1000;
    private const int MostWidening = 1000;

    /// <summary>Channels of the first convolution, and of the three groups before they are widened.</summary>
    public static IReadOnlyList<int> PaperWidths { get; } = [16, 16, 32, 64];

    /// <summary>Describes the network.</summary>
    /// <param name="widths">Channels of the first convolution, and of the three groups before they are widened.</param>
    /// <param name="depth">Depth d = 6 n + 4: blocks of two convolutions, n a group, the first convolution, and three more that the paper counts for the shortcuts.</param>
    /// <param name="widening">Widening factor k of the groups, 1 or more.</param>
    /// <param name="input">Shape of one image.</param>
    /// <param name="classes">Number of classes.</param>
    /// <exception cref="ArgumentException">The depth is not 6 n + 4, or another setting does not fit.</exception>
    public static Network Create(IReadOnlyList<int> widths, int depth, int widening, Shape input, int classes)
    {
        if (widths.Count != 4)
        {
            throw new ArgumentException(
                $"A wide residual network has 4 widths (the first convolution, three groups before widening); found {widths.Count}: {string.Join(", ", widths)}.");
        }

        if (depth is < 10 or > MostDepth || (depth - 4) % 6 != 0)
        {
            throw new ArgumentException($"A wide residual network has a depth of 6 n + 4 (10, 16, 22, 28, 40, ...), at most {MostDepth}; found {depth}.");
        }

        if (widening is < 1 or > MostWidening)
        {
            throw new ArgumentException($"A wide residual network has a widening factor of 1 to {MostWidening}; found {widening}.");
        }

        var nodes = new NodeList();
        var (last, channels) = (nodes.Add("conv1", Convolution(widths[0], 3, 1), Network.InputName), widths[0]);
        for (var group = 1; group <= 3; group++)
        {
            for (var block = 0; block < (depth - 4) / 6; block++)
            {
                last = AddBlock($"block{group}.layer.{block}.", checked(widths[group] * widening), group > 1 && block == 0 ? 2 : 1);
            }
        }

        last = AddActivated("bn1", "relu", last);
        nodes.Add("fc", new Operation.FullyConnected(classes), nodes.Add("avgpool", new Operation.GlobalAveragePool(), last));
        return new Network(FormattableString.Invariant($"wrn{depth}-{widening}"), input, nodes.Nodes);

        string AddBlock(string prefix, int width, int stride)
        {
            var activated = AddActivated(prefix + "bn1", prefix + "relu1", last);
            var path = AddActivated(prefix + "bn2", prefix + "relu2", nodes.Add(prefix + "conv1", Convolution(width, 3, stride), activated));
            path = nodes.Add(prefix + "conv2", Convolution(width, 3, 1), path);
            var shortcut = width == channels && stride == 1 ? last : nodes.Add(prefix + "convShortcut", Convolution(width, 1, stride), activated);
            channels = width;
            return nodes.Add(prefix + "add", new Operation.Add(), path, shortcut);
        }

        string AddActivated(string norm, string relu, string source) => nodes.Add(relu, new Operation.Relu(), nodes.Add(norm, new Operation.BatchNorm(), source));
    }

    private static Operation.Convolution Convolution(int channels, int kernel, int stride) => new(channels, kernel, kernel, stride, kernel / 2, HasBias: false);
}
