using System.Numerics;
using SparseCore.Networks;

namespace SparseCore.Data;

/// <summary>The examples of another data set, their pixels normalized in another way: for networks that were trained so elsewhere.</summary>
public sealed class NormalizedDataset : Dataset
{
    private readonly Dataset source;

    private NormalizedDataset(Dataset source, InputNormalization normalization)
    {
        this.source = source;
        Normalization = normalization;
    }

    /// <inheritdoc/>
    public override string Name => source.Name;

    /// <inheritdoc/>
    public override Shape Shape => source.Shape;

    /// <inheritdoc/>
    public override int Count => source.Count;

    /// <inheritdoc/>
    public override int Classes => source.Classes;

    /// <inheritdoc/>
    public override bool HasViews => source.HasViews;

    /// <inheritdoc/>
    public override InputNormalization Normalization { get; }

    /// <summary>The data normalized so; the data itself where it is already, or where null asks for no other way.</summary>
    /// <exception cref="DataException">The normalization has another number of channels.</exception>
    public static Dataset Of(Dataset source, InputNormalization? normalization)
    {
        if (normalization is null || normalization.Equals(source.Normalization))
        {
            return source;
        }

        return normalization.Mean.Count == source.Shape.Channels
            ? new NormalizedDataset(source, normalization)
            : throw new DataException(
                $"The network takes images of {normalization.Mean.Count} channel(s) ({normalization}), and the data '{source.Name}' has {source.Shape.Channels}. Name the data it was trained for.");
    }

    /// <inheritdoc/>
    public override int Label(int example) => source.Label(example);

    /// <inheritdoc/>
    public override void Prefetch(ReadOnlySpan<int> examples) => source.Prefetch(examples);

    /// <inheritdoc/>
    public override void Read(int example, Span<float> destination)
    {
        source.Read(example, destination);
        var area = Shape.Height * Shape.Width;
        for (var channel = 0; channel < Shape.Channels; channel++)
        {
            Convert(
                destination.Slice(channel * area, area),
                (float)source.Normalization.Std[channel],
                (float)source.Normalization.Mean[channel],
                (float)Normalization.Mean[channel],
                (float)Normalization.Std[channel]);
        }
    }

    /// <summary>In single precision and in this order, as PyTorch computes it from b / 255.</summary>
    private static void Convert(Span<float> values, float oldStd, float oldMean, float mean, float std)
    {
        var first = 0;
        for (; first + Vector<float>.Count <= values.Length; first += Vector<float>.Count)
        {
            var part = values[first..];
            var pixels = (new Vector<float>(part) * new Vector<float>(oldStd)) + new Vector<float>(oldMean);
            ((pixels - new Vector<float>(mean)) / new Vector<float>(std)).CopyTo(part);
        }

        foreach (ref var value in values[first..])
        {
            value = ((value * oldStd) + oldMean - mean) / std;
        }
    }
}
