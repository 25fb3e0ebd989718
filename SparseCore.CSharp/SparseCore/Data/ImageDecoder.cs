namespace SparseCore.Data;

/// <summary>
/// Decodes image files of all known formats to pixels of 4 bytes (red, green, blue, unused); the first bytes tell the format. The rule for damaged files
/// is Pillow's: what it refuses is refused, and what it uses gives its pixels, with a warning. But a file that is truncated is always refused, and so is
/// a PNG file with a wrong check sum. Nothing is made room for before a header of at most 2^26 pixels has been seen: memory is at most 4 bytes a pixel of the decoded
/// size for JPEG, and 32 for PNG, whose data must have been inflated once, piece by piece, before. Used by one thread at a time.
/// </summary>
internal sealed class ImageDecoder : IDisposable
{
    /// <summary>Bytes of a decoded pixel.</summary>
    public const int PixelBytes = 4;

    private readonly JpegDecoder jpeg = new();
    private byte[]? whole;

    /// <summary>The pixels of the last decoded image. Shape [height, width, 4].</summary>
    public ReadOnlySpan<byte> Pixels => whole ?? jpeg.Pixels;

    /// <summary>By how much the last decoded image was reduced: every side was divided by it and rounded up.</summary>
    public int Reduction { get; private set; } = 1;

    /// <summary>Length of a side after a reduction.</summary>
    public static int Reduced(int length, int reduction) => (length + reduction - 1) / reduction;

    /// <summary>Reads the header.</summary>
    /// <exception cref="InvalidDataException">The file is of another format, or its header is damaged; the message is the reason alone.</exception>
    public static ImageHeader ReadHeader(ReadOnlySpan<byte> file) => ImageFormat.IsJpeg(file) ? JpegMarkers.ReadHeader(file)
        : ImageFormat.IsPng(file) ? PngDecoder.ReadHeader(file)
        : throw ImageFormat.Refusal(file);

    /// <summary>Decodes into <see cref="Pixels"/>.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="header">Its header.</param>
    /// <param name="reduction">1, 2, 4 or 8: what a JPEG file is reduced by. A PNG file is always decoded whole.</param>
    /// <returns>What the decoder warns about; empty for a file without a fault.</returns>
    /// <exception cref="InvalidDataException">The file is truncated or damaged; the message is the reason alone.</exception>
    public string Decode(ReadOnlySpan<byte> file, ImageHeader header, int reduction)
    {
        whole = null; // An image of before is not kept while the next one is decoded.
        if (ImageFormat.IsPng(file))
        {
            Reduction = 1;
            whole = PngDecoder.Decode(file);
            return "";
        }

        Reduction = reduction;
        return jpeg.Decode(file, header, reduction);
    }

    public void Dispose() => jpeg.Dispose();
}
