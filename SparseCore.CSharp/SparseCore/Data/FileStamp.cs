namespace SparseCore.Data;

/// <summary>
/// By what a changed file is noticed without reading it. A linked file is the file that the link leads to; the time is the later one of the file's and of
/// the link's own, so that a link that is pointed at another file is noticed even where both files have the same length and time.
/// </summary>
/// <param name="Length">Bytes.</param>
/// <param name="Modified">When it was last written, in ticks of 100 ns (UTC).</param>
internal readonly record struct FileStamp(long Length, long Modified)
{
    /// <summary>Reads the stamp of a file; only a link is opened for it.</summary>
    /// <exception cref="IOException">There is no such file, or a link leads to none.</exception>
    public static FileStamp Of(string path)
    {
        var entry = new FileInfo(path); // What it says of a link is said of the link itself.
        if (!entry.Attributes.HasFlag(FileAttributes.ReparsePoint))
        {
            return new FileStamp(entry.Length, entry.LastWriteTimeUtc.Ticks);
        }

        using var target = RegularFile.OpenHandle(path);
        return new FileStamp(RandomAccess.GetLength(target), Math.Max(entry.LastWriteTimeUtc.Ticks, File.GetLastWriteTimeUtc(target).Ticks));
    }
}
