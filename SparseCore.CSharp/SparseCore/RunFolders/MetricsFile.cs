using System.Globalization;
using System.Text;
using SparseCore.Checkpoints;

namespace SparseCore.RunFolders;

/// <summary>
/// The append-only table "metric,step,value" of a run. Rows are kept in memory until <see cref="Flush"/>; a crash loses at most those after the
/// last flush, and resuming cuts the file at the length that the checkpoint recorded, so that a resumed run writes the same bytes as an
/// uninterrupted one. <see cref="Show"/> lets readers see rows earlier.
/// </summary>
public sealed class MetricsFile : IDisposable
{
    private const string Header = "metric,step,value\n";

    /// <summary>Most bytes of a line.</summary>
    private const int LineLimit = 200;

    /// <summary>Most bytes of a table that is read: two million rows. A line has at most 200 bytes, and memory while reading is at most 64 times the length.</summary>
    internal const long LengthLimit = 1 << 26;

    private readonly DiskFile file;
    private readonly string path;
    private readonly StringBuilder pending = new();

    /// <summary>How much of what is pending stands in the file already, for readers.</summary>
    private int shown;

    private MetricsFile(string path, DiskFile file)
    {
        this.path = path;
        this.file = file;
    }

    /// <summary>Length in bytes, rows that are not flushed included.</summary>
    public long Length => FlushedLength + pending.Length;

    /// <summary>Length in bytes of what was flushed.</summary>
    internal long FlushedLength => file.Position - shown;

    /// <summary>The lines that are not flushed.</summary>
    internal string Pending => pending.ToString();

    /// <summary>Starts an empty table; a file of that name is replaced.</summary>
    /// <exception cref="RunFolderException">The file cannot be written.</exception>
    public static MetricsFile Create(string path)
    {
        try
        {
            Disk.Delete(path); // A new file cannot be a link, soft or hard, that leads elsewhere.
            var metrics = new MetricsFile(path, Disk.Create(path, FileShare.Read));
            Disk.SyncFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
            metrics.pending.Append(Header);
            return metrics;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failed(path, exception);
        }
    }

    /// <summary>Goes on with an existing table after cutting off everything beyond <paramref name="length"/>, which may be a line cut in the middle.</summary>
    /// <param name="path">The file.</param>
    /// <param name="length">The length recorded in the checkpoint the run goes on from, in bytes.</param>
    /// <param name="pending">Lines that the run had not flushed when it was stopped.</param>
    /// <exception cref="RunFolderException">The file is missing, shorter than that, or damaged before it; or the lines are malformed.</exception>
    public static MetricsFile Resume(string path, long length, string pending = "")
    {
        var content = ReadBytes(path);
        if (content.Length < length)
        {
            throw new RunFolderException(
                path,
                "length",
                $"at least the {length} bytes that the checkpoint recorded",
                $"{content.Length}",
                "Restore the file, or delete the run folder to train the run again.");
        }

        _ = Parse(path, content.AsSpan(0, (int)length));
        _ = Rows(path, pending);
        DiskFile? file = null;
        try
        {
            file = Disk.Open(path, FileShare.Read);
            file.SetLength(length);
            var metrics = new MetricsFile(path, file);
            metrics.pending.Append(pending);
            return metrics;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            file?.Dispose();
            throw Failed(path, exception);
        }
    }

    /// <summary>Reads a whole table.</summary>
    /// <exception cref="RunFolderException">The file is missing, or a line is malformed or cut; the message names the line.</exception>
    public static IReadOnlyList<MetricRow> Read(string path) => Parse(path, ReadBytes(path)).Rows;

    /// <summary>Reads the whole lines of a table that may be under way: a last line that is cut is left out.</summary>
    /// <exception cref="RunFolderException">The file is missing, or a whole line is malformed; the message names the line.</exception>
    public static IReadOnlyList<MetricRow> ReadSoFar(string path)
    {
        var content = ReadBytes(path).AsSpan();
        var whole = content[..(content.LastIndexOf((byte)'\n') + 1)];
        return whole.IsEmpty && Encoding.ASCII.GetBytes(Header).AsSpan().StartsWith(content) ? [] : Parse(path, whole).Rows;
    }

