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

    public override string Name => source.Name;

    public override Shape Shape => source.Shape;

    public override int Count => source.Count;

    public override int Classes => source.Classes;

    public override bool HasViews => source.HasViews;

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

    public override int Label(int example) => source.Label(example);

    public override void Prefetch(ReadOnlySpan<int> examples) => source.Prefetch(examples);

    public override void Gather(ReadOnlySpan<int> examples, int stride, Span<float> destination)
    {
        source.Gather(examples, stride, destination);
        var area = Shape.Height * Shape.Width;
        for (var channel = 0; channel < Shape.Channels; channel++)
        {
            // In single precision and in this order, as PyTorch computes it from b / 255.
            var (oldMean, oldStd) = ((float)source.Normalization.Mean[channel], (float)source.Normalization.Std[channel]);
            var (mean, std) = ((float)Normalization.Mean[channel], (float)Normalization.Std[channel]);
            for (var pixel = channel * area; pixel < (channel + 1) * area; pixel++)
            {
                foreach (ref var value in destination.Slice(pixel * stride, examples.Length))
                {
                    value = ((value * oldStd) + oldMean - mean) / std;
                }
            }
        }
    }
}
