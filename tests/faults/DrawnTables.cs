using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;
using Markdig;
using Markdig.Extensions.Tables;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;
using SparseCore.Randomness;

namespace SparseCore.Faults;

/// <summary>Tables of results from elsewhere, all the way to figures, interactive pages, reports and Markdown.</summary>
internal static partial class DrawnTables
{
    private const string Lottery = "lottery";
    private const string Reproduction = "reproduction";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>A small table of each kind.</summary>
    private static readonly (string Folder, string Name, string Text)[] Good =
    [
        (Lottery, "about.csv", "name,value\nnetwork,lenet5\ndata,mnist\nsparsity,95%\nmds_stress1,0.17\npath_examples,100\nbatch_norm,stored\n"),
        (Lottery, "models.csv", "model,seed,run,test_accuracy,collapsed_to\nLT,1,run-a,0.98,\nScratch (Diff. Init.),1,run-b,0.1135,1\nPruned Soln.,1,run-c,0.98,\n"),
        (Lottery, "table3.csv",
            "model,accuracy_mean,accuracy_std,ensemble_accuracy,disagreement_mean,disagreement_std,disagreement_with_pruned_mean,disagreement_with_pruned_std,kl_mean,jsd_mean,"
            + "kl_with_pruned_mean,jsd_with_pruned_mean\nLT,0.98,0.001,0.984,0.003,0.0004,0.008,0.0005,0.002,0.0004,0.01,0.003\n"
            + "Scratch (Diff. Init.),0.6,0.4,0.98,0.5,0.4,0.4,0.4,3,0.3,0.9,0.2\nPruned Soln.,0.98,,,,,,,,,,\n"),
        (Lottery, "distances.csv", "model,seed,d_init,d_final\nLT,1,10,7\nLT,2,10,6.9\nScratch (Diff. Init.),1,12,20\n"),
        (Lottery, "mds.csv", "model,stage,seed,x,y\nLT,start,1,1,-1.5\nLT,end,1,-6,3.9\nScratch (Diff. Init.),start,1,5,5\nScratch (Diff. Init.),end,1,9,2\nPruned Soln.,end,1,0,0\n"),
        (Lottery, "interpolation.csv",
            "path,seed,alpha,train_loss,train_accuracy,test_loss,test_accuracy\nlt-end,1,0,0.01,0.99,0.02,0.98\nlt-end,1,0.5,0.02,0.99,0.03,0.98\nlt-end,1,1,0.01,0.99,0.02,0.98\n"
            + "scratch-end,1,-0.2,9,0.1,9,0.1\nscratch-end,1,0,0.01,0.99,0.02,0.98\nscratch-end,1,0.5,2.3,0.1,2.3,0.1\nscratch-end,1,1,0.01,0.99,0.02,0.98\n"),
        (Lottery, "lineage.csv",
            "run,plan_hash,content_hash,parents,code_version,machine,started,finished,seconds\nrun-a,0123456789ab,ba9876543210,\"mask: plan 01234567 step 5, content 4e5f6a7b\","
            + "0.1.0,\"AMD EPYC, 2 cores\",2026-11-25T13:38:56Z,,30.9\n"),
        (Lottery, "provenance.csv", "name,value\ncommand,dotnet fsi x.fsx\nmachine,\"AMD EPYC, 2 cores\"\n"),
        (Reproduction, "about.csv", "name,value\nnetwork,lenet5\ndata,mnist\nsparsity,95%\nseeds,5\npreset,paper\n"),
        (Reproduction, "runs.csv",
            "run,method,initialiser,sparsity,seed,last_accuracy,best_accuracy,collapsed,train_flops\nrun-a,baseline,dense,0,1,0.99,0.99,0,2534814074880\n"
            + "run-b,rigl,layer-scaled,0.95,2,0.98,0.98,1,25348140748\n"),
        (Reproduction, "table1.csv", Cells),
        (Reproduction, "table2.csv", Cells),
        (Reproduction, "fig1c.csv", "initialiser,sparsity,repeat,std\ndense,0,1,2.07\ndense,0,2,1.3\nlayer-scaled,0.5,1,1\n"),
        (Reproduction, "fig1c-random.csv", "initialiser,sparsity,repeat,std\ndense,0,1,2.07\ndense,0.9,2,1.3\n"),
        (Reproduction, "fig2.csv", "method,seed,step,gradient_norm,gradient_norm_squared\nLottery,1,0,0.03,0.0009\nLottery,2,0,0.04,0.0016\nRigL+,1,200,0.1,0.01\n"),
        (Reproduction, "fig3.csv", "method,seed,step,before,after\nRigL+,1,100,2.6,6.5\nRigL+,2,100,0.8,1.9\nSET,1,200,1,1\n"),
        (Reproduction, "lineage.csv", "run,plan_hash,content_hash,parents,code_version,machine,started,finished,seconds\nrun-a,0123,3210,,0.1.0,m,2026,2026,NaN\n"),
    ];

