using System.Runtime.Intrinsics;

namespace SparseCore.Data;

/// <summary>A data set whose examples are bytes, stored or decoded when they are needed.</summary>
public abstract unsafe class PixelDataset : Dataset, IPixelSource
{
    /// <inheritdoc/>
    public abstract int StoredChannels { get; }

    /// <inheritdoc/>
    public sealed override IPixelSource Pixels => this;

    /// <inheritdoc/>
    public abstract override InputNormalization Normalization { get; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">There are not as many addresses as examples.</exception>
    public PixelHold Hold(ReadOnlySpan<int> examples, Span<nint> addresses)
    {
        if (addresses.Length != examples.Length)
        {
            throw new ArgumentException($"{examples.Length} examples need as many addresses, found {addresses.Length}.");
        }

        var end = HasViews ? int.MaxValue : Count;
        foreach (var example in examples)
        {
            if ((uint)example >= (uint)end)
            {
                RequireExample(example);
            }
        }

        return Find(examples, addresses);
    }

    /// <inheritdoc/>
    public sealed override void Read(int example, Span<float> destination)
    {
        RequireRead(example, destination);
        nint address = 0;
        using var hold = Hold([example], new Span<nint>(ref address));
        var plane = Shape.Height * Shape.Width;
        for (var channel = 0; channel < Shape.Channels; channel++)
        {
            var bytes = new ReadOnlySpan<byte>((byte*)address + ((nint)(channel % StoredChannels) * plane), plane);
            ToValues(bytes, (float)Normalization.Mean[channel], 1f / (float)Normalization.Std[channel], destination.Slice(channel * plane, plane));
        }
    }

    /// <summary>As <see cref="Hold"/>, the arguments being checked.</summary>
    protected abstract PixelHold Find(ReadOnlySpan<int> examples, Span<nint> addresses);

    private static void ToValues(ReadOnlySpan<byte> bytes, float mean, float inverse, Span<float> values)
    {
        const int width = 16;
        var first = 0;
        for (; first + width <= bytes.Length; first += width)
        {
            var numbers = Vector512.WidenLower(Vector512.WidenLower(Vector128.Create(bytes[first..]).ToVector256Unsafe().ToVector512Unsafe()));
            var shares = Vector512.ConvertToSingle(numbers.AsInt32()) / Vector512.Create(255f);
            ((shares - Vector512.Create(mean)) * Vector512.Create(inverse)).CopyTo(values[first..]);
        }

        for (; first < bytes.Length; first++)
        {
            values[first] = ((bytes[first] / 255f) - mean) * inverse;
        }
    }
}
