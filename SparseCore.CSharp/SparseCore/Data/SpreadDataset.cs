using SparseCore.Networks;

namespace SparseCore.Data;

/// <summary>
/// Some examples of another data set, evenly spaced in its stored order: a sample for measurements on data that is too large to be measured whole. Evenly spaced,
/// because image folders store one class after the other. Example i is example floor(i * all / count) of the source, in its first view.
/// </summary>
public sealed class SpreadDataset : Dataset, IPixelSource
{
    private readonly Dataset source;

    /// <summary>Takes <paramref name="count"/> examples of <paramref name="source"/>.</summary>
    /// <exception cref="ArgumentException">There are not as many, or fewer than one is asked for.</exception>
    public SpreadDataset(Dataset source, int count)
    {
        if (count < 1 || count > source.Count)
        {
            throw new ArgumentException($"Expected 1 to {source.Count} examples of '{source.Name}', found {count}.");
        }

        this.source = source;
        Count = count;
    }

    /// <inheritdoc/>
    public override string Name => $"{source.Name}, {Count} examples";

    /// <inheritdoc/>
    public override Shape Shape => source.Shape;

    /// <inheritdoc/>
    public override int Count { get; }

    /// <inheritdoc/>
    public override int Classes => source.Classes;

    /// <inheritdoc/>
    public override InputNormalization Normalization => source.Normalization;

    /// <inheritdoc/>
    public override IPixelSource? Pixels => source.Pixels is null ? null : this;

    /// <summary>At most <paramref name="count"/> examples: the whole data set where it has no more, or where null asks for all.</summary>
    public static Dataset Of(Dataset source, int? count) => count is { } some && some < source.Count ? new SpreadDataset(source, some) : source;

    /// <inheritdoc/>
    public override int Label(int example) => source.Label(Place(example));

    /// <inheritdoc/>
    public override void Prefetch(ReadOnlySpan<int> examples)
    {
        Span<int> places = examples.Length <= 256 ? stackalloc int[examples.Length] : new int[examples.Length];
        source.Prefetch(PlacesOf(examples, places));
    }

    /// <inheritdoc/>
    public override void Read(int example, Span<float> destination) => source.Read(Place(example), destination);

    int IPixelSource.StoredChannels => source.Pixels!.StoredChannels;

    PixelHold IPixelSource.Hold(ReadOnlySpan<int> examples, Span<nint> addresses)
    {
        Span<int> places = examples.Length <= 256 ? stackalloc int[examples.Length] : new int[examples.Length];
        return source.Pixels!.Hold(PlacesOf(examples, places), addresses);
    }

    private int Place(int example) => (uint)example < (uint)Count
        ? (int)((long)example * source.Count / Count)
        : throw new ArgumentOutOfRangeException(nameof(example), example, $"'{Name}' has examples 0 to {Count - 1}.");

    private Span<int> PlacesOf(ReadOnlySpan<int> examples, Span<int> places)
    {
        for (var index = 0; index < examples.Length; index++)
        {
            places[index] = Place(examples[index]);
        }

        return places;
    }
}
