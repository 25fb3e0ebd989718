using System.Runtime.InteropServices;

namespace SparseCore.Data;

/// <summary>Keeps the bytes that an <see cref="IPixelSource"/> found where they are; to be disposed of once, when they were read.</summary>
public readonly struct PixelHold : IDisposable
{
    private readonly GCHandle pinned;
    private readonly IDisposable? owner;

    private PixelHold(GCHandle pinned, IDisposable? owner)
    {
        this.pinned = pinned;
        this.owner = owner;
    }

    /// <summary>Keeps an array from moving.</summary>
    public static PixelHold Pin(byte[] pixels, out nint address)
    {
        var handle = GCHandle.Alloc(pixels, GCHandleType.Pinned);
        address = handle.AddrOfPinnedObject();
        return new PixelHold(handle, null);
    }

    /// <summary>Holds memory that does not move by itself.</summary>
    /// <param name="owner">Disposed of when the bytes were read; it may then use the memory for something else.</param>
    public static PixelHold Of(IDisposable owner) => new(default, owner);

    /// <summary>Lets go of the bytes.</summary>
    public void Dispose()
    {
        if (pinned.IsAllocated)
        {
            pinned.Free();
        }

        owner?.Dispose();
    }
}
