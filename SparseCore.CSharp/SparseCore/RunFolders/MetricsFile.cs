using System.Globalization;
using System.Text;
using SparseCore.Checkpoints;

namespace SparseCore.RunFolders;

/// <summary>
/// The append-only table "metric,step,value" of a run. Rows are collected in memory until <see cref="Flush"/>; a crash loses at most those after the
/// last flush, and resuming cuts the file at the length that the checkpoint recorded, so that a resumed run writes the same bytes as an
/// uninterrupted one.
/// </summary>
public sealed class MetricsFile : IDisposable
{
    private const string Header = "metric,step,value\n";

    /// <summary>Most bytes of a table that is read: two million rows. A line has at most 200 bytes, and memory while reading is at most 64 times the length.</summary>
    internal const long LengthLimit = 1 << 26;

    private readonly DiskFile file;
    private readonly string path;
    private readonly StringBuilder pending = new();

    private MetricsFile(string path, DiskFile file)
    {
        this.path = path;
        this.file = file;
    }

    /// <summary>Length in bytes, rows that are not flushed included.</summary>
    public long Length => file.Position + pending.Length;

    /// <summary>Length in bytes of what was flushed.</summary>
    internal long FlushedLength => file.Position;

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
            if (file.Length != file.Position)
            {
                throw new RunBusyException(
                    path,
                    null,
                    "one that another process has gone on with meanwhile",
                    "Start the same command again; what both wrote up to here is the same.");
            }

            // Only ASCII is ever appended, so characters are bytes.
            file.Write(Encoding.ASCII.GetBytes(pending.ToString()));
            pending.Clear();
            file.Flush();
        }
        catch (Exception exception) when (exception is (IOException or UnauthorizedAccessException) and not RunBusyException)
        {
            throw Failed(path, exception);
        }
    }

    /// <summary>Closes the file. Rows that were not flushed are dropped: no checkpoint refers to them.</summary>
    public void Dispose() => file.Dispose();

    /// <summary>The rows of a table's bytes, and the position after each row's line feed.</summary>
    /// <exception cref="RunFolderException">A line is malformed or cut.</exception>
    internal static (List<MetricRow> Rows, List<long> Ends) Parse(string path, ReadOnlySpan<byte> content)
    {
        var rows = new List<MetricRow>();
        var ends = new List<long>();
        var header = Encoding.ASCII.GetBytes(Header);
        if (!content.StartsWith(header))
        {
            throw Malformed(path, 1, $"'{Header.TrimEnd('\n')}'", Encoding.Latin1.GetString(content[..Math.Min(40, content.Length)]));
        }

        var line = 2;
        for (var rest = content[header.Length..]; rest.Length > 0; line++)
        {
            var end = rest.IndexOf((byte)'\n');
            var text = Encoding.Latin1.GetString(rest[..Math.Min(200, end < 0 ? rest.Length : end)]);
            if (end < 0)
            {
                throw Malformed(path, line, "a line that ends with a line feed", text);
            }

            var fields = text.Split(',');
            if (fields.Length != 3
                || !IsName(fields[0])
                || !int.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var step)
                || step.ToString(CultureInfo.InvariantCulture) != fields[1]
                || !double.TryParse(fields[2], NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
                || Text(value) != fields[2])
            {
                throw Malformed(path, line, "metric,step,value", text);
            }

            rows.Add(new MetricRow(fields[0], step, value));
            rest = rest[(end + 1)..];
            ends.Add(content.Length - rest.Length);
        }

        return (rows, ends);
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
}
