using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using SparseCore.Checkpoints;
using SparseCore.Randomness;

namespace SparseCore.Faults;

/// <summary>Text of any UTF-16 code units, as JSON and file names can hold it, on its way into a message.</summary>
internal static partial class ForeignTexts
{
    /// <summary>What is shown is one line of bounded length without anything that a terminal obeys, and can be read back where nothing was cut.</summary>
    public static FuzzTarget Target() => new("foreign text", 1, CreateInput, Accepts, _ => false, length => 100_000 + (64L * length));

    private static byte[] CreateInput(RandomStream random)
    {
        var text = new StringBuilder();
        for (var part = random.NextInt32(12); part >= 0; part--)
        {
            var piece = random.NextInt32(8) switch
            {
                0 => ((char)random.NextInt32(0x10000)).ToString(),
                1 => ((char)random.NextInt32(0x100)).ToString(),
                2 => ((char)(0x2000 + random.NextInt32(0x100))).ToString(),
                3 => ((char)(0xD800 + random.NextInt32(0x800))).ToString(),
                4 => char.ConvertFromUtf32(0x10000 + random.NextInt32(0x100000)),
                5 => @"\u{1B}\",
                6 => "\u001B[2J\r\n\u0301",
                _ => "layer1.weight",
            };
            text.Insert(text.Length, piece, random.NextInt32(20) == 0 ? 2000 : 1);
        }

        return [.. MemoryMarshal.AsBytes(text.ToString().AsSpan())];
    }

    private static bool Accepts(byte[] input)
    {
        var text = new string(MemoryMarshal.Cast<byte, char>(input));
        var shown = ForeignText.Show(text);
        var message = new CheckpointException(text, text, text, text, text).Message;
        RequireVisible(shown, ForeignText.NameLimit);
        RequireVisible(message, 5 * (ForeignText.SentenceLimit + 20));
        if (ForeignText.OneLine(shown) != shown)
        {
            throw new InvalidOperationException($"What was shown changes in a sentence: {shown}");
        }

        var isWhole = !shown.EndsWith(" more characters)", StringComparison.Ordinal);
        return !isWhole || ReadBack(shown) == text ? isWhole : throw new InvalidOperationException($"What was shown is ambiguous: {shown}");
    }

    private static void RequireVisible(string text, int limit)
    {
        if (text.Length > limit || text.EnumerateRunes().Any(rune => rune == Rune.ReplacementChar ? !text.Contains('\uFFFD', StringComparison.Ordinal) : Rune.IsControl(rune)
            || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned))
        {
            throw new InvalidOperationException($"A text of {text.Length} characters is shown that is too long, or not visible: {text}");
        }
    }

    private static string ReadBack(string shown) => CodePattern().Replace(shown, code =>
    {
        var value = int.Parse(code.Groups[1].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return value > char.MaxValue ? char.ConvertFromUtf32(value) : ((char)value).ToString();
    });

    [GeneratedRegex(@"\\u\{([0-9A-F]+)\}")]
    private static partial Regex CodePattern();
}
