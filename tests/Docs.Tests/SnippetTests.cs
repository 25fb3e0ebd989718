using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Markdig;
using Markdig.Syntax;
using Xunit.Abstractions;

namespace Docs.Tests;

/// <summary>
/// All code of the README and the documentation is run, from the packages, in a folder outside of the repository: a page's commands one after the other, then
/// its F# as one script, then its C# as one program. Blocks marked "long" are commands that take too long or need other machines; of these, and of all others,
/// the commands and settings have to exist.
/// </summary>
[Collection(PackagesCollection.Name)]
public sealed partial class SnippetTests(InstalledPackages packages, ITestOutputHelper log)
{
    private static readonly Lock Gate = new();

    /// <summary>What running each page gives. All are begun with the first that is asked for, as many at a time as there are cores: one after the other takes half as long again.</summary>
    private static Dictionary<string, Task<Outcome>>? begun;

    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UseAdvancedExtensions().Build();

    /// <summary>Words after ``` that may stand in a page. "sh", "fsharp" and "csharp" are run.</summary>
    private static readonly string[] Languages = ["sh", "sh long", "fsharp", "csharp", "text", "python", "json", "yaml", "math", "xml", "bibtex"];

    private static IEnumerable<string> AllPages => Directory
        .EnumerateFiles(Path.Combine(Scripting.Paths.root, "docs"), "*.md", SearchOption.AllDirectories)
        .Append(Path.Combine(Scripting.Paths.root, "README.md"))
        .Select(file => Path.GetRelativePath(Scripting.Paths.root, file))
        .Order(StringComparer.Ordinal);

    private static IEnumerable<string> PagesToRun => AllPages.Where(page => Blocks(page).Any(block => block.Language is "sh" or "fsharp" or "csharp"));

    /// <summary>Pages with code to run.</summary>
    public static TheoryData<string> Pages => [.. PagesToRun];

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Code_of_a_page_runs(string page)
    {
        var outcome = await Begun()[page];
        log.WriteLine(outcome.Log);
        Assert.True(outcome.Failure is null, outcome.Failure);
    }

    [Fact]
    public void Code_of_all_pages_is_of_a_known_kind()
    {
        foreach (var page in AllPages)
        {
            foreach (var block in Blocks(page))
            {
                Assert.True(Languages.Contains(block.Language), $"{page}: a block of code says \"{block.Language}\", expected one of: {string.Join(", ", Languages)}.");
            }
        }
    }

    [Fact]
    public async Task Commands_of_all_pages_exist_with_their_settings()
    {
        var folder = packages.NewFolder("settings");
        var helps = new Dictionary<string, string>(StringComparer.Ordinal);
        var checkedCommands = 0;
        foreach (var page in AllPages)
        {
            var inline = CommandInText().Matches(await File.ReadAllTextAsync(Path.Combine(Scripting.Paths.root, page))).Select(match => match.Groups[1].Value);
            foreach (var line in Blocks(page).SelectMany(block => block.Commands).Concat(inline))
            {
                // Words in quotes are one value, whatever they hold.
                foreach (Match match in Command().Matches(Quoted().Replace(line, "value")))
                {
                    var name = match.Groups[1].Value;
                    if (name is "help" or "version" or "COMMAND")
                    {
                        continue;
                    }

                    if (!helps.TryGetValue(name, out var help))
                    {
                        var (code, output) = await Commands.RunAsync(packages.Tool, [name, "help"], folder, packages.Environment);
                        Assert.True(code == 0, $"{page}: {line}: the command {name} does not exist.");
                        helps[name] = help = output;
                    }

                    foreach (Match setting in Setting().Matches(match.Groups[2].Value))
                    {
                        var key = setting.Groups[1].Success ? setting.Groups[1].Value : setting.Groups[2].Value;
                        Assert.True(key is "help" or "key" || help.Contains($"\n  {key}=", StringComparison.Ordinal), $"{page}: {line}: {name} has no setting \"{key}\".");
                        checkedCommands++;
                    }
                }
            }
        }

        Assert.True(checkedCommands > 50, $"{checkedCommands} settings were found; expected many.");
    }

