using System.Runtime.InteropServices;
using SparseCore.Networks;
using SparseCore.Randomness;

namespace SparseCore.Data;

/// <summary>Gray images shown in three equal channels, standardized: (b / 255 - mean) / deviation. With an augmentation, examples have random views.</summary>
internal sealed class EnlargedDataset : PixelDataset
{
    /// <summary>Largest shift of a view, in pixels.</summary>
    public const int LargestShift = 4;

    private const int Channels = 3;

    private readonly PinnedBytes images;
    private readonly int[] labels;
    private readonly int size;
    private readonly Augmentation augmentation;
    private readonly ulong viewSeed;
    private readonly PinnedBuffers buffers = new();

    /// <summary>Takes over the arrays; they must not be changed afterwards.</summary>
    /// <param name="name">A readable name.</param>
    /// <param name="size">Height and width.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="images">Shape [examples, size, size].</param>
    /// <param name="labels">Shape [examples].</param>
    /// <param name="mean">Mean of a pixel, in [0, 1].</param>
    /// <param name="deviation">Standard deviation of a pixel, above 0.</param>
    /// <param name="augmentation">How views differ.</param>
    /// <param name="viewSeed">Seed of the views.</param>
    public EnlargedDataset(
        string name, int size, int classes, byte[] images, int[] labels, float mean, float deviation, Augmentation augmentation, ulong viewSeed)
    {
        Name = name;
        Shape = new Shape(Channels, size, size);
        Classes = classes;
        this.images = new PinnedBytes(images);
        this.labels = labels;
        this.size = size;
        Normalization = InputNormalization.Uniform(Channels, mean, deviation);
        this.augmentation = augmentation;
        this.viewSeed = viewSeed;
    }

    public override string Name { get; }

    public override Shape Shape { get; }

    public override int Count => labels.Length;

    public override int Classes { get; }

    /// <inheritdoc/>
    public override int StoredChannels => 1;

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
            addresses[index] = images.Address + ((nint)examples[index] * size * size);
        }

        return new PixelHold(images);
    }

    private PixelHold HoldViews(ReadOnlySpan<int> examples, Span<nint> addresses)
    {
        var plane = size * size;
        var views = buffers.Rent(examples.Length * plane);
        for (var index = 0; index < examples.Length; index++)
        {
            var image = images.Span.Slice(examples[index] % labels.Length * plane, plane);
            WriteView(image, examples[index], views.Bytes.AsSpan(index * plane, plane));
            addresses[index] = Marshal.UnsafeAddrOfPinnedArrayElement(views.Bytes, index * plane);
        }

        return new PixelHold(views);
    }

    /// <summary>Writes one view, a function of the seed and the index alone.</summary>
    private void WriteView(ReadOnlySpan<byte> image, int index, Span<byte> view)
    {
        var stream = new RandomStream(viewSeed, "view", (ulong)index);
        var down = stream.NextInt32((2 * LargestShift) + 1) - LargestShift;
        var right = stream.NextInt32((2 * LargestShift) + 1) - LargestShift;
        var mirrored = augmentation == Augmentation.ShiftAndFlip && stream.NextInt32(2) == 1;
        for (var row = 0; row < size; row++)
        {
            for (var column = 0; column < size; column++)
            {
                var sourceRow = row - down;
                var sourceColumn = (mirrored ? size - 1 - column : column) - right;
                var isInside = (uint)sourceRow < (uint)size && (uint)sourceColumn < (uint)size;
                view[(row * size) + column] = isInside ? image[(sourceRow * size) + sourceColumn] : (byte)0;
            }
        }
    }
}
