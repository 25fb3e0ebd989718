namespace SparseCore.Data;

/// <summary>What is known of one file of a folder of images.</summary>
/// <param name="Stamp">Its length and time when it was read through.</param>
/// <param name="Hash">SHA-256 of its bytes, 64 lower-case hexadecimal digits; empty where it could not be read.</param>
/// <param name="Header">Its size and colors; zeros where it has none.</param>
/// <param name="Fault">Why it is no example; empty for an image that is used.</param>
/// <param name="Warning">What the decoder says about an image that is used although some of it is damaged; usually empty.</param>
internal sealed record ImageFile(FileStamp Stamp, string Hash, ImageHeader Header, string Fault, string Warning)
{
    /// <summary>Whether it is an example.</summary>
    public bool IsUsed => Fault.Length == 0;
}
