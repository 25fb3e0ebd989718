using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SparseCore.Data;

/// <summary>
/// Reads every file of a folder through, once: its hash, its size and colors, whether it decodes, and what the decoder warns about (a JPEG file at an eighth of its size,
/// which decodes all data but saves most of the arithmetic). What was found is appended to a text file while it goes on, so that an interrupted reading continues; files whose
/// <see cref="FileStamp"/> is unchanged are not read again. Memory is at most 8 times the text file's length. Deleting the text file makes everything be read again.
/// </summary>
internal sealed class ImageIndex
{
    private const string Version = "sparse training: index of images, version 2";
    private const int CheckReduction = 8;

    /// <summary>Most characters of a line; a path has at most 4,096 bytes. A text file with a longer one is none of ours, and nothing in it is known.</summary>
    private const int LineLimit = 1 << 16;

    private readonly string folder;
    private readonly Dictionary<string, ImageFile> known = [];

    /// <summary>Opens what is known of a folder.</summary>
    /// <param name="folder">The folder of images, a full path.</param>
    /// <param name="indexFolder">Where indices are kept.</param>
    public ImageIndex(string folder, string indexFolder)
    {
        this.folder = folder;
        Path = System.IO.Path.Combine(indexFolder, $"images-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(folder)))[..16]}.tsv");
        Read();
    }

    /// <summary>The text file.</summary>
    public string Path { get; }

    /// <summary>Checks files, in parallel.</summary>
    /// <param name="names">Paths relative to the folder, with slashes.</param>
    /// <param name="threads">How many are read at a time.</param>
    /// <param name="progress">Receives sentences.</param>
    /// <param name="cancellation">Stops between two files; what was found is kept.</param>
    /// <returns>In the order of the names.</returns>
    public ImageFile[] Check(IReadOnlyList<string> names, int threads, IProgress<string>? progress, CancellationToken cancellation)
    {
        var files = new ImageFile?[names.Count];
        var missing = new List<int>();
        for (var index = 0; index < names.Count; index++)
        {
            if (known.TryGetValue(names[index], out var file) && IsUnchanged(names[index], file))
            {
                files[index] = file;
            }
            else
            {
                missing.Add(index);
            }
        }

        if (missing.Count > 0)
        {
            ReadThrough(names, missing, files, threads, progress, cancellation);
        }

        return files!;
    }

    private bool IsUnchanged(string name, ImageFile file)
    {
        try
        {
            return FileStamp.Of(System.IO.Path.Combine(folder, name)) == file.Stamp;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false; // Reading it through says why.
        }
    }

    private void ReadThrough(
        IReadOnlyList<string> names, List<int> missing, ImageFile?[] files, int threads, IProgress<string>? progress, CancellationToken cancellation)
    {
        using var log = new IndexLog(Path, known.Count == 0 ? Version : "", progress); // An empty line ends one that was cut by a crash.
        var done = 0;
        var step = Math.Max(1000, missing.Count / 100);
        using var readers = new ThreadLocal<ImageReader>(() => new ImageReader(), trackAllValues: true);
        try
        {
            Parallel.ForEach(
                missing,
                new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, threads), CancellationToken = cancellation },
                index =>
                {
                    var file = ReadThrough(names[index], readers.Value!);
                    files[index] = file;
                    lock (missing)
                    {
                        log.Append(Line(ForeignText.OneLine(names[index]), file)); // Without a hash it is read by people only.
                        if (++done % step == 0 || done == missing.Count)
                        {
                            progress?.Report($"{done} of {missing.Count} images read through in '{folder}'");
                        }
                    }
                });
        }
        finally
        {
            foreach (var reader in readers.Values)
            {
                reader.Dispose();
            }
        }
    }

    private ImageFile ReadThrough(string name, ImageReader reader)
    {
        var path = System.IO.Path.Combine(folder, name);
        var file = new ImageFile(default, "", default, "", "");
        if (name.Any(char.IsControl))
        {
            return file with { Fault = "its name has control characters" };
        }

        try
        {
            file = file with { Stamp = FileStamp.Of(path) };
            var bytes = reader.ReadFile(path);
            file = file with { Hash = Convert.ToHexStringLower(SHA256.HashData(bytes)) };
            file = file with { Header = ImageDecoder.ReadHeader(bytes) };
            return file with { Warning = ForeignText.OneLine(reader.Decoder.Decode(bytes, file.Header, CheckReduction)) };
        }
        catch (InvalidDataException damage)
        {
            return file with { Fault = ForeignText.OneLine(damage.Message) };
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            var reason = BrokenLink.Describe(path) is { } link ? $"it is {link}" : $"it cannot be read: {failure.Message}";
            return file with { Hash = "", Fault = ForeignText.OneLine(reason) };
        }
    }

    private void Read()
    {
        try
        {
            using var lines = RegularFile.ReadLines(Path, LineLimit).GetEnumerator();
            if (!lines.MoveNext() || lines.Current != Version)
            {
                return;
            }

            while (lines.MoveNext())
            {
                if (lines.Current.Split('\t') is [var length, var modified, { Length: 64 } hash, var width, var height, var colors, var name, var fault, var warning]
                    && TryNumber(length, out var bytes)
                    && TryNumber(modified, out var ticks)
                    && TryNumber(width, out var columns)
                    && TryNumber(height, out var rows)
                    && TryNumber(colors, out var kind))
                {
                    var header = new ImageHeader((int)columns, (int)rows, (ImageColors)kind);
                    known[name] = new ImageFile(new FileStamp(bytes, ticks), hash, header, fault, warning);
                }
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            known.Clear(); // Nothing is known then, and everything is read through.
        }
    }

    private static string Line(string name, ImageFile file)
    {
        var (width, height, colors) = file.Header;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{file.Stamp.Length}\t{file.Stamp.Modified}\t{file.Hash}\t{width}\t{height}\t{(int)colors}\t{name}\t{file.Fault}\t{file.Warning}");
    }

    private static bool TryNumber(string text, out long number) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
