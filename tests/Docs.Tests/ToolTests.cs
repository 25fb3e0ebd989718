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
}
