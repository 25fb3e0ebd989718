using System.Security.Cryptography;
using System.Text;

namespace Docs.Tests;

/// <summary>The tool in the hands of those who make mistakes: a sentence each, exit codes as the scripts have them, nothing written.</summary>
[Collection(PackagesCollection.Name)]
public sealed class ToolTests(InstalledPackages packages)
{
    [Theory]
    [InlineData("nosuch", 2, "unknown command \"nosuch\"")]
    [InlineData("train --method", 2, "method: expected a value after \"--method\", found none.")]
    [InlineData("train --method nosuch", 2, "method: expected one of")]
    [InlineData("train extra", 2, "expected key=value, found \"extra\"")]
    [InlineData("verify", 1, "results/runs: expected run folders, found none. Name the folder of the runs (runs=...).")]
    [InlineData("export run=. out=a.safetensors", 1, "plan.json")]
    [InlineData("diff first=. second=.", 1, "plan.json")]
    [InlineData("compare", 1, "results/runs")]
    [InlineData("import file=nosuch.safetensors", 1, "nosuch.safetensors")]
    [InlineData("train dataset=imagenet", 1, "data=FOLDER")]
    [InlineData("train engine=torch torch=nosuch", 2, "nosuch")]
    public async Task Mistakes_are_sentences(string typed, int expected, string sentence)
    {
        var folder = packages.NewFolder("mistakes");
        var (code, output) = await Commands.RunAsync(packages.Tool, typed.Split(' '), folder, packages.Environment);
        Assert.Contains(sentence, output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        Assert.Equal(expected, code);
        Assert.Empty(Directory.GetFiles(folder, "*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("help")]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("train help")]
    [InlineData("train --help")]
    [InlineData("version")]
    [InlineData("--version")]
    public async Task Help_and_version_end_well(string typed)
    {
        var (code, output) = await Commands.RunAsync(packages.Tool, typed.Split(' '), packages.NewFolder("help"), packages.Environment);
        Assert.Equal(0, code);
        Assert.Contains(typed.Contains("version", StringComparison.Ordinal) ? InstalledPackages.Version : "sparsecore", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_of_both_forms_name_the_same_run()
    {
        var folder = packages.NewFolder("forms");
        foreach (var typed in new[] { "train method=rigl steps=40 update-interval=10", "train --method rigl --steps=40 --update-interval 10" })
        {
            var (code, output) = await Commands.RunAsync(packages.Tool, typed.Split(' '), folder, packages.Environment);
            Assert.True(code == 0, output);
        }

        Assert.Single(Directory.GetDirectories(Path.Combine(folder, "results", "runs")));
    }

    /// <summary>Folder, version and run of every released format: runs that a released version left, and that all later ones have to read.</summary>
    public static TheoryData<string> ReleasedVersions => [.. Directory.GetDirectories(Released).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)];

    private static string Released => Path.Combine(Scripting.Paths.root, "tests", "Docs.Tests", "released");

    [Theory]
    [MemberData(nameof(ReleasedVersions))]
    public async Task Runs_of_every_released_version_are_read_and_trained_again_to_their_bits(string version)
    {
        var folder = packages.NewFolder($"released-{version}");
        CopyRuns(Path.Combine(Released, version), folder);
        var (code, output) = await Commands.RunAsync(packages.Tool, ["verify", "runs=.", "replay=true"], folder, packages.Environment);
        Assert.True(code == 0, output);
    }

    [Fact]
    public void The_released_versions_include_this_one() => Assert.True(Directory.Exists(Path.Combine(Released, InstalledPackages.Version)), $"{Released} has no run of {InstalledPackages.Version}.");

    [Fact]
    public async Task A_run_of_a_later_format_is_refused_in_a_sentence()
    {
        var folder = packages.NewFolder("later");
        CopyRuns(Path.Combine(Released, InstalledPackages.Version), folder);
        var run = Directory.GetDirectories(folder).Single();
        var plan = Path.Combine(run, "plan.json");
        var later = (await File.ReadAllTextAsync(plan)).Replace("\"format\": 1,", "\"format\": 2,", StringComparison.Ordinal);
        await File.WriteAllTextAsync(plan, later);
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(later)));
        Directory.Move(run, $"{run[..^8]}{hash[..8]}");
        var (code, output) = await Commands.RunAsync(packages.Tool, ["verify", "runs=."], folder, packages.Environment);
        Assert.Contains("format 1 of this version of the toolkit, found 2", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        Assert.Equal(1, code);
    }

    private static void CopyRuns(string source, string target)
    {
        foreach (var file in Directory.GetFiles(source, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
