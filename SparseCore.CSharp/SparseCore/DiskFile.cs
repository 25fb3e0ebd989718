namespace SparseCore;

/// <summary>A file that is being written, see <see cref="Disk"/>.</summary>
internal sealed class DiskFile(string path, FileStream stream) : IDisposable
{
    /// <summary>Where the next bytes go, and after <see cref="SetLength"/> the end.</summary>
    public long Position => stream.Position;

    /// <summary>Bytes in the file, those that others wrote included.</summary>
    public long Length => stream.Length;

    /// <summary>Adds bytes.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        Disk.Observer?.Write(path, stream.Position, bytes);
        stream.Write(bytes);
    }

    /// <summary>Cuts the file off and goes on from there.</summary>
    public void SetLength(long length)
    {
        Disk.Observer?.SetLength(path, length);
        stream.SetLength(length);
        stream.Position = length;
    }

    /// <summary>Gives the contents to the system, where readers see them; they are on the disk whenever it likes.</summary>
    public void Publish() => stream.Flush();

    /// <summary>Waits until the contents are on the disk.</summary>
    public void Flush()
    {
        Disk.Observer?.Flush(path);
        stream.Flush(flushToDisk: true);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => stream.Dispose();
}
