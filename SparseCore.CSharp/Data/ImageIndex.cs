using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SparseCore.Data;

/// <summary>
/// Reads every file of a folder through, once: its hash, and whether it decodes without a warning (at an eighth of its size, which decodes all data but
/// saves most of the arithmetic). What was found is appended to a text file while it goes on, so that an interrupted reading continues; files whose
/// length and time of writing are unchanged are not read again. Deleting the text file makes everything be read again.
/// </summary>
internal sealed class ImageIndex
{
    private const string Version = "sparse training: index of images, version 1";
    private const int Columns = 5;
    private const int CheckReduction = 8;

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
        var found = new FileInfo(System.IO.Path.Combine(folder, name));
        return found.Exists && found.Length == file.Length && found.LastWriteTimeUtc.Ticks == file.Modified;
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
                        if (file.Hash.Length > 0)
                        {
                            log.Append(
                                string.Create(CultureInfo.InvariantCulture, $"{file.Length}\t{file.Modified}\t{file.Hash}\t{names[index]}\t{file.Fault}"));
                        }

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
        var (length, modified, hash) = (0L, 0L, "");
        if (name.Any(char.IsControl))
        {
            return new ImageFile(length, modified, hash, "its name has control characters");
        }

        try
        {
            var found = new FileInfo(path);
            (length, modified) = (found.Length, found.LastWriteTimeUtc.Ticks);
            var bytes = reader.ReadFile(path);
            hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
            reader.Decoder.Decode(bytes, reader.Decoder.ReadHeader(bytes), CheckReduction);
            return new ImageFile(length, modified, hash, "");
        }
        catch (InvalidDataException damage)
        {
            return new ImageFile(length, modified, hash, OneLine(damage.Message));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return new ImageFile(length, modified, "", OneLine($"it cannot be read: {failure.Message}"));
        }
    }

    private void Read()
    {
        try
        {
            using var lines = File.ReadLines(Path).GetEnumerator();
            if (!lines.MoveNext() || lines.Current != Version)
            {
                return;
            }

            while (lines.MoveNext())
            {
                var cells = lines.Current.Split('\t');
                if (cells.Length == Columns
                    && cells[2].Length == 64
                    && long.TryParse(cells[0], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                    && long.TryParse(cells[1], NumberStyles.None, CultureInfo.InvariantCulture, out var modified))
                {
                    known[cells[3]] = new ImageFile(length, modified, cells[2], cells[4]);
                }
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            known.Clear(); // Nothing is known then, and everything is read through.
        }
    }

    private static string OneLine(string text) => string.Concat(text.Select(letter => char.IsControl(letter) ? ' ' : letter));
}
