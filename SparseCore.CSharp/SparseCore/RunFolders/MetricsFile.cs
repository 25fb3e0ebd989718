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
            metrics.pending.Append(MetricLines.Header);
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
    public static IReadOnlyList<MetricRow> Read(string path) => Bytes(path, content => RowsOf(new MetricLines(path, content)));

    /// <summary>Reads the whole lines of a table that may be under way: a last line that is cut is left out.</summary>
    /// <exception cref="RunFolderException">The file is missing, or a whole line is malformed; the message names the line.</exception>
    public static IReadOnlyList<MetricRow> ReadSoFar(string path) => Bytes(path, content => RowsOf(new MetricLines(path, Whole(content))));

    /// <summary>What a whole table comes to.</summary>
    /// <exception cref="RunFolderException">As of <see cref="Read"/>.</exception>
    public static MetricsSummary Summarize(string path) => Bytes(path, content => MetricsSummary.Of(new MetricLines(path, content)));

    /// <summary>What the whole lines of a table come to that may be under way.</summary>
    /// <exception cref="RunFolderException">As of <see cref="ReadSoFar"/>.</exception>
    public static MetricsSummary SummarizeSoFar(string path) => Bytes(path, content => MetricsSummary.Of(new MetricLines(path, Whole(content))));

    /// <summary>The rows of lines without the table's header.</summary>
    /// <exception cref="RunFolderException">A line is malformed.</exception>
    internal static IReadOnlyList<MetricRow> Rows(string path, string lines) => RowsOf(new MetricLines(path, Encoding.ASCII.GetBytes(MetricLines.Header + lines)));

    /// <summary>Adds a row.</summary>
    /// <param name="metric">Letters, digits and ._-/ only.</param>
    /// <param name="step">Training steps done, 0 or more.</param>
    /// <param name="value">Any double; written so that reading gives the same bits (all NaN are one).</param>
    /// <exception cref="ArgumentException">The name has other characters, or the step is negative.</exception>
    public void Append(string metric, int step, double value)
    {
        if (!MetricLines.IsName(metric) || step < 0)
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
        var lines = new MetricLines(path, content);
        var (rows, ends) = (new List<MetricRow>(lines.Count), new List<long>(lines.Count));
        while (lines.Next(out var row))
        {
            rows.Add(row);
            ends.Add(lines.Position);
        }

        return (rows, ends);
    }

    private static List<MetricRow> RowsOf(MetricLines lines)
    {
        var rows = new List<MetricRow>(lines.Count);
        while (lines.Next(out var row))
        {
            rows.Add(row);
        }

        return rows;
    }

    /// <summary>The lines of a table that may be under way: a last one that is cut is left out, and a header that is cut is whole.</summary>
    private static ReadOnlySpan<byte> Whole(ReadOnlySpan<byte> content)
    {
        var header = Encoding.ASCII.GetBytes(MetricLines.Header);
        return content.Length < header.Length && header.AsSpan().StartsWith(content) ? header : content[..(content.LastIndexOf((byte)'\n') + 1)];
    }

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>A file's bytes.</summary>
    /// <exception cref="RunFolderException">The file cannot be read.</exception>
    internal static byte[] ReadBytes(string path) => Bytes(path, content => content.ToArray());

    /// <summary>What is made of a file's bytes.</summary>
    /// <exception cref="RunFolderException">The file cannot be read.</exception>
    private static T Bytes<T>(string path, Func<ReadOnlySpan<byte>, T> use)
    {
        try
        {
            return RegularFile.Read(path, LengthLimit, use);
        }
        catch (Exception exception) when (exception is (IOException or UnauthorizedAccessException) and not RunFolderException)
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
}
