namespace SparseCore.Data;

/// <summary>Keeps the bytes that an <see cref="IPixelSource"/> found where they are; to be disposed of once, when they were read.</summary>
/// <param name="owner">
/// Owner of memory that does not move by itself. It is kept alive meanwhile; where it is disposable, it is disposed of when the bytes were read, and may then use the
/// memory for something else.
/// </param>
public readonly struct PixelHold(object owner) : IDisposable
{
    /// <summary>Lets go of the bytes.</summary>
    public void Dispose()
    {
        (owner as IDisposable)?.Dispose();
        GC.KeepAlive(owner);
    }
}