    /// <summary>The rows of lines without the table's header.</summary>
    /// <exception cref="RunFolderException">A line is malformed.</exception>
    internal static IReadOnlyList<MetricRow> Rows(string path, string lines) => Parse(path, Encoding.ASCII.GetBytes(Header + lines)).Rows;

    /// <summary>Adds a row.</summary>
    /// <param name="metric">Letters, digits and ._-/ only.</param>
    /// <param name="step">Training steps done, 0 or more.</param>
    /// <param name="value">Any double; written so that reading gives the same bits (all NaN are one).</param>
    /// <exception cref="ArgumentException">The name has other characters, or the step is negative.</exception>
    public void Append(string metric, int step, double value)
    {
        if (!IsName(metric) || step < 0)
        {
            throw new ArgumentException($"A metric is named by letters, digits and ._-/ and its step is 0 or more; found '{metric}' at step {step}.");
        }

        pending.Append(metric).Append(',').Append(step.ToString(CultureInfo.InvariantCulture)).Append(',').Append(Text(value)).Append('\n');
    }

    /// <summary>Writes all rows to the disk. To be called before a checkpoint records <see cref="Length"/>.</summary>
    /// <exception cref="RunFolderException">The disk is full or the file cannot be written.</exception>
    public void Flush()
    {
        try
        {
            Write();
            pending.Clear();
            shown = 0;
            file.Flush();
        }
        catch (Exception exception) when (exception is (IOException or UnauthorizedAccessException) and not RunBusyException)
        {
            throw Failed(path, exception);
        }
    }

    /// <summary>Lets readers see the rows so far. They do not count as written: they may be lost, and <see cref="Hide"/> and resuming take them away.</summary>
    /// <exception cref="RunFolderException">The disk is full or the file cannot be written.</exception>
    public void Show()
    {
        if (shown == pending.Length)
        {
            return;
        }

        try
        {
            Write();
            file.Publish();
        }
        catch (Exception exception) when (exception is (IOException or UnauthorizedAccessException) and not RunBusyException)
        {
            throw Failed(path, exception);
        }
    }

