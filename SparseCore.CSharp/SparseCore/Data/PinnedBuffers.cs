namespace SparseCore.Data;

/// <summary>Memory for images that are made when they are asked for, used again and again; it does not move. Safe to use from several threads.</summary>
internal sealed class PinnedBuffers
{
    private readonly Stack<Buffer> free = new();

    /// <summary>A buffer of at least so many bytes, its contents undefined; disposing of it gives it back.</summary>
    public Buffer Rent(int bytes)
    {
        lock (free)
        {
            if (free.TryPop(out var buffer) && buffer.Bytes.Length >= bytes)
            {
                return buffer;
            }
        }

        return new Buffer(this, GC.AllocateUninitializedArray<byte>(bytes, pinned: true));
    }

    /// <summary>Memory that is in use until it is disposed of.</summary>
    public sealed class Buffer(PinnedBuffers owner, byte[] bytes) : IDisposable
    {
        /// <summary>The pinned memory.</summary>
        public byte[] Bytes { get; } = bytes;

        public void Dispose()
        {
            lock (owner.free)
            {
                owner.free.Push(this);
            }
        }
    }
}
