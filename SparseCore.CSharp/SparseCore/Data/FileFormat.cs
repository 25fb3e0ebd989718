using System.Text;
using System.Text.Unicode;

namespace SparseCore.Data;

/// <summary>A format that people's files turn out to have where another one is wanted.</summary>
/// <param name="Name">With its article, for a sentence.</param>
/// <param name="Remedy">What to do where an IDX file is wanted, a sentence.</param>
internal sealed record FileFormat(string Name, string Remedy)
{
    /// <summary>Bytes from the start of a file that are enough to recognize it.</summary>
    public const int HeadLength = 512;

    private const string Download = "Perhaps a download that failed; fetch the file again.";
    private const string Unpack = "Unpack it and name the folder of the IDX files inside.";
    private const string Decompress = "Decompress it; only gzip is read.";
    private const string Convert = "Save its arrays as IDX files.";
    private const string WrongFile = "Name a file in the format of MNIST.";

    /// <summary>Formats by their first bytes.</summary>
    private static readonly (byte[] Start, FileFormat Format)[] Signatures =
    [
        ("PK\u0003\u0004"u8.ToArray(), new("a zip archive", Unpack)),
        ("PK\u0005\u0006"u8.ToArray(), new("an empty zip archive", Download)),
        ([0x93, .. "NUMPY"u8], new("a NumPy .npy array", Convert)),
        ("MATLAB "u8.ToArray(), new("a MATLAB .mat file", Convert)),
        ([0x89, .. "HDF\r\n"u8], new("an HDF5 file", Convert)),
        ("PAR1"u8.ToArray(), new("a Parquet table", Convert)),
        ("version https://git-lfs"u8.ToArray(), new("a Git LFS pointer", "Fetch what it points to with 'git lfs pull'.")),
        ([0x89, .. "PNG\r\n"u8], new("a PNG image", WrongFile)),
        ([0xFF, 0xD8, 0xFF], new("a JPEG image", "Folders of JPEG files are dataset=imagenet.")),
        ("GIF8"u8.ToArray(), new("a GIF image", WrongFile)),
        ("%PDF"u8.ToArray(), new("a PDF document", WrongFile)),
        ("BZh"u8.ToArray(), new("a bzip2 file", Decompress)),
        ([0xFD, .. "7zXZ"u8, 0], new("an xz file", Decompress)),
        ([0x28, 0xB5, 0x2F, 0xFD], new("a Zstandard file", Decompress)),
        ([0x04, 0x22, 0x4D, 0x18], new("an LZ4 file", Decompress)),
        ([0x1F, 0x9D], new("a file of Unix compress", Decompress)),
        ([0x1F, 0x8B], new("a gzip file", "It was compressed twice; decompress it once.")),
        ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], new("a 7-Zip archive", Unpack)),
        ("Rar!"u8.ToArray(), new("a RAR archive", Unpack)),
    ];

    /// <summary>Whether data is usually kept in it.</summary>
    public bool HoldsData => Remedy is Unpack or Convert;

    /// <summary>The format of a file, or nothing when it is none of those known here.</summary>
    /// <param name="head">Its first <see cref="HeadLength"/> bytes, or all when it is shorter.</param>
    public static FileFormat? Recognize(ReadOnlySpan<byte> head) => head.IsEmpty ? new("an empty file", Download) : RecognizeBytes(head) ?? RecognizeText(head);

    /// <summary>The same without text files and empty ones.</summary>
    public static FileFormat? RecognizeBytes(ReadOnlySpan<byte> head)
    {
        foreach (var (start, format) in Signatures)
        {
            if (head.StartsWith(start))
            {
                // An .npz archive is a zip of .npy files, whose first name stands behind the 30 bytes of the first header.
                return format.Name == "a zip archive" && head.Length > 30 && head[30..Math.Min(head.Length, 130)].IndexOf(".npy"u8) >= 0
                    ? new("a NumPy .npz archive", Convert)
                    : format;
            }
        }

        if (head.Length > 262 && head[257..].StartsWith("ustar"u8))
        {
            return new("a tar archive", Unpack);
        }

        if (head is [0x80, >= 2 and <= 5, ..])
        {
            return new("a Python pickle", Convert);
        }

        if (head.Length >= 4 && head[0] != 0 && Enum.IsDefined((IdxType)head[1]) && head[2] == 0 && head[3] == 0)
        {
            return new("an IDX file with its bytes in reverse (little-endian)", "Write every number with its highest byte first, as the format says.");
        }

        if (head.Length >= 16 && !head.ContainsAnyExcept((byte)0))
        {
            return new("a file that begins with zeros only", Download);
        }

        return null;
    }

    private static FileFormat? RecognizeText(ReadOnlySpan<byte> head)
    {
        var isWide = head is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..];
        if (isWide)
        {
            return new("a text file in UTF-16", WrongFile);
        }

        // The head may end within a character.
        var text = head;
        for (var cut = 0; cut < 3 && head.Length == HeadLength && !Utf8.IsValid(text); cut++)
        {
            text = text[..^1];
        }

        if (!Utf8.IsValid(text))
        {
            return null;
        }

        var letters = Encoding.UTF8.GetString(text).TrimStart('\uFEFF', ' ', '\t', '\r', '\n');
        if (letters.Any(letter => char.IsControl(letter) && letter is not ('\t' or '\r' or '\n' or '\f' or '\u001B')))
        {
            return null;
        }

        if (letters.StartsWith('<') && (Mentions("<html") || Mentions("<!doctype html") || Mentions("<head")))
        {
            return new("an HTML page", Download);
        }

        if (letters.StartsWith("<?xml", StringComparison.Ordinal))
        {
            return new("an XML document", Download);
        }

        var line = letters.AsSpan().Trim();
        line = line[..Math.Min(line.Length, 40)];
        var end = line.IndexOfAny("\r\n\t\f\u001B");
        return new($"a text file that begins with \"{line[..(end < 0 ? line.Length : end)]}\"", WrongFile);

        bool Mentions(string tag) => letters.Contains(tag, StringComparison.OrdinalIgnoreCase);
    }
}
