using System.Runtime.InteropServices;

namespace SparseCore.Data;

/// <summary>An array that stays where it is as long as this object lives.</summary>
internal sealed class PinnedBytes(byte[] bytes)
{
    private GCHandle handle = GCHandle.Alloc(bytes, GCHandleType.Pinned);

    ~PinnedBytes() => handle.Free();

    /// <summary>Address of the first byte.</summary>
    public nint Address { get; } = Marshal.UnsafeAddrOfPinnedArrayElement(bytes, 0);

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Span => bytes;
}
