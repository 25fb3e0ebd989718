using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace SparseCore.Tests.Engine.KernelGenerator;

/// <summary>
/// Unrolls a kernel from a template. The template is C# with these additions, whose counts come from named parameters:
/// <list type="bullet">
/// <item>"#m&lt;M n&lt;N| text": the line once for every m below M and n below N.</item>
/// <item>"#for n&lt;N" ... "#end": the lines once for every n below N.</item>
/// <item>"#if M &gt; 3" ... "#else" ... "#end": the lines only then.</item>
/// <item>"{n+1}": the number; "{V}": the text of a parameter.</item>
/// <item>"{n:a|b|c}": the n-th of some texts, or the last.</item>
/// <item>"{+m*row}": the summand " + (m * row)", shortened where m is 0 or 1.</item>
/// </list>
/// </summary>
internal sealed partial class KernelTemplate
{
    private readonly string[] lines;

    /// <summary>Reads a template.</summary>
    public KernelTemplate(string text) => lines = text.Split('\n');

    /// <summary>The C# of one kernel.</summary>
    /// <param name="parameters">Numbers and texts by name.</param>
    public string Expand(params (string Name, object Value)[] parameters)
    {
        var result = new StringBuilder();
        Expand(0, lines.Length, parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Value), result);
        return result.ToString();
    }

    [GeneratedRegex(@"^(?<name>\w+)<(?<end>\w+)$")]
    private static partial Regex LoopPattern { get; }

    [GeneratedRegex(@"\{(?<summand>\+?)(?<term>[^{}\s][^{}]*)\}")]
    private static partial Regex PlaceholderPattern { get; }

    private void Expand(int first, int end, Dictionary<string, object> values, StringBuilder result)
    {
        for (var line = first; line < end; line++)
        {
            var text = lines[line].Trim();
            if (text.StartsWith("#for ", StringComparison.Ordinal) || text.StartsWith("#if ", StringComparison.Ordinal))
            {
                var (otherwise, close) = Find(line);
                if (text[1] == 'f')
                {
                    Repeat([text[5..]], values, inner => Expand(line + 1, close, inner, result));
                }
                else if (new IndexExpression(text[4..], values).Value != 0)
                {
                    Expand(line + 1, otherwise, values, result);
                }
                else
                {
                    Expand(otherwise + 1, close, values, result);
                }

                line = close;
            }
            else if (text.StartsWith('#'))
            {
                var bar = text.IndexOf('|');
                var indentation = lines[line][..lines[line].IndexOf('#')];
                Repeat(text[1..bar].Split(' '), values, inner => Write(indentation + text[(bar + 2)..], inner, result));
            }
            else
            {
                Write(lines[line], values, result);
            }
        }
    }

    /// <summary>The "#else" (or the "#end" where there is none) and the "#end" of a block.</summary>
    private (int Otherwise, int Close) Find(int open)
    {
        var depth = 0;
        var otherwise = -1;
        for (var line = open + 1; line < lines.Length; line++)
        {
            var text = lines[line].Trim();
            if (text.StartsWith("#for ", StringComparison.Ordinal) || text.StartsWith("#if ", StringComparison.Ordinal))
            {
                depth++;
            }
            else if (text == "#else" && depth == 0)
            {
                otherwise = line;
            }
            else if (text == "#end" && depth-- == 0)
            {
                return (otherwise < 0 ? line : otherwise, line);
            }
        }

        throw new FormatException($"'{lines[open].Trim()}' has no #end.");
    }

    private static void Repeat(ReadOnlySpan<string> loops, Dictionary<string, object> values, Action<Dictionary<string, object>> body)
    {
        if (loops.IsEmpty)
        {
            body(values);
            return;
        }

        var loop = LoopPattern.Match(loops[0]);
        if (!loop.Success)
        {
            throw new FormatException($"'{loops[0]}' is no loop such as n<N.");
        }

        var count = new IndexExpression(loop.Groups["end"].Value, values).Value;
        for (var index = 0; index < count; index++)
        {
            Repeat(loops[1..], new Dictionary<string, object>(values) { [loop.Groups["name"].Value] = index }, body);
        }
    }

    private static void Write(string line, Dictionary<string, object> values, StringBuilder result) =>
        result.Append(PlaceholderPattern.Replace(line, match => Replacement(match, values))).Append('\n');

    private static string Replacement(Match match, Dictionary<string, object> values)
    {
        var term = match.Groups["term"].Value;
        if (match.Groups["summand"].Length == 0)
        {
            if (term.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon)
            {
                var texts = term[(colon + 1)..].Split('|');
                return texts[Math.Min(new IndexExpression(term[..colon], values).Value, texts.Length - 1)];
            }

            return values.TryGetValue(term, out var text) ? $"{text}" : Number(new IndexExpression(term, values).Value);
        }

        var star = term.LastIndexOf('*');
        var factor = new IndexExpression(term[..star], values).Value;
        var stride = term[(star + 1)..].Trim();
        var isNumber = int.TryParse(stride, CultureInfo.InvariantCulture, out var number);
        return factor == 0 ? ""
            : isNumber ? $" + {Number(factor * number)}"
            : factor == 1 ? $" + {stride}"
            : $" + ({Number(factor)} * {stride})";
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