    /// <summary>Cells that are markup somewhere, that no format has a place for, or whose numbers lie at the edges.</summary>
    private static readonly string[] Hostile =
    [
        "<b>x</b>", "</script><script>alert(1)</script>", "<a href=\"javascript:alert(1)\">x</a>", "<img src=x onerror=alert(1)>", "</title><svg onload=alert(1)>", "<!--", "-->",
        "]]>", "<![CDATA[x]]>", "<!DOCTYPE x [<!ENTITY e \"e\">]>&e;", "&lt;b&gt;", "&#60;b&#62;", "&", "\" onload=\"alert(1)", "'", "a|b", "\\|", "\\", "`c`", "``", "[x](javascript:alert(1))",
        "![x](y)", "[x]: y", "[^1]", "# h", "- x", "*a* **b**", "_a_ __b__", "~~a~~", "$x$", "$$", "https://x.example/y", "www.x.example", "<https://x.example>", "<br>", "%{x}", "{{x}}",
        "\0", "\u0001", "\u0008", "\u001B[2J", "\u007F", "\u0085", "\u009B2J", "\u00AD", "\u200B", "\u2028", "\u202E", "\u2066", "\uFEFF", "\uFFFE", "\uFFFF", "\U000E0001", "e\u0301",
        "\u0301", "a\nb", "a\r\nb", "\r", "\t", "  ", "", "NaN", "Infinity", "-Infinity", "1e400", "1.7976931348623157e308", "-1.7976931348623157e308", "4.9e-324", "-0", "0", "1",
        "2147483647", "-2147483648", "LT", "Scratch", "lt-init",
    ];

    private static readonly HashSet<string> Drawn = ["svg", "title", "desc", "metadata", "rect", "text", "tspan", "line", "path", "polygon", "polyline", "circle", "clippath", "g"];

    private static readonly HashSet<string> Written =
    [
        .. Drawn, "html", "head", "meta", "style", "body", "h1", "h2", "p", "small", "nav", "a", "ul", "li", "figure", "figcaption", "div", "table", "thead", "tbody", "tr", "th", "td",
        "details", "summary", "pre",
    ];

    private static readonly MarkdownPipeline Markdown =
        new MarkdownPipelineBuilder().UsePipeTables().UseAutoLinks().UseEmphasisExtras().UseMathematics().UseFootnotes().UseTaskLists().Build();

    private const string Cells =
        "method,initialiser,sparsity,seeds,collapsed,accuracy_mean,accuracy_std,accuracy_mean_trained,paper_mean,paper_std\nbaseline,dense,0,5,0,0.99,0.001,0.99,0.9921,0.0007\n"
        + "rigl,layer-scaled,0.95,5,5,0.1135,0,,,\n";

    /// <summary>One table of a folder is damaged. It is refused as a table, or all that is drawn of it is well-formed and holds nothing but our own markup.</summary>
    public static FuzzTarget Target(string folder)
    {
        foreach (var (part, name, text) in Good)
        {
            Directory.CreateDirectory(Path.Combine(folder, part));
            File.WriteAllText(Path.Combine(folder, part, name), text, Utf8);
        }

        return new FuzzTarget("figures", 1, CreateInput, input => Accepts(folder, input), exception => exception is InvalidDataException, length => 50_000_000 + (4096L * length));
    }

    /// <summary>A byte that says which table, and the table.</summary>
    private static byte[] CreateInput(RandomStream random)
    {
        var table = random.NextInt32(Good.Length);
        var text = Good[table].Text;
        return random.NextInt32(8) switch
        {
            0 => [(byte)table, .. Damage.Bytes(Utf8.GetBytes(text), random)],
            1 => [(byte)table, .. Utf8.GetBytes(Damage.Text(text, random))],
            _ => [(byte)table, .. Utf8.GetBytes(WithHostileCells(text, random))],
        };
    }

