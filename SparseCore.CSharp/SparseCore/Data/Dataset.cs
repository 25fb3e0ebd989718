using SparseCore.Networks;

namespace SparseCore.Data;

/// <summary>
/// Labeled examples of one shape. Immutable; safe to read from several threads. A data set gives plain examples, one at a time, and knows nothing of how an engine
/// lays out a batch. A data set of your own needs <see cref="Name"/>, <see cref="Shape"/>, <see cref="Count"/>, <see cref="Classes"/>, <see cref="Label"/> and
/// <see cref="Read"/>.
/// </summary>
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
    /// every epoch. A view depends on its index alone, so that a run can resume anywhere. Without views, indices are 0 .. Count - 1.
    /// </summary>
    public virtual bool HasViews => false;

    /// <summary>How pixels become values. By default they are b / 255.</summary>
    public virtual InputNormalization Normalization => InputNormalization.None(Shape.Channels);

    /// <summary>The bytes behind the values, for engines that turn bytes into numbers themselves; null where the examples are not stored as bytes.</summary>
    public virtual IPixelSource? Pixels => null;

    /// <summary>The label of one example, or of a view of it.</summary>
    public abstract int Label(int example);

    /// <summary>Says that these examples will be read soon: a data set that decodes files begins in the background. Never needed, never waits.</summary>
    /// <param name="examples">Indices as for reading; copied.</param>
    public virtual void Prefetch(ReadOnlySpan<int> examples)
    {
    }

    /// <summary>Writes the values of one example, always the same for the same index.</summary>
    /// <param name="example">0 to below <see cref="Count"/>; with <see cref="HasViews"/>, any index of a view.</param>
    /// <param name="destination">Receives the values in channel, row, column order. Shape [channels, height, width].</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such example.</exception>
    /// <exception cref="ArgumentException">The destination has another length.</exception>
    /// <exception cref="DataException">A file of the example was removed, changed or damaged.</exception>
    public abstract void Read(int example, Span<float> destination);

    /// <summary>Refuses arguments of <see cref="Read"/> that do not fit, with both numbers.</summary>
    protected void RequireRead(int example, ReadOnlySpan<float> destination)
    {
        RequireExample(example);
        if (destination.Length != Shape.Count)
        {
            throw new ArgumentException($"An example of shape {Shape} takes {Shape.Count} floats, the destination has {destination.Length}.");
        }
    }

    /// <summary>Refuses an index that is no example's.</summary>
    protected void RequireExample(int example)
    {
        if (example < 0 || (!HasViews && example >= Count))
        {
            throw new ArgumentOutOfRangeException(nameof(example), example, $"Data set '{Name}' has the examples 0 to {Count - 1}.");
        }
    }
}
