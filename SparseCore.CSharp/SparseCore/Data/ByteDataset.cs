using SparseCore.Networks;

namespace SparseCore.Data;

/// <summary>Images of one byte a value, kept as bytes: a byte b becomes the float nearest to b / 255, as in the paper.</summary>
public sealed class ByteDataset : PixelDataset
{
    private readonly PinnedBytes images;
    private readonly int[] labels;

    /// <summary>Takes over the arrays; they must not be changed afterwards.</summary>
    /// <param name="name">A readable name.</param>
    /// <param name="shape">Shape of one example.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="images">Shape [examples, channels, height, width].</param>
    /// <param name="labels">Shape [examples]; each from 0 to below <paramref name="classes"/>.</param>
    /// <exception cref="DataException">The counts differ, there are no examples, or a label is out of range.</exception>
    public ByteDataset(string name, Shape shape, int classes, byte[] images, int[] labels)
    {
        ExampleArrays.Require(name, shape, classes, images.LongLength, labels);
        Name = name;
        Shape = shape;
        Classes = classes;
        Normalization = InputNormalization.None(shape.Channels);
        this.images = new PinnedBytes(images);
        this.labels = labels;
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override Shape Shape { get; }

    /// <inheritdoc/>
    public override int Count => labels.Length;

    /// <inheritdoc/>
    public override int Classes { get; }

    /// <inheritdoc/>
    public override int StoredChannels => Shape.Channels;

    /// <inheritdoc/>
    public override InputNormalization Normalization { get; }

    /// <inheritdoc/>
    public override int Label(int example) => labels[example];

    /// <inheritdoc/>
    protected override PixelHold Find(ReadOnlySpan<int> examples, Span<nint> addresses)
    {
        var (first, size) = (images.Address, (nint)Shape.Count);
        for (var index = 0; index < examples.Length; index++)
        {
            addresses[index] = first + (examples[index] * size);
        }

        return new PixelHold(images);
    }
}
