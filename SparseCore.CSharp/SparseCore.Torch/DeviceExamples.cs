using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SparseCore.Data;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace SparseCore.Torch;

/// <summary>
/// The examples of data sets on a device. A data set that fits is copied there once, as the bytes it is stored in, and becomes numbers there; others, and images
/// with random views, are copied a batch at a time, while the device still computes the steps before. Shared by all engines of a device.
/// </summary>
/// <param name="device">The device.</param>
/// <param name="largest">Bytes of a data set up to which it is kept on the device.</param>
internal sealed class DeviceExamples(torch.Device device, long largest)
{
    private readonly ConditionalWeakTable<Dataset, Lazy<Resident>> residents = [];

    /// <summary>Fetches examples.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="examples">Indices; repeats are allowed, views too.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such example.</exception>
    public BatchTensors Fetch(Dataset data, ReadOnlySpan<int> examples)
    {
        if (!Fits(data))
        {
            return new BatchTensors(ToValues(data, HostTensors.OnDevice(Stored(data, examples), device)), LabelsOf(data, examples));
        }

        foreach (var example in examples)
        {
            if ((uint)example >= (uint)data.Count)
            {
                throw new ArgumentOutOfRangeException(nameof(examples), example, $"Data set '{data.Name}' has the examples 0 to {data.Count - 1}.");
            }
        }

        var resident = ResidentOf(data);
        var places = HostTensors.From(examples, device);
        return new BatchTensors(ToValues(data, resident.Stored.index_select(0, places)), resident.Labels.index_select(0, places));
    }

    /// <summary>Fetches examples first .. first + count - 1, which exist.</summary>
    public BatchTensors Fetch(Dataset data, int first, int count)
    {
        if (Fits(data))
        {
            var resident = ResidentOf(data);
            return new BatchTensors(ToValues(data, resident.Stored.narrow(0, first, count)), resident.Labels.narrow(0, first, count));
        }

        Span<int> examples = count <= 1024 ? stackalloc int[count] : new int[count];
        for (var index = 0; index < count; index++)
        {
            examples[index] = first + index;
        }

        return Fetch(data, examples);
    }

    private bool Fits(Dataset data) => !data.HasViews && (long)data.Count * data.Shape.Count * (data.Pixels is null ? sizeof(float) : 1) <= largest;

    private Resident ResidentOf(Dataset data) => residents.GetValue(data, key => new Lazy<Resident>(() =>
    {
        var all = Enumerable.Range(0, key.Count).ToArray();
        return new Resident(
            HostTensors.OnDevice(Stored(key, all), device).DetachFromDisposeScope(),
            LabelsOf(key, all).DetachFromDisposeScope());
    })).Value;

    private Tensor LabelsOf(Dataset data, ReadOnlySpan<int> examples)
    {
        var labels = new int[examples.Length];
        for (var index = 0; index < labels.Length; index++)
        {
            labels[index] = data.Label(examples[index]);
        }

        return HostTensors.From(labels, device);
    }

    /// <summary>The examples as they are stored: bytes [examples, stored channels, height, width], or numbers [examples, channels, height, width].</summary>
    private static Tensor Stored(Dataset data, ReadOnlySpan<int> examples)
    {
        var shape = data.Shape;
        var pixels = data.Pixels;
        var channels = pixels?.StoredChannels ?? shape.Channels;
        var host = torch.empty([examples.Length, channels, shape.Height, shape.Width], pixels is null ? torch.ScalarType.Float32 : torch.ScalarType.Byte);
        const int block = 256;
        for (var first = 0; first < examples.Length; first += block)
        {
            var part = examples.Slice(first, Math.Min(block, examples.Length - first));
            using var place = host.narrow(0, first, part.Length);
            if (pixels is null)
            {
                Read(data, part, MemoryMarshal.Cast<byte, float>(place.bytes));
            }
            else
            {
                Copy(pixels, part, place.bytes);
            }
        }

        return host;
    }

    private static void Read(Dataset data, ReadOnlySpan<int> examples, Span<float> values)
    {
        for (var index = 0; index < examples.Length; index++)
        {
            data.Read(examples[index], values.Slice(index * data.Shape.Count, data.Shape.Count));
        }
    }

    private static unsafe void Copy(IPixelSource pixels, ReadOnlySpan<int> examples, Span<byte> bytes)
    {
        Span<nint> addresses = stackalloc nint[examples.Length];
        var size = bytes.Length / examples.Length;
        using var hold = pixels.Hold(examples, addresses);
        for (var index = 0; index < examples.Length; index++)
        {
            new ReadOnlySpan<byte>((void*)addresses[index], size).CopyTo(bytes[(index * size)..]);
        }
    }

    /// <summary>What <see cref="Dataset.Read"/> gives, with every operation rounded once.</summary>
    private Tensor ToValues(Dataset data, Tensor stored)
    {
        if (data.Pixels is null)
        {
            return stored;
        }

        var values = stored.to_type(torch.ScalarType.Float32).div_(255f);
        var channels = data.Shape.Channels;
        if (values.shape[1] != channels)
        {
            values = values.repeat(1, channels, 1, 1);
        }

        var normalization = data.Normalization;
        if (normalization.Equals(InputNormalization.None(channels)))
        {
            return values;
        }

        var means = normalization.Mean.Select(mean => (float)mean).ToArray();
        var inverses = normalization.Std.Select(deviation => 1f / (float)deviation).ToArray();
        return values.sub_(HostTensors.From(means, device).view(1, channels, 1, 1)).mul_(HostTensors.From(inverses, device).view(1, channels, 1, 1));
    }

    /// <summary>A whole data set on the device; the garbage collector frees it with its data set.</summary>
    private sealed record Resident(Tensor Stored, Tensor Labels);
}
