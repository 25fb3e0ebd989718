using SparseCore.Networks;

namespace SparseCore.Data;

/// <summary>
/// Images of one byte a value, kept as bytes and widened when gathered: a value b becomes the float nearest to b / 255, as in the paper.
/// </summary>
public sealed unsafe class ByteDataset : Dataset
{
    private readonly byte[] images;
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
        if (labels.Length == 0 || images.LongLength != (long)labels.Length * shape.Count)
        {
            throw new DataException(
                $"Data set '{name}': {labels.Length} labels need {(long)labels.Length * shape.Count} values of images of shape {shape}, found {images.LongLength}; at least one example is needed.");
        }

        for (var example = 0; example < labels.Length; example++)
        {
            if ((uint)labels[example] >= (uint)classes)
            {
                throw new DataException($"Data set '{name}': the label of example {example} is {labels[example]}; expected 0 to {classes - 1}.");
            }
        }

        Name = name;
        Shape = shape;
        Classes = classes;
        this.images = images;
        this.labels = labels;
    }

    public override string Name { get; }

    public override Shape Shape { get; }

    public override int Count => labels.Length;

    public override int Classes { get; }

    public override int Label(int example) => labels[example];

    /// <inheritdoc/>
    public override void Gather(ReadOnlySpan<int> examples, int stride, Span<float> destination) => Gather(examples, [], stride, destination);

    /// <inheritdoc/>
    public override void Gather(ReadOnlySpan<int> examples, ReadOnlySpan<int> upcoming, int stride, Span<float> destination)
    {
        RequireGather(examples, stride, destination);
        const int lanes = PixelTransposer.Lanes;
        var size = Shape.Count;
        var sources = stackalloc byte*[lanes];
        var next = stackalloc byte*[lanes];
        fixed (byte* first = images)
        fixed (float* target = destination)
        {
            var ahead = Math.Min(upcoming.Length, lanes);
            for (var lane = 0; lane < ahead; lane++)
            {
                next[lane] = first + ((long)upcoming[lane] * size);
            }

            for (var column = 0; column < stride; column += lanes)
            {
                var count = Math.Clamp(examples.Length - column, 0, lanes);
                for (var lane = 0; lane < count; lane++)
                {
                    sources[lane] = first + ((long)examples[column + lane] * size);
                }

                PixelTransposer.Write(sources, count, Math.Min(lanes, stride - column), size, stride, default(SharePixels), target + column, next, ahead);
            }
        }
    }
}