    /// <summary>Takes rows that were shown and not flushed out of the file, unless another process has gone on with it.</summary>
    /// <exception cref="RunFolderException">The file cannot be written.</exception>
    public void Hide()
    {
        try
        {
            if (shown > 0 && file.Length == file.Position)
            {
                file.SetLength(FlushedLength);
                shown = 0;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failed(path, exception);
        }
    }

    /// <summary>Closes the file. Rows that were not flushed are dropped: no checkpoint refers to them.</summary>
    public void Dispose()
    {
        try
        {
            Hide();
        }
        catch (RunFolderException)
        {
            // They stay; resuming takes them away.
        }

        file.Dispose();
    }

    /// <summary>Writes what is pending and does not stand in the file yet.</summary>
    private void Write()
    {
        if (file.Length != file.Position)
        {
            throw new RunBusyException(
                path,
                null,
                "one that another process has gone on with meanwhile",
                "Start the same command again; what both wrote up to here is the same.");
        }

        // Only ASCII is ever appended, so characters are bytes.
        file.Write(Encoding.ASCII.GetBytes(pending.ToString(shown, pending.Length - shown)));
        shown = pending.Length;
    }

    /// <summary>The rows of a table's bytes, and the position after each row's line feed.</summary>
    /// <exception cref="RunFolderException">A line is malformed or cut.</exception>
    internal static (List<MetricRow> Rows, List<long> Ends) Parse(string path, ReadOnlySpan<byte> content)
    {
        var lines = content.Count((byte)'\n');
        var rows = new List<MetricRow>(lines);
        var ends = new List<long>(lines);
        var header = Encoding.ASCII.GetBytes(Header);
        if (!content.StartsWith(header))
        {
            throw Malformed(path, 1, $"'{Header.TrimEnd('\n')}'", Encoding.Latin1.GetString(content[..Math.Min(40, content.Length)]));
        }

        var names = new Names();
        var line = 2;
        for (var rest = content[header.Length..]; rest.Length > 0; line++)
        {
            var end = rest.IndexOf((byte)'\n');
            var text = rest[..(end < 0 ? rest.Length : end)];
            if (end < 0)
            {
                throw Malformed(path, line, "a line that ends with a line feed", Shortened(text));
            }

            var first = text.IndexOf((byte)',');
            var second = first < 0 ? -1 : text[(first + 1)..].IndexOf((byte)',') + first + 1;
            if (text.Length > LineLimit
                || second <= first
                || names.Of(text[..first]) is not { } name
                || !int.TryParse(text[(first + 1)..second], NumberStyles.None, CultureInfo.InvariantCulture, out var step)
                || !IsWritten(step, default, text[(first + 1)..second])
                || !double.TryParse(text[(second + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
                || !IsWritten(value, "R", text[(second + 1)..]))
            {
                throw Malformed(path, line, "metric,step,value", Shortened(text));
            }

            rows.Add(new MetricRow(name, step, value));
            rest = rest[(end + 1)..];
            ends.Add(content.Length - rest.Length);
        }

        return (rows, ends);

        static string Shortened(ReadOnlySpan<byte> text) => Encoding.Latin1.GetString(text[..Math.Min(LineLimit, text.Length)]);
    }

    /// <summary>Whether a number is written as this class writes it.</summary>
    private static bool IsWritten<T>(T value, ReadOnlySpan<char> format, ReadOnlySpan<byte> text)
        where T : IUtf8SpanFormattable
    {
        Span<byte> written = stackalloc byte[32];
        return value.TryFormat(written, out var length, format, CultureInfo.InvariantCulture) && written[..length].SequenceEqual(text);
    }

    private static bool IsName(string metric) =>
        metric.Length > 0 && metric.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-' or '/');

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>A file's bytes.</summary>
    /// <exception cref="RunFolderException">The file cannot be read.</exception>
    internal static byte[] ReadBytes(string path)
    {
        try
        {
            return RegularFile.ReadAllBytes(path, LengthLimit);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new RunFolderException(
                path,
                "reading",
                "a readable metrics file",
                AtomicFile.Sentence(exception),
                "Restore the file, or delete the run folder to train the run again.",
                exception);
        }
    }

    private static RunFolderException Failed(string path, Exception exception) => new(
        path,
        "writing",
        "a writable file on a disk with room",
        AtomicFile.Sentence(exception),
        "Free the space or the permission and start the same command again; the run goes on from its last checkpoint.",
        exception);

    private static RunFolderException Malformed(string path, int line, string expected, string found) => new(
        path,
        $"line {line}",
        expected,
        $"'{found}'",
        "Start the run again if it was interrupted (a cut line is then removed); otherwise restore the file.");

    /// <summary>The names of a table, each made once: a table of thousands of lines has some twenty, in turns.</summary>
    private sealed class Names
    {
        private const int Most = 64;

        private readonly List<(byte[] Bytes, string Name)> known = [];
        private int last = -1;

        /// <summary>The name; null where the bytes are none.</summary>
        public string? Of(ReadOnlySpan<byte> bytes)
        {
            for (var ahead = 1; ahead <= known.Count; ahead++)
            {
                var index = (last + ahead) % known.Count;
                if (bytes.SequenceEqual(known[index].Bytes))
                {
                    last = index;
                    return known[index].Name;
                }
            }

            var name = Encoding.Latin1.GetString(bytes);
            if (!IsName(name))
            {
                return null;
            }

            if (known.Count < Most)
            {
                known.Add((bytes.ToArray(), name));
                last = known.Count - 1;
            }

            return name;
        }
    }
}
