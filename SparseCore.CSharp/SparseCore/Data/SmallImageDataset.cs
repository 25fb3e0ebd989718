using System.Runtime.InteropServices;
using SparseCore.Networks;
using SparseCore.Randomness;

namespace SparseCore.Data;

/// <summary>
/// Small images of bytes, standardized: (b / 255 - mean) / deviation of the channel. Gray ones may be shown in several equal channels. With an augmentation, examples
/// have random views.
/// </summary>
internal sealed class SmallImageDataset : PixelDataset
{
    /// <summary>Largest shift of a view, in pixels.</summary>
    public const int LargestShift = 4;

    private readonly PinnedBytes images;
    private readonly int[] labels;
    private readonly int stored;
    private readonly Augmentation augmentation;
    private readonly ulong viewSeed;
    private readonly PinnedBuffers buffers = new();

    /// <summary>Takes over the arrays; they must not be changed afterwards.</summary>
    /// <param name="name">A readable name.</param>
    /// <param name="shape">Shape of one example.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="images">Shape [examples, channels, height, width], or [examples, height, width] where all channels show one gray image.</param>
    /// <param name="labels">Shape [examples].</param>
    /// <param name="normalization">Mean and deviation of the channels.</param>
    /// <param name="augmentation">How views differ.</param>
    /// <param name="viewSeed">Seed of the views.</param>
    public SmallImageDataset(
        string name, Shape shape, int classes, byte[] images, int[] labels, InputNormalization normalization, Augmentation augmentation, ulong viewSeed)
    {
        ExampleArrays.Require(name, images.Length == (long)labels.Length * shape.Height * shape.Width ? shape with { Channels = 1 } : shape, classes, images.Length, labels);
        Name = name;
        Shape = shape;
        Classes = classes;
        this.images = new PinnedBytes(images);
        this.labels = labels;
        stored = images.Length / labels.Length;
        Normalization = normalization;
        this.augmentation = augmentation;
        this.viewSeed = viewSeed;
    }

    public override string Name { get; }

    public override Shape Shape { get; }

    public override int Count => labels.Length;

    public override int Classes { get; }

    /// <inheritdoc/>
    public override int StoredChannels => stored / (Shape.Height * Shape.Width);

    public override InputNormalization Normalization { get; }

    public override bool HasViews => augmentation != Augmentation.None;

    public override int Label(int example) => labels[HasViews ? example % labels.Length : example];

    /// <inheritdoc/>
    protected override PixelHold Find(ReadOnlySpan<int> examples, Span<nint> addresses) =>
        HasViews ? HoldViews(examples, addresses) : HoldImages(examples, addresses);

    private PixelHold HoldImages(ReadOnlySpan<int> examples, Span<nint> addresses)
    {
        for (var index = 0; index < examples.Length; index++)
        {
            addresses[index] = images.Address + ((nint)examples[index] * stored);
        }

        return new PixelHold(images);
    }

    private PixelHold HoldViews(ReadOnlySpan<int> examples, Span<nint> addresses)
    {
        var views = buffers.Rent(examples.Length * stored);
        for (var index = 0; index < examples.Length; index++)
        {
            var image = images.Span.Slice(examples[index] % labels.Length * stored, stored);
            WriteView(image, examples[index], views.Bytes.AsSpan(index * stored, stored));
            addresses[index] = Marshal.UnsafeAddrOfPinnedArrayElement(views.Bytes, index * stored);
        }

        return new PixelHold(views);
    }

    /// <summary>Writes one view, a function of the seed and the index alone: what comes in from outside is black.</summary>
    private void WriteView(ReadOnlySpan<byte> image, int index, Span<byte> view)
    {
        var stream = new RandomStream(viewSeed, "view", (ulong)index);
        var down = stream.NextInt32((2 * LargestShift) + 1) - LargestShift;
        var right = stream.NextInt32((2 * LargestShift) + 1) - LargestShift;
        var mirrored = augmentation == Augmentation.ShiftAndFlip && stream.NextInt32(2) == 1;
        var (height, width) = (Shape.Height, Shape.Width);
        for (var row = 0; row < StoredChannels * height; row++)
        {
            var sourceRow = (row % height) - down;
            for (var column = 0; column < width; column++)
            {
                var sourceColumn = (mirrored ? width - 1 - column : column) - right;
                var isInside = (uint)sourceRow < (uint)height && (uint)sourceColumn < (uint)width;
                view[(row * width) + column] = isInside ? image[((row - down) * width) + sourceColumn] : (byte)0;
            }
        }
    }
}
