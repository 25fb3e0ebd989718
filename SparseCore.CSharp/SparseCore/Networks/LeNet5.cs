namespace SparseCore.Networks;

/// <summary>
/// LeNet5 as the paper trains it: convolution 5x5 + ReLU + 2x2 max-pool, twice, then three fully connected layers (LeCun et al. 1998, with ReLU).
/// </summary>
public static class LeNet5
{
    /// <summary>The widths of the paper's network: 44,190 weights and 236 biases on 28 x 28 x 1 images.</summary>
    public static IReadOnlyList<int> PaperWidths { get; } = [6, 16, 120, 84];

    /// <summary>The widths of the paper's small dense network: 2,399 parameters.</summary>
    public static IReadOnlyList<int> SmallDenseWidths { get; } = [3, 3, 27, 20];

    /// <summary>Describes the network.</summary>
    /// <param name="widths">Channels of the two convolutions and neurons of the two hidden layers: four numbers.</param>
    /// <param name="input">Shape of one image.</param>
    /// <param name="classes">Number of classes.</param>
    public static Network Create(IReadOnlyList<int> widths, Shape input, int classes)
    {
        if (widths.Count != 4)
        {
            throw new ArgumentException($"LeNet5 has 4 widths (two convolutions, two hidden layers); found {widths.Count}: {string.Join(", ", widths)}.");
        }

        return new Network("lenet5", input, [
            new Node("conv1", new Operation.Convolution(widths[0], 5, 5), Network.InputName),
            new Node("relu1", new Operation.Relu(), "conv1"),
            new Node("pool1", new Operation.MaxPool(2, 2), "relu1"),
            new Node("conv2", new Operation.Convolution(widths[1], 5, 5), "pool1"),
            new Node("relu2", new Operation.Relu(), "conv2"),
            new Node("pool2", new Operation.MaxPool(2, 2), "relu2"),
            new Node("flatten", new Operation.Flatten(), "pool2"),
            new Node("fc1", new Operation.FullyConnected(widths[2]), "flatten"),
            new Node("relu3", new Operation.Relu(), "fc1"),
            new Node("fc2", new Operation.FullyConnected(widths[3]), "relu3"),
            new Node("relu4", new Operation.Relu(), "fc2"),
            new Node("fc3", new Operation.FullyConnected(classes), "relu4"),
        ]);
    }
}