    private Dictionary<string, Task<Outcome>> Begun()
    {
        lock (Gate)
        {
            if (begun is null)
            {
                var places = new SemaphoreSlim(Environment.ProcessorCount);
                begun = PagesToRun.ToDictionary(page => page, page => RunInTurnAsync(page, places));
            }

            return begun;
        }
    }

    private async Task<Outcome> RunInTurnAsync(string page, SemaphoreSlim places)
    {
        await places.WaitAsync();
        try
        {
            return await RunPageAsync(page);
        }
        finally
        {
            places.Release();
        }
    }

    /// <summary>Runs a page's code, up to the first that fails.</summary>
    private async Task<Outcome> RunPageAsync(string page)
    {
        var folder = packages.NewFolder(page.Replace('/', '-'));
        var said = new StringBuilder();
        foreach (var (what, program, arguments) in await StepsAsync(page, folder))
        {
            var clock = Stopwatch.StartNew();
            var (code, output) = await Commands.RunAsync(program, arguments, folder, packages.Environment);
            said.AppendLine(CultureInfo.InvariantCulture, $"{page}: {what} ({clock.Elapsed.TotalSeconds:F1} s)\n{output}");
            if (code != 0)
            {
                return new Outcome(said.ToString(), $"{page}: {what}: expected exit code 0, found {code}.\n{output}");
            }
        }

        return new Outcome(said.ToString(), null);
    }

    /// <summary>What is to be run for a page, one after the other.</summary>
    private async Task<IReadOnlyList<(string What, string Program, string[] Arguments)>> StepsAsync(string page, string folder)
    {
        var blocks = Blocks(page);
        var steps = new List<(string What, string Program, string[] Arguments)>();
        foreach (var line in blocks.Where(block => block.Language == "sh").SelectMany(block => block.Commands))
        {
            steps.Add((line, "bash", ["-c", line.Replace("dotnet fsi scripts/", $"dotnet fsi {Scripting.Paths.root}/scripts/", StringComparison.Ordinal)]));
        }

        var script = Joined("fsharp");
        if (script.Length > 0)
        {
            var file = Path.Combine(folder, "page.fsx");
            await File.WriteAllTextAsync(file, $"#i \"nuget: {packages.Feed}\"\n{script}\n");
            steps.Add(("F#", "dotnet", ["fsi", "--quiet", file]));
        }

        var program = Joined("csharp");
        if (program.Length > 0)
        {
            var file = Path.Combine(folder, "page.cs");
            await File.WriteAllTextAsync(file, program + "\n");
            steps.Add(("C#", "dotnet", ["run", file]));
        }

        return steps;

        string Joined(string language) => string.Join('\n', blocks.Where(block => block.Language == language).Select(block => block.Text));
    }

    private static Block[] Blocks(string page) =>
    [
        .. Markdown.Parse(File.ReadAllText(Path.Combine(Scripting.Paths.root, page)), Pipeline).Descendants<FencedCodeBlock>()
            .Select(block => new Block($"{block.Info} {block.Arguments}".Trim(), block.Lines.ToString())),
    ];

    [GeneratedRegex(@"`(sparsecore [^`]+)`")]
    private static partial Regex CommandInText();

    [GeneratedRegex("\"[^\"]*\"|'[^']*'")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\bsparsecore ([\w-]+)((?: [^\s;|&>]+)*)")]
    private static partial Regex Command();

    [GeneratedRegex(@"(?<= )(?:--([\w-]+)|([\w-]+)=)")]
    private static partial Regex Setting();

    /// <summary>What running a page gave: all that was said, and what failed.</summary>
    private sealed record Outcome(string Log, string? Failure);

    /// <summary>A block of code: what it says it is, and its lines.</summary>
    private sealed record Block(string Language, string Text)
    {
        /// <summary>Its commands; a line that ends with a backslash goes on in the next one.</summary>
        public IEnumerable<string> Commands => !Language.StartsWith("sh", StringComparison.Ordinal)
            ? []
            : Text.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(line => !line.StartsWith('#'));
    }
}
