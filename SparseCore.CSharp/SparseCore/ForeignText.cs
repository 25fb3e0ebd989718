using System.Globalization;
using System.Text;

namespace SparseCore;

/// <summary>
/// Text from elsewhere (names in files and folders, paths, cells of tables) inside our messages. A character that can move the cursor, turn the direction of writing, begin
/// another line or stay invisible is shown as its code, "\u{1B}"; what is long is cut, and says by how much.
/// </summary>
public static class ForeignText
{
    /// <summary>Most characters of a shown name or value.</summary>
    public const int NameLimit = 100;

    /// <summary>Most characters of a sentence that holds foreign text.</summary>
    public const int SentenceLimit = 4000;

    /// <summary>Room for the words that say how much was cut.</summary>
    private const int Reserve = 40;

    /// <summary>Marks on one letter that writing systems need; piles of them cover the lines above.</summary>
    private const int MarksOnLetter = 4;

    /// <summary>
    /// A name or a value, fit to stand in a sentence: one line of at most <see cref="NameLimit"/> characters. Every "\u{...}" in it stands for one character that cannot be
    /// shown: a backslash that would look like the beginning of one is written as a code itself, all other backslashes stay.
    /// </summary>
    public static string Show(string text) => Escape(text, NameLimit, hasLines: false, isName: true);

    /// <summary>A sentence that may hold foreign text: one line of at most <see cref="SentenceLimit"/> characters. What <see cref="Show"/> has made stays as it is.</summary>
    public static string OneLine(string text) => Escape(text, SentenceLimit, hasLines: false, isName: false);

    /// <summary>Text of any length whose line feeds and tabs are meant.</summary>
    public static string Lines(string text) => Escape(text, int.MaxValue, hasLines: true, isName: false);

    private static string Escape(string text, int limit, bool hasLines, bool isName)
    {
        if (text.Length <= limit && !text.AsSpan().ContainsAnyExceptInRange(' ', '~') && !(isName && text.Contains('\\', StringComparison.Ordinal)))
        {
            return text;
        }

        var shown = new StringBuilder(Math.Min(text.Length, limit) + Reserve);
        var (cutShown, cutText) = (0, 0);
        var marks = MarksOnLetter; // at the beginning a mark would go to what stands before the text
        var length = 0;
        for (var place = 0; place < text.Length; place += length)
        {
            var isCharacter = Rune.DecodeFromUtf16(text.AsSpan(place), out var rune, out length) == System.Buffers.OperationStatus.Done;
            var code = isCharacter ? rune.Value : text[place];
            var isLineEnd = hasLines && (code == '\n' || (code == '\r' && place + 1 < text.Length && text[place + 1] == '\n'));
            var isMark = isCharacter && Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark;
            marks = isMark ? marks + 1 : isLineEnd ? MarksOnLetter : 0;
            if (isLineEnd || (hasLines && code == '\t'))
            {
                shown.Append((char)code);
            }
            else if (!isCharacter || marks > MarksOnLetter || IsUnsafe(rune) || (isName && text.AsSpan(place).StartsWith(@"\u{")))
            {
                shown.Append(CultureInfo.InvariantCulture, $"\\u{{{code:X}}}");
            }
            else
            {
                shown.Append(text, place, length);
            }

            if (shown.Length > limit)
            {
                shown.Length = cutShown;
                return shown.Append(CultureInfo.InvariantCulture, $"... ({text.Length - cutText} more characters)").ToString();
            }

            (cutShown, cutText) = shown.Length <= limit - Reserve ? (shown.Length, place + length) : (cutShown, cutText);
        }

        return shown.ToString();
    }

    private static bool IsUnsafe(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.Surrogate
        || IsInvisible(rune.Value);

    /// <summary>Letters, marks and symbols that are drawn as nothing: fillers, selectors of variants, the blank pattern of braille.</summary>
    private static bool IsInvisible(int code) => code is 0x034F or 0x115F or 0x1160 or 0x17B4 or 0x17B5 or (>= 0x180B and <= 0x180F) or 0x2800 or 0x3164
        or (>= 0xFE00 and <= 0xFE0F) or 0xFFA0 or (>= 0xE0100 and <= 0xE01EF);
}
