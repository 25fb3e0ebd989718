namespace SparseCore.Data;

/// <summary>What is known of one file of a folder of images.</summary>
/// <param name="Length">Its length in bytes when it was read through.</param>
/// <param name="Modified">When it was last written, in ticks of 100 ns (UTC).</param>
/// <param name="Hash">SHA-256 of its bytes, 64 lower-case hexadecimal digits; empty where it could not be read.</param>
/// <param name="Header">Its size and colours; zeros where it has none.</param>
/// <param name="Fault">Why it is no example; empty for a whole JPEG image.</param>
internal sealed record ImageFile(long Length, long Modified, string Hash, JpegHeader Header, string Fault)
{
    /// <summary>Whether it is a whole JPEG image.</summary>
    public bool IsWhole => Fault.Length == 0;
}
