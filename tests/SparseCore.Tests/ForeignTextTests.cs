using System.Globalization;
using SparseCore.Checkpoints;
using SparseCore.Data;
using SparseCore.Plans;
using SparseCore.RunFolders;
using SparseCore.Training;
using SparseCore.Verification;

namespace SparseCore.Tests;

/// <summary>Text from elsewhere reaches the reader as text on one line, whatever it holds.</summary>
public class ForeignTextTests
{
    /// <summary>What terminals obey, what turns the direction of writing, what begins a line, what is not seen, and what is no character.</summary>
    private static readonly int[] Unsafe =
    [
        0, 7, 8, '\t', '\n', '\r', 0x1B, 0x7F, 0x80, 0x85, 0x90, 0x9B, 0x9D, 0x9F, 0xAD, 0x34F, 0x61C, 0x115F, 0x17B4, 0x180B, 0x180E, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F,
        0x2028, 0x2029, 0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2060, 0x2064, 0x2066, 0x2067, 0x2068, 0x2069, 0x206F, 0x2800, 0x3164, 0xD800, 0xDFFF, 0xE000, 0xFDD0,
        0xFE0F, 0xFEFF, 0xFFA0, 0xFFF9, 0xFFFE, 0xFFFF, 0x1D173, 0xE0001, 0xE007F, 0xE01EF, 0xF0000, 0x10FFFF,
    ];

    public static TheoryData<int> UnsafeCodes => [.. Unsafe];

    [Theory]
    [MemberData(nameof(UnsafeCodes))]
    public void Show_writes_the_code_of_what_is_not_a_visible_character(int code)
    {
        var text = code is >= 0xD800 and <= 0xDFFF ? ((char)code).ToString() : char.ConvertFromUtf32(code);
        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"a\\u{{{code:X}}}b"), ForeignText.Show($"a{text}b"));
    }

    [Theory]
    [InlineData("conv1.weight")]
    [InlineData("größe, Größe, 値, ключ, مفتاح, מפתח, 🦊")]
    [InlineData("e\u0301 अनुच्छेद ที่")]
    [InlineData(@"C:\runs\unit \n")]
    public void Show_leaves_the_writing_of_people_as_it_is(string text) => Assert.Equal(text, ForeignText.Show(text));

    [Fact]
    public void Show_of_different_texts_differs()
    {
        string[] texts = ["\u001B", @"\u{1B}", @"\u{5C}u{1B}", @"\\u{1B}", "\\\u001B"];
        Assert.Equal([@"\u{1B}", @"\u{5C}u{1B}", @"\u{5C}u{5C}u{1B}", @"\\u{5C}u{1B}", @"\\u{1B}"], texts.Select(ForeignText.Show));
    }

    [Fact]
    public void Show_cuts_what_is_long_and_says_by_how_much()
    {
        var shown = ForeignText.Show(new string('w', 20_000_000));
        Assert.Equal(new string('w', 60) + "... (19999940 more characters)", shown);
        Assert.Equal(new string('w', 100), ForeignText.Show(new string('w', 100)));
    }

    [Fact]
    public void Show_never_cuts_inside_a_character_or_its_code()
    {
        Assert.StartsWith(string.Concat(Enumerable.Repeat("🦊", 30)) + "... (", ForeignText.Show(string.Concat(Enumerable.Repeat("🦊", 99))), StringComparison.Ordinal);
        Assert.StartsWith("w" + string.Concat(Enumerable.Repeat(@"\u{1B}", 9)) + "... (", ForeignText.Show("w" + new string('\u001B', 99)), StringComparison.Ordinal);
    }

    [Fact]
    public void Show_lets_no_pile_of_marks_cover_other_lines() =>
        Assert.Equal("a" + new string('\u0301', 4) + string.Concat(Enumerable.Repeat(@"\u{301}", 2)), ForeignText.Show("a" + new string('\u0301', 6)));

    [Fact]
    public void Show_gives_no_mark_to_what_stands_before_the_text() => Assert.Equal(@"\u{338}a", ForeignText.Show("\u0338a"));

    [Fact]
    public void OneLine_keeps_what_Show_has_made_and_what_it_made_itself()
    {
        var sentence = $"'{ForeignText.Show("\u001B[2J\\u{1B}")}': {new string('w', 9000)}\r\nok";
        var once = ForeignText.OneLine(sentence);
        Assert.StartsWith(@"'\u{1B}[2J\u{5C}u{1B}': www", once, StringComparison.Ordinal);
        Assert.InRange(once.Length, 1, ForeignText.SentenceLimit);
        Assert.Equal(once, ForeignText.OneLine(once));
    }

    [Fact]
    public void Lines_keeps_line_feeds_and_tabs_alone() =>
        Assert.Equal("a\tb\r\nc\n\\u{D}d\\u{1B}[A\\u{2028}", ForeignText.Lines("a\tb\r\nc\n\rd\u001B[A\u2028"));

    /// <summary>One of each of our exceptions, its message made of foreign text.</summary>
    public static TheoryData<string, Func<string, Exception>> Exceptions => new()
    {
        { "checkpoint", text => new CheckpointException(text, text, text, text, text) },
        { "run folder", text => new RunFolderException(text, text, text, text, text) },
        { "data", text => new DataException(text) },
        { "data with its cause", text => new DataException(text, new IOException(text)) },
        { "plan", text => new PlanException(text) },
        { "training", text => new TrainingException(text) },
        { "another's, as it is shown", text => new IOException(ErrorText.Of(new IOException(text))) },
    };

    [Theory]
    [MemberData(nameof(Exceptions))]
    public void Messages_are_one_safe_line_of_bounded_length(string kind, Func<string, Exception> exception)
    {
        var hostile = string.Concat(Unsafe.Select(code => code is >= 0xD800 and <= 0xDFFF ? ((char)code).ToString() : char.ConvertFromUtf32(code))) + new string('w', 1_000_000);
        var message = exception(hostile).Message;
        Assert.True(ForeignText.OneLine(message[..1000]) == message[..1000], kind);
        Assert.InRange(message.Length, 1000, 5 * (ForeignText.SentenceLimit + 20));
    }

    [Fact]
    public void Messages_of_several_lines_have_as_many_as_were_given() =>
        Assert.Equal("2 runs:\n  a\\u{A}: b\n  c", new TrainingException("2 runs:", ["a\n: b", "c"]).Message);

    [Fact]
    public void A_verification_is_one_line_whatever_the_folder_is_called()
    {
        var line = new RunVerification("runs/x\nok runs/y\u202E", [new RunFinding("plan.json", "key\u001B[2K", "1", "2")], [], []).ToString();
        Assert.Equal(@"FAILED runs/x\u{A}ok runs/y\u{202E}: plan.json: key\u{1B}[2K: expected 1, found 2", line.TrimEnd('.'));
    }
}