    private static string WithHostileCells(string text, RandomStream random)
    {
        var table = SparseCore.Analysis.Tables.ofCsv("good", text);
        for (var change = random.NextInt32(3); change >= 0; change--)
        {
            var cells = table.Rows[random.NextInt32(table.Rows.Length)].Cells;
            var column = random.NextInt32(cells.Length);
            var word = Hostile[random.NextInt32(Hostile.Length)];
            cells[column] = random.NextInt32(3) == 0 ? cells[column] + word : word;
        }

        return SparseCore.Analysis.Tables.toCsv(table);
    }

    private static bool Accepts(string folder, byte[] input)
    {
        var (part, name, good) = Good[input[0] % Good.Length];
        var path = Path.Combine(folder, part, name);
        File.WriteAllBytes(path, input[1..]);
        try
        {
            if (part == Lottery)
            {
                CheckLottery(Path.Combine(folder, part));
            }
            else
            {
                CheckReproduction(Path.Combine(folder, part));
            }

            return true;
        }
        finally
        {
            File.WriteAllText(path, good, Utf8);
        }
    }

    private static void CheckLottery(string folder)
    {
        var results = SparseCore.Analysis.LotteryTables.read(folder);
        CheckFigures(SparseCore.Analysis.LotteryReport.figures(results));
        CheckReport(SparseCore.Analysis.LotteryReport.report(results), folder);
        CheckMarkdown(SparseCore.Analysis.LotteryReport.table3Shown(results));
    }

    private static void CheckReproduction(string folder)
    {
        var contents = SparseCore.Analysis.ReproductionReport.read(folder);
        CheckFigures(SparseCore.Analysis.ReproductionReport.figures(contents));
        CheckReport(SparseCore.Analysis.ReproductionReport.report(contents), folder);
        CheckMarkdown(SparseCore.Analysis.Reproduction.shown(contents.Table1));
        CheckMarkdown(SparseCore.Analysis.Reproduction.shown(contents.Table2));
    }

    private static void CheckFigures(IEnumerable<SparseCore.Analysis.Figures.Figure> figures)
    {
        foreach (var figure in figures)
        {
            CheckSvg(SparseCore.Analysis.Svg.render(figure));
            CheckPage(SparseCore.Analysis.Html.page(figure));
        }
    }

