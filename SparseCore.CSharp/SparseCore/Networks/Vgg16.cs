namespace SparseCore.Networks;

/// <summary>
/// VGG16 (Simonyan and Zisserman 2015): thirteen 3x3 convolutions with ReLU in five groups, a 2x2 max-pool after each group. The paper's form has no biases in
/// the convolutions and one linear classifier on the global average (15,222,464 weights at 1,000 classes); the classic form has three fully connected layers.
/// </summary>
public static class Vgg16
{
    private static readonly int[] Depths = [2, 2, 3, 3, 3];

    /// <summary>Channels of the five groups.</summary>
    public static IReadOnlyList<int> PaperWidths { get; } = [64, 128, 256, 512, 512];

    /// <summary>Channels of the five groups and neurons of the two hidden layers of the classic form.</summary>
    public static IReadOnlyList<int> ClassicWidths { get; } = [64, 128, 256, 512, 512, 4096, 4096];

    /// <summary>The form of the paper's code: "conv1_1" to "conv5_3" without bias, global average, "fc" with bias.</summary>
    /// <param name="widths">Channels of the five groups.</param>
    /// <param name="input">Shape of one image; at least 32 x 32.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="batchNorm">Whether every convolution is followed by a batch normalization, "bn1_1" to "bn5_3".</param>
    public static Network Create(IReadOnlyList<int> widths, Shape input, int classes, bool batchNorm)
    {
        RequireWidths(widths, 5);
        var nodes = new List<Node>();
        var last = Network.InputName;
        for (var group = 0; group < Depths.Length; group++)
        {
            for (var depth = 1; depth <= Depths[group]; depth++)
            {
                var place = $"{group + 1}_{depth}";
                last = Add("conv" + place, new Operation.Convolution(widths[group], 3, 3, Padding: 1, HasBias: false));
                last = batchNorm ? Add("bn" + place, new Operation.BatchNorm()) : last;
                last = Add("relu" + place, new Operation.Relu());
            }

            last = Add($"pool{group + 1}", new Operation.MaxPool(2, 2));
        }

        last = Add("average", new Operation.GlobalAveragePool());
        Add("fc", new Operation.FullyConnected(classes));
        return new Network(batchNorm ? "vgg16-bn" : "vgg16", input, nodes);

        string Add(string name, Operation operation)
        {
            nodes.Add(new Node(name, operation, last));
            return name;
        }
    }

    /// <summary>The classic form, with torchvision's names: "features.0", ..., "classifier.6"; convolutions have biases. Without dropout.</summary>
    /// <param name="widths">Channels of the five groups, then neurons of the two hidden layers.</param>
    /// <param name="input">Shape of one image; torchvision's weights need 224 x 224.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="batchNorm">Whether every convolution is followed by a batch normalization.</param>
    public static Network CreateClassic(IReadOnlyList<int> widths, Shape input, int classes, bool batchNorm)
    {
        RequireWidths(widths, 7);
        var nodes = new List<Node>();
        var last = Network.InputName;
        for (var group = 0; group < Depths.Length; group++)
        {
            for (var depth = 0; depth < Depths[group]; depth++)
            {
                AddFeature(new Operation.Convolution(widths[group], 3, 3, Padding: 1));
                if (batchNorm)
                {
                    AddFeature(new Operation.BatchNorm());
                }

                AddFeature(new Operation.Relu());
            }

            AddFeature(new Operation.MaxPool(2, 2));
        }

        Add("flatten", new Operation.Flatten());
        Add("classifier.0", new Operation.FullyConnected(widths[5]));
        Add("classifier.1", new Operation.Relu());
        Add("classifier.3", new Operation.FullyConnected(widths[6]));
        Add("classifier.4", new Operation.Relu());
        Add("classifier.6", new Operation.FullyConnected(classes));
        return new Network(batchNorm ? "vgg16-classic-bn" : "vgg16-classic", input, nodes);

        void AddFeature(Operation operation) => Add($"features.{nodes.Count}", operation);

        void Add(string name, Operation operation)
        {
            nodes.Add(new Node(name, operation, last));
            last = name;
        }
    }

    private static void RequireWidths(IReadOnlyList<int> widths, int count)
    {
        if (widths.Count != count)
        {
            var meaning = count == 5 ? "channels of five groups" : "channels of five groups, neurons of two hidden layers";
            throw new ArgumentException($"This form of VGG16 has {count} widths ({meaning}); found {widths.Count}: {string.Join(", ", widths)}.");
        }
    }
}
