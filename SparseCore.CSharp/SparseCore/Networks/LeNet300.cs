namespace SparseCore.Networks;

/// <summary>LeNet-300-100: two hidden layers with ReLU on the flattened image; 266,610 parameters on MNIST.</summary>
public static class LeNet300
{
    /// <summary>The usual hidden widths.</summary>
    public static IReadOnlyList<int> PaperWidths { get; } = [300, 100];

    /// <summary>A dense network of 5,739 parameters, about as many as the 98% sparse network has (5,734).</summary>
    public static IReadOnlyList<int> SmallDenseWidths { get; } = [7, 13];

    /// <summary>Describes the network.</summary>
    /// <param name="widths">Neurons of the two hidden layers.</param>
    /// <param name="input">Shape of one image.</param>
    /// <param name="classes">Number of classes.</param>
    public static Network Create(IReadOnlyList<int> widths, Shape input, int classes)
    {
        if (widths.Count != 2)
        {
            throw new ArgumentException($"LeNet-300-100 has 2 widths (two hidden layers); found {widths.Count}: {string.Join(", ", widths)}.");
        }

        return new Network("lenet300", input, [
            new Node("flatten", new Operation.Flatten(), Network.InputName),
            new Node("fc1", new Operation.FullyConnected(widths[0]), "flatten"),
            new Node("relu1", new Operation.Relu(), "fc1"),
            new Node("fc2", new Operation.FullyConnected(widths[1]), "relu1"),
            new Node("relu2", new Operation.Relu(), "fc2"),
            new Node("fc3", new Operation.FullyConnected(classes), "relu2"),
        ]);
    }
}