    private static void CheckSvg(string svg)
    {
        RequireVisible(svg);
        using var reader = XmlReader.Create(new StringReader(svg), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit });
        while (reader.Read())
        {
            if (reader.NodeType is XmlNodeType.Element)
            {
                Require(Drawn.Contains(reader.Name.ToLowerInvariant()), $"the element {reader.Name} in a figure");
                while (reader.MoveToNextAttribute())
                {
                    RequirePlain(reader.Name, reader.Value);
                }
            }
        }
    }

    private static void CheckPage(string html)
    {
        var page = Parse(html);
        var scripts = page.QuerySelectorAll("script");
        Require(scripts.Length == 2 && scripts[0].GetAttribute("src") == SparseCore.Analysis.Html.scriptName && scripts[0].TextContent.Length == 0, "scripts other than ours in a page");
        var lines = scripts[1].TextContent.Split('\n').Select(line => line.Trim()).ToList();
        foreach (var assignment in new[] { "var data = ", "var layout = " })
        {
            var line = lines.Single(one => one.StartsWith(assignment, StringComparison.Ordinal));
            using var value = JsonDocument.Parse(line[assignment.Length..].TrimEnd(';'));
            CheckTexts(value.RootElement);
        }
    }

    /// <summary>Plotly takes texts for HTML: of ours only bold headings of panels are.</summary>
    private static void CheckTexts(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                element.EnumerateObject().ToList().ForEach(property => CheckTexts(property.Value));
                break;
            case JsonValueKind.Array:
                element.EnumerateArray().ToList().ForEach(CheckTexts);
                break;
            case JsonValueKind.String:
                var text = element.GetString()!;
                text = text.StartsWith("<b>", StringComparison.Ordinal) && text.EndsWith("</b>", StringComparison.Ordinal) ? text[3..^4] : text;
                Require(!text.AsSpan().ContainsAny("<>\n"), $"markup in the text '{text}' of an interactive figure");
                Require(EntityPattern().Count(text) == text.Count(letter => letter == '&'), $"an entity that plotly would resolve in '{text}'");
                break;
        }
    }

    private static void CheckReport(SparseCore.Analysis.Report.Report report, string folder)
    {
        var whole = new SparseCore.Analysis.Report.Report(report.Title, report.Lead, Microsoft.FSharp.Collections.ListModule.OfSeq(report.Blocks.Concat(SparseCore.Analysis.Lineage.blocks(folder))));
        var page = Parse(SparseCore.Analysis.Report.render(whole));
        foreach (var link in page.QuerySelectorAll("a"))
        {
            Require(AddressPattern().IsMatch(link.GetAttribute("href")!), $"the address {link.GetAttribute("href")}");
        }
    }

    private static IDocument Parse(string html)
    {
        RequireVisible(html);
        // AngleSharp takes the end of a clipPath, whose name alone has a capital, for that of another element.
        var simple = html.Replace("clipPath", "g", StringComparison.Ordinal);
        var page = new HtmlParser(new HtmlParserOptions { IsStrictMode = true }).ParseDocument(simple);
        foreach (var element in page.All)
        {
            Require(Written.Contains(element.LocalName.ToLowerInvariant()) || element.LocalName == "script", $"the element {element.LocalName}");
            element.Attributes.ToList().ForEach(attribute => RequirePlain(attribute.Name, attribute.Value));
        }

        return page;
    }

    private static void CheckMarkdown(SparseCore.Analysis.Tables.Table table)
    {
        if (table.Rows.Length == 0)
        {
            return;
        }

        var text = SparseCore.Analysis.Tables.toMarkdown(Microsoft.FSharp.Collections.ListModule.OfSeq(SparseCore.Analysis.Reproduction.shownNumbers), table);
        RequireVisible(text);
        var read = Markdig.Markdown.Parse(text, Markdown);
        Require(read.Count == 1 && read[0] is Markdig.Extensions.Tables.Table, $"something besides a table in\n{text}");
        var rows = read.Descendants<TableRow>().Select(row => row.Cast<TableCell>().Select(TextOf).ToArray()).ToArray();
        string[][] expected = [table.Columns, .. table.Rows.Select(row => row.Cells)];
        Require(rows.Length == expected.Length, $"{rows.Length} rows instead of {expected.Length} in\n{text}");
        for (var row = 0; row < rows.Length; row++)
        {
            Require(rows[row].SequenceEqual(expected[row].Select(Plain)), $"'{string.Join("', '", rows[row])}' instead of '{string.Join("', '", expected[row])}'");
        }

        static string Plain(string cell) => string.Join(' ', ForeignText.Lines(cell).Split([' ', '\t', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>What a reader sees in a cell: letters and our line ends, nothing else.</summary>
    private static string TextOf(TableCell cell)
    {
        var text = new StringBuilder();
        foreach (var inline in cell.Descendants<Inline>())
        {
            text.Append(inline switch
            {
                LiteralInline literal => literal.Content.ToString(),
                HtmlEntityInline entity => entity.Transcoded.ToString(),
                HtmlInline { Tag: "<br>" } => " ",
                ContainerInline container when container.GetType() == typeof(ContainerInline) => "",
                _ => throw new InvalidOperationException($"A cell holds {inline.GetType().Name}."),
            });
        }

        return string.Join(' ', text.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    private static void RequirePlain(string attribute, string value) => Require(
        !attribute.StartsWith("on", StringComparison.OrdinalIgnoreCase) && !value.Contains("javascript:", StringComparison.OrdinalIgnoreCase),
        string.Create(CultureInfo.InvariantCulture, $"the attribute {attribute}=\"{value}\""));

    private static void RequireVisible(string text) => Require(ForeignText.Lines(text) == text, "a character that is not visible");

    private static void Require(bool isRight, string found)
    {
        if (!isRight)
        {
            throw new InvalidOperationException($"Found {found}.");
        }
    }

    [GeneratedRegex("&(amp|lt|gt);")]
    private static partial Regex EntityPattern();

    [GeneratedRegex("^(#[a-z0-9-]*|[A-Za-z0-9_-]+\\.html)$")]
    private static partial Regex AddressPattern();
}
