using System.Globalization;
using System.Text;

namespace SparseCore.RunFolders;

/// <summary>The lines of a table of metrics, one at a time.</summary>
internal ref struct MetricLines
{
    /// <summary>The first line.</summary>
    internal const string Header = "metric,step,value\n";

    /// <summary>Most bytes of a line.</summary>
    private const int Limit = 200;

    private readonly string path;
    private readonly ReadOnlySpan<byte> content;
    private readonly Names names = new();
    private int line = 1;

    /// <summary>Begins behind the header.</summary>
    /// <param name="path">The table's file, for messages.</param>
    /// <param name="content">The bytes of the table.</param>
    /// <exception cref="RunFolderException">There is another header.</exception>
    public MetricLines(string path, ReadOnlySpan<byte> content)
    {
        this.path = path;
        this.content = content;
        if (!content.StartsWith(Encoding.ASCII.GetBytes(Header)))
        {
            throw Malformed($"'{Header.TrimEnd('\n')}'", content[..Math.Min(40, content.Length)]);
        }

        Position = Header.Length;
    }

    /// <summary>The position after the line feed of what was read.</summary>
    public int Position { get; private set; }

    /// <summary>How many lines there are to read.</summary>
    public readonly int Count => content[Position..].Count((byte)'\n');

    /// <summary>Reads the next row.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="RunFolderException">The line is malformed or cut; the message names it.</exception>
    public bool Next(out MetricRow row)
    {
        row = default;
        var rest = content[Position..];
        if (rest.IsEmpty)
        {
            return false;
        }

        line++;
        var end = rest.IndexOf((byte)'\n');
        var text = end < 0 ? rest : rest[..end];
        if (end < 0)
        {
            throw Malformed("a line that ends with a line feed", text);
        }

        var first = text.IndexOf((byte)',');
        var second = first < 0 ? -1 : text[(first + 1)..].IndexOf((byte)',') + first + 1;
        if (text.Length > Limit
            || second <= first
            || names.Of(text[..first]) is not { } name
            || !int.TryParse(text[(first + 1)..second], NumberStyles.None, CultureInfo.InvariantCulture, out var step)
            || !IsWritten(step, default, text[(first + 1)..second])
            || !double.TryParse(text[(second + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            || !IsWritten(value, "R", text[(second + 1)..]))
        {
            throw Malformed("metric,step,value", text);
        }

        row = new MetricRow(name, step, value);
        Position += end + 1;
        return true;
    }

    /// <summary>Whether a metric may have that name.</summary>
    internal static bool IsName(string metric) =>
        metric.Length > 0 && metric.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-' or '/');

    /// <summary>Whether a number is written as <see cref="MetricsFile"/> writes it.</summary>
    private static bool IsWritten<T>(T value, ReadOnlySpan<char> format, ReadOnlySpan<byte> text)
        where T : IUtf8SpanFormattable
    {
        Span<byte> written = stackalloc byte[32];
        return value.TryFormat(written, out var length, format, CultureInfo.InvariantCulture) && written[..length].SequenceEqual(text);
    }

    private readonly RunFolderException Malformed(string expected, ReadOnlySpan<byte> found) => new(
        path,
        $"line {line}",
        expected,
        $"'{Encoding.Latin1.GetString(found[..Math.Min(Limit, found.Length)])}'",
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
