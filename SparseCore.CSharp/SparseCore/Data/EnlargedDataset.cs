using System.Runtime.InteropServices;
using SparseCore.Networks;
using SparseCore.Randomness;

namespace SparseCore.Data;

/// <summary>Grey images shown in three equal channels, standardised: (b / 255 - mean) / deviation. With an augmentation, examples have random views.</summary>
internal sealed unsafe class EnlargedDataset : Dataset
{
    /// <summary>Largest shift of a view, in pixels.</summary>
    public const int LargestShift = 4;

    private const int Channels = 3;

    private readonly byte[] images;
    private readonly int[] labels;
    private readonly int size;
    private readonly float mean;
    private readonly float deviation;
    private readonly Augmentation augmentation;
    private readonly ulong viewSeed;

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
        this.images = images;
        this.labels = labels;
        this.size = size;
        this.mean = mean;
        this.deviation = deviation;
        this.augmentation = augmentation;
        this.viewSeed = viewSeed;
    }

    public override string Name { get; }

    public override Shape Shape { get; }

    public override int Count => labels.Length;

    public override int Classes { get; }

    public override InputNormalization Normalization => InputNormalization.Uniform(Channels, mean, deviation);

    public override bool HasViews => augmentation != Augmentation.None;

    public override int Label(int example) => labels[HasViews ? example % labels.Length : example];

    /// <inheritdoc/>
    public override void Gather(ReadOnlySpan<int> examples, int stride, Span<float> destination)
    {
        RequireGather(examples, stride, destination);
        const int lanes = PixelTransposer.Lanes;
        var plane = size * size;
        var sources = stackalloc byte*[lanes];
        var views = HasViews ? (byte*)NativeMemory.Alloc((nuint)(lanes * plane)) : null;
        try
        {
            fixed (byte* first = images)
            fixed (float* target = destination)
            {
                for (var column = 0; column < stride; column += lanes)
                {
                    var count = Math.Clamp(examples.Length - column, 0, lanes);
                    for (var lane = 0; lane < count; lane++)
                    {
                        var index = examples[column + lane];
                        var image = first + ((long)(HasViews ? index % labels.Length : index) * plane);
                        sources[lane] = HasViews ? View(image, index, views + (lane * plane)) : image;
                    }

                    var scale = new StandardPixels(mean, deviation, count);
                    PixelTransposer.Write(sources, count, Math.Min(lanes, stride - column), plane, stride, scale, target + column);
                }
            }
        }
        finally
        {
            NativeMemory.Free(views);
        }

        var channel = destination[..(plane * stride)];
        for (var copy = 1; copy < Channels; copy++)
        {
            channel.CopyTo(destination[(copy * channel.Length)..]);
        }
    }

    /// <summary>Writes one view, a function of the seed and the index alone, and answers where.</summary>
    private byte* View(byte* image, int index, byte* view)
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

        return view;
    }
}
