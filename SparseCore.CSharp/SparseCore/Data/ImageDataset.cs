using System.Runtime.InteropServices;
using SparseCore.Networks;
using SparseCore.Randomness;

namespace SparseCore.Data;

/// <summary>
/// Photographs decoded from JPEG and PNG files when they are needed, ahead of training where they are asked for in time. A value is (b / 255 - mean) / deviation
/// with the usual moments of ImageNet's channels, where b is the resized pixel rounded to a byte.
/// </summary>
internal sealed class ImageDataset : PixelDataset
{
    /// <summary>
    /// Means of red, green and blue: those of the TensorFlow code for ImageNet from which the paper's is derived (MEAN_RGB, STDDEV_RGB), and of torchvision.
    /// </summary>
    private static readonly float[] Means = [0.485f, 0.456f, 0.406f];

    private static readonly float[] Deviations = [0.229f, 0.224f, 0.225f];

    private readonly string[] paths;
    private readonly int[] labels;
    private readonly int[] lengths;
    private readonly int size;
    private readonly ulong viewSeed;
    private readonly DecodeAhead ahead;
    private readonly Stack<ImageReader> readers = new();

    /// <summary>Takes over the arrays; they must not be changed afterwards.</summary>
    /// <param name="name">A readable name.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="paths">Full path of each example.</param>
    /// <param name="labels">Class of each example.</param>
    /// <param name="lengths">Length of each file in bytes, as indexed.</param>
    /// <param name="hasViews">Random crops and flips, or the center.</param>
    /// <param name="options">Size, seed of the views, threads and memory.</param>
    public ImageDataset(string name, int classes, string[] paths, int[] labels, int[] lengths, bool hasViews, ImageFolderOptions options)
    {
        Name = name;
        Classes = classes;
        HasViews = hasViews;
        this.paths = paths;
        this.labels = labels;
        this.lengths = lengths;
        size = options.Size;
        viewSeed = options.ViewSeed;
        Shape = new Shape(Means.Length, size, size);
        ahead = new DecodeAhead(Decode, Shape.Count, options.Threads, options.MemoryBytes);
    }

    public override string Name { get; }

    public override Shape Shape { get; }

    public override int Count => paths.Length;

    public override int Classes { get; }

    public override bool HasViews { get; }

    /// <inheritdoc/>
    public override int StoredChannels => Means.Length;

    public override InputNormalization Normalization { get; } = new([.. Means.Select(mean => (double)mean)], [.. Deviations.Select(deviation => (double)deviation)]);

    public override int Label(int example) => labels[HasViews ? example % labels.Length : example];

    /// <inheritdoc/>
    public override void Prefetch(ReadOnlySpan<int> examples) => ahead.Request(examples);

    /// <inheritdoc/>
    protected override PixelHold Find(ReadOnlySpan<int> examples, Span<nint> addresses)
    {
        var images = ahead.Hold(examples);
        for (var index = 0; index < images.Length; index++)
        {
            addresses[index] = Marshal.UnsafeAddrOfPinnedArrayElement(images[index].Pixels, 0);
        }

        return new PixelHold(new HeldImages(ahead, images));
    }

    private void Decode(int index, byte[] pixels)
    {
        var example = index % paths.Length;
        var reader = Rent();
        try
        {
            var bytes = reader.ReadFile(paths[example]);
            if (bytes.Length != lengths[example])
            {
                throw new InvalidDataException($"it has {bytes.Length} bytes, and had {lengths[example]} when it was indexed");
            }

            reader.Decode(
                bytes,
                size,
                (width, height) => HasViews
                    ? CropWindow.Random(width, height, size, new RandomStream(viewSeed, "view", (ulong)index))
                    : CropWindow.Center(width, height, size),
                pixels);
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new DataException(
                $"'{paths[example]}' has changed while it was in use: {failure.Message.TrimEnd('.')}. Put the file back and start the same command again.", failure);
        }
        finally
        {
            lock (readers)
            {
                readers.Push(reader);
            }
        }
    }

    private ImageReader Rent()
    {
        lock (readers)
        {
            if (readers.TryPop(out var reader))
            {
                return reader;
            }
        }

        return new ImageReader();
    }

    private sealed class HeldImages(DecodeAhead ahead, DecodedImage[] images) : IDisposable
    {
        public void Dispose() => ahead.Release(images);
    }
}
