using System.Runtime.InteropServices;

namespace SparseCore.Engine;

/// <summary>Native memory of floats, aligned to 64 bytes (one cache line, one 512-bit vector), freed with its owner.</summary>
internal sealed unsafe class AlignedBuffer : IDisposable
{
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
        pointer = (float*)NativeMemory.AlignedAlloc(bytes, 64);
        NativeMemory.Clear(pointer, bytes);
        Capacity = floats;
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(pointer);
        pointer = null;
        Capacity = 0;
    }
}
