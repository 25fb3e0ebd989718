using SparseCore.Networks;

namespace SparseCore.Data;

/// <summary>Labelled examples of one shape. Immutable; safe to read from several threads.</summary>
public abstract class Dataset
{
    /// <summary>A readable name, for example "mnist-train".</summary>
    public abstract string Name { get; }

    /// <summary>Shape of one example.</summary>
    public abstract Shape Shape { get; }

    /// <summary>Number of examples.</summary>
    public abstract int Count { get; }

    /// <summary>Number of classes; labels are 0 .. Classes - 1.</summary>
    public abstract int Classes { get; }

    /// <summary>
    /// Whether examples have random views (crops, flips): index v * Count + e then is view v of example e, whatever v, and training sees another view in
    /// every epoch. A view depends on its index alone, so that a run can go on anywhere. Without views, indices are 0 .. Count - 1.
    /// </summary>
    public virtual bool HasViews => false;

    /// <summary>How pixels become values. By default they are b / 255.</summary>
    public virtual InputNormalization Normalization => InputNormalization.None(Shape.Channels);

    /// <summary>The label of one example, or of a view of it.</summary>
    public abstract int Label(int example);

    /// <summary>Says that these examples will be gathered soon: a data set that decodes files begins in the background. Never needed, never waits.</summary>
    /// <param name="examples">Indices as for gathering; copied.</param>
    public virtual void Prefetch(ReadOnlySpan<int> examples)
    {
    }

    /// <summary>
    /// Writes examples batch-innermost: value v of the j-th listed example goes to destination[v * stride + j]. Entries j at or above
    /// examples.Length are set to 0 up to <paramref name="stride"/>.
    /// </summary>
    /// <param name="examples">Indices of examples; repeats are allowed.</param>
    /// <param name="stride">Distance between two values of one example, at least examples.Length.</param>
    /// <param name="destination">Shape [Shape.Count, stride].</param>
    public abstract void Gather(ReadOnlySpan<int> examples, int stride, Span<float> destination);

    /// <summary>The same, with a hint.</summary>
    /// <param name="examples">Indices of examples; repeats are allowed.</param>
    /// <param name="upcoming">Examples that will be gathered next, whose data may be fetched from memory meanwhile; none of them changes the result.</param>
    /// <param name="stride">Distance between two values of one example, at least examples.Length.</param>
    /// <param name="destination">Shape [Shape.Count, stride].</param>
    public virtual void Gather(ReadOnlySpan<int> examples, ReadOnlySpan<int> upcoming, int stride, Span<float> destination) =>
        Gather(examples, stride, destination);

    /// <summary>Refuses arguments of <see cref="Gather(ReadOnlySpan{int}, int, Span{float})"/> that do not fit together, with both numbers.</summary>
    protected void RequireGather(ReadOnlySpan<int> examples, int stride, Span<float> destination)
    {
        if (stride < examples.Length)
        {
            throw new ArgumentException($"The stride {stride} is smaller than the {examples.Length} examples to gather.");
        }

        if (destination.Length != (long)Shape.Count * stride)
        {
            throw new ArgumentException(
                $"Examples of shape {Shape} at stride {stride} take {(long)Shape.Count * stride} floats, the destination has {destination.Length}.");
        }

        foreach (var example in examples)
        {
            if (example < 0 || (!HasViews && example >= Count))
            {
                throw new ArgumentOutOfRangeException(nameof(examples), example, $"Data set '{Name}' has the examples 0 to {Count - 1}.");
            }
        }
    }
}
