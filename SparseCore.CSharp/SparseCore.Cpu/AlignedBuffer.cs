using System.Runtime.InteropServices;

namespace SparseCore.Cpu;

/// <summary>
/// Native memory of floats, aligned to 64 bytes (one cache line, one 512-bit vector), freed with its owner. Linux is asked to back large buffers with
/// pages of 2 MiB: the sparse kernels jump from channel to channel, more pages of 4 KiB than a core keeps the addresses of.
/// </summary>
internal sealed unsafe class AlignedBuffer : IDisposable
{
    private const nuint HugePage = 2 << 20;
    private const int AdviseHugePages = 14; // MADV_HUGEPAGE of madvise(2)
    private float* pointer;

    ~AlignedBuffer() => Free();

    /// <summary>First float; null while the capacity is 0.</summary>
    public float* Pointer => pointer;

    /// <summary>Capacity in floats.</summary>
    public long Capacity { get; private set; }

    /// <summary>Capacity in bytes.</summary>
    public long Bytes => Capacity * sizeof(float);

    /// <summary>Makes room for at least <paramref name="floats"/> values; after growth the contents are zeros, otherwise they stay.</summary>
    public void EnsureCapacity(long floats)
    {
        if (floats <= Capacity)
        {
            return;
        }

        Free();
        var bytes = (nuint)(floats * sizeof(float));
        if (OperatingSystem.IsLinux() && bytes > HugePage / 2)
        {
            bytes = (bytes + HugePage - 1) / HugePage * HugePage;
            pointer = (float*)NativeMemory.AlignedAlloc(bytes, HugePage);
            _ = Advise(pointer, bytes, AdviseHugePages); // where it is refused, small pages remain
        }
        else
        {
            pointer = (float*)NativeMemory.AlignedAlloc(bytes, 64);
        }

        NativeMemory.Clear(pointer, bytes);
        Capacity = (long)bytes / sizeof(float);
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    [DllImport("libc", EntryPoint = "madvise")]
    private static extern int Advise(void* start, nuint bytes, int advice);

    private void Free()
    {
        NativeMemory.AlignedFree(pointer);
        pointer = null;
        Capacity = 0;
    }
}
