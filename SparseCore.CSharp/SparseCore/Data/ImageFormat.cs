namespace SparseCore.Data;

/// <summary>What a file is, told by its first bytes; names and endings tell nothing.</summary>
internal static class ImageFormat
{
    private const string Expected = "; expected JPEG or PNG";

    /// <summary>
    /// What people have in folders of images besides JPEG and PNG: what it is, where its mark begins, the mark. Formats that turn up everywhere are known to
    /// <see cref="FileFormat"/>.
    /// </summary>
    private static readonly (string Name, int Place, byte[] Mark)[] Others =
    [
        ("a WebP image", 8, "WEBP"u8.ToArray()),
        ("a BMP image", 0, "BM"u8.ToArray()),
        ("a TIFF image", 0, "II*\0"u8.ToArray()),
        ("a TIFF image", 0, "MM\0*"u8.ToArray()),
        ("an AVIF image", 4, "ftypavi"u8.ToArray()),
        ("a HEIC image", 4, "ftyphe"u8.ToArray()),
        ("a HEIC image", 4, "ftypmif1"u8.ToArray()),
        ("a HEIC image", 4, "ftypmsf1"u8.ToArray()),
        ("a video", 4, "ftyp"u8.ToArray()),
        ("a JPEG 2000 image", 4, "jP  "u8.ToArray()),
        ("a JPEG 2000 image", 0, [0xFF, 0x4F, 0xFF, 0x51]),
        ("a JPEG XL image", 4, "JXL "u8.ToArray()),
        ("a JPEG XL image", 0, [0xFF, 0x0A]),
        ("a Photoshop image", 0, "8BPS"u8.ToArray()),
        ("a gzip archive", 0, [0x1F, 0x8B]),
        ("a macOS resource file", 0, [0, 5, 0x16, 7]),
        ("a Git LFS pointer in place of the image (get it with 'git lfs pull')", 0, "version https://git-lfs"u8.ToArray()),
        ("a git-annex pointer in place of the image (get it with 'git annex get')", 0, "/annex/objects/"u8.ToArray()),
    ];

    /// <summary>Whether it begins as a JPEG file does: with the marker of its start and another one.</summary>
    public static bool IsJpeg(ReadOnlySpan<byte> file) => file is [0xFF, 0xD8, 0xFF, ..];

    /// <summary>Whether it begins as a PNG file does.</summary>
    public static bool IsPng(ReadOnlySpan<byte> file) => file.StartsWith(PngDecoder.Signature);

    /// <summary>Why a file that is neither is not decoded: what it is.</summary>
    public static InvalidDataException Refusal(ReadOnlySpan<byte> file)
    {
        if (file.IsEmpty)
        {
            return new InvalidDataException("it is empty");
        }

        foreach (var (name, place, mark) in Others)
        {
            if (file.Length > place && file[place..].StartsWith(mark))
            {
                return new InvalidDataException($"it is {name}{Expected}");
            }
        }

        return new InvalidDataException((Markup(file) ?? FileFormat.RecognizeBytes(file[..Math.Min(FileFormat.HeadLength, file.Length)])?.Name) is { } other
            ? $"it is {other}{Expected}"
            : $"it is no JPEG or PNG image; it begins with {Convert.ToHexString(file[..Math.Min(4, file.Length)])}");
    }

    /// <summary>Pages and drawings, which are text: white space and capitals vary.</summary>
    private static string? Markup(ReadOnlySpan<byte> file)
    {
        var text = System.Text.Encoding.Latin1.GetString(file[..Math.Min(256, file.Length)]).TrimStart('\u00EF', '\u00BB', '\u00BF', ' ', '\t', '\r', '\n');
        return Begins("<!doctype html") || Begins("<html") || Begins("<head") ? "an HTML page, as servers send in place of a missing image"
            : Begins("<svg") || (Begins("<?xml") && text.Contains("<svg", StringComparison.OrdinalIgnoreCase)) ? "an SVG drawing"
            : Begins("<?xml") ? "an XML document"
            : null;

        bool Begins(string start) => text.StartsWith(start, StringComparison.OrdinalIgnoreCase);
    }
}
