using System.Runtime.InteropServices;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace SparseCore.Torch;

/// <summary>Numbers between managed memory and contiguous tensors.</summary>
internal static class HostTensors
{
    /// <summary>Values that are moved at a time: a span of bytes ends at 2 GB.</summary>
    private const int Piece = 1 << 28;

    /// <summary>A new tensor with these numbers on a device. Shape [length].</summary>
    public static Tensor From(ReadOnlySpan<float> values, torch.Device device)
    {
        var host = torch.empty(values.Length);
        Write(values, host);
        return OnDevice(host, device);
    }

    /// <summary>A new tensor of indices on a device. Shape [length].</summary>
    public static Tensor From(ReadOnlySpan<int> indices, torch.Device device)
    {
        var host = torch.empty(indices.Length, dtype: torch.ScalarType.Int64);
        var places = MemoryMarshal.Cast<byte, long>(host.bytes);
        for (var index = 0; index < indices.Length; index++)
        {
            places[index] = indices[index];
        }

        return OnDevice(host, device);
    }

    /// <summary>
    /// The same numbers on the device: the tensor itself where it is there, else a copy, and the tensor is disposed of. A GPU copies from memory that stays where it is,
    /// after what it has yet to do, while this thread goes on; libtorch keeps that memory until then.
    /// </summary>
    public static Tensor OnDevice(Tensor host, torch.Device device)
    {
        if (device.type == DeviceType.CPU)
        {
            return host;
        }

        using (host)
        {
            using var pinned = host.pin_memory();
            return pinned.to(device, non_blocking: true);
        }
    }

    /// <summary>Overwrites a tensor of single precision, on any device, that has as many values.</summary>
    public static void Copy(ReadOnlySpan<float> values, Tensor target)
    {
        if (target.device_type == DeviceType.CPU)
        {
            Write(values, target);
            return;
        }

        using var host = torch.empty(values.Length);
        Write(values, host);
        target.copy_(host);
    }

    /// <summary>Reads all values of a tensor of single precision; waits for the device.</summary>
    public static void Read(Tensor source, Span<float> values)
    {
        using var host = source.cpu();
        for (var first = 0; first < values.Length; first += Piece)
        {
            var part = values.Slice(first, Math.Min(Piece, values.Length - first));
            using var view = host.narrow(0, first, part.Length);
            MemoryMarshal.Cast<byte, float>(view.bytes).CopyTo(part);
        }
    }

    /// <summary>All values of a tensor of double precision; waits for the device.</summary>
    public static double[] ReadDoubles(Tensor source)
    {
        using var host = source.cpu();
        return MemoryMarshal.Cast<byte, double>(host.bytes).ToArray();
    }

    private static void Write(ReadOnlySpan<float> values, Tensor target)
    {
        for (var first = 0; first < values.Length; first += Piece)
        {
            var part = values.Slice(first, Math.Min(Piece, values.Length - first));
            using var view = target.narrow(0, first, part.Length);
            part.CopyTo(MemoryMarshal.Cast<byte, float>(view.bytes));
        }
    }
}
