using System.Text;
using System.Text.RegularExpressions;
using SparseCore.Randomness;

namespace SparseCore.Faults;

/// <summary>Ways to damage bytes and text.</summary>
internal static partial class Damage
{
    private static readonly string[] Numbers = [
        "0", "1", "-1", "-0", "2", "7", "8", "255", "65536", "2147483647", "2147483648", "4294967296", "9223372036854775807", "9223372036854775808",
        "18446744073709551615", "99999999999999999999999999", "1e400", "-1e400", "1e-400", "1.5", "0.1", "00", "1e2", "0x10", "NaN", "Infinity", "null"];

    private static readonly string[] Words = [
        "", "null", "true", "\"\"", "[]", "{}", "[[[[[[[[[[[[[[[[[[[[", "{\"a\":", "\"\\ud800\"", "\"\\u0000\"", "..", "../../x", "/etc/x", "\u00e9\u20ac", "\ufeff",
        "\0", "\n", "\r\n", ",", ":", "\"", "'", "=", "==", "__metadata__", "kind", "\"kind\":\"none\"", "//", "/*", "*/", "U8", "F32", "BF16", "F64"];

    /// <summary>One to three random changes of bytes: flips, overwritten, inserted, deleted or repeated ranges, truncation.</summary>
    public static byte[] Bytes(byte[] good, RandomStream random)
    {
        var bytes = good.ToList();
        for (var change = random.NextInt32(3); change >= 0; change--)
        {
            var position = random.NextInt32(bytes.Count + 1);
            var length = Math.Min(bytes.Count - position, 1 + random.NextInt32(random.NextInt32(4) == 0 ? 64 : 4));
            switch (random.NextInt32(7))
            {
                case 0 or 1 when position < bytes.Count:
                    bytes[position] ^= (byte)(1 << random.NextInt32(8));
                    break;
                case 2 when position < bytes.Count:
                    bytes[position] = (byte)random.NextUInt32();
                    break;
                case 3:
                    bytes.InsertRange(position, Enumerable.Range(0, 1 + random.NextInt32(8)).Select(_ => (byte)random.NextUInt32()));
                    break;
                case 4:
                    bytes.RemoveRange(position, length);
                    break;
                case 5:
                    bytes.InsertRange(position, bytes.GetRange(position, length));
                    break;
                default:
                    bytes.RemoveRange(position, bytes.Count - position);
                    break;
            }
        }

        return [.. bytes];
    }

    /// <summary>One to three changes of text that keep most of its structure: other numbers, other words, tokens repeated, swapped or dropped.</summary>
    public static string Text(string good, RandomStream random)
    {
        var text = good;
        for (var change = random.NextInt32(3); change >= 0; change--)
        {
            text = random.NextInt32(5) switch
            {
                0 => Replace(text, NumberPattern(), Numbers[random.NextInt32(Numbers.Length)], random),
                1 => Replace(text, TokenPattern(), Words[random.NextInt32(Words.Length)], random),
                2 => Replace(text, TokenPattern(), Pick(text, TokenPattern(), random), random),
                3 => Replace(text, MemberPattern(), Pick(text, MemberPattern(), random), random),
                _ => Encoding.Latin1.GetString(Bytes(Encoding.Latin1.GetBytes(text), random)),
            };
        }

        return text;
    }

    private static string Replace(string text, Regex pattern, string replacement, RandomStream random)
    {
        var matches = pattern.Matches(text);
        if (matches.Count == 0)
        {
            return text + replacement;
        }

        var match = matches[random.NextInt32(matches.Count)];
        return string.Concat(text.AsSpan(0, match.Index), replacement, text.AsSpan(match.Index + match.Length));
    }

    private static string Pick(string text, Regex pattern, RandomStream random)
    {
        var matches = pattern.Matches(text);
        return matches.Count == 0 ? "" : matches[random.NextInt32(matches.Count)].Value;
    }

    [GeneratedRegex(@"-?[0-9][0-9.eE+-]*")]
    private static partial Regex NumberPattern();

    [GeneratedRegex("\"[^\"]*\"|[A-Za-z_]+|-?[0-9][0-9.eE+-]*|[^\\sA-Za-z0-9]")]
    private static partial Regex TokenPattern();

    [GeneratedRegex("\"[^\"]*\"\\s*:\\s*(\"[^\"]*\"|\\[[^\\[\\]]*\\]|\\{[^{}]*\\}|[^,{}\\[\\]]+),?|[^\\n]+\\n")]
    private static partial Regex MemberPattern();
}
