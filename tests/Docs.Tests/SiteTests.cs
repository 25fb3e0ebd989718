namespace Docs.Tests;

/// <summary>The documentation site, built anew.</summary>
public sealed class SiteTests
{
    [Fact]
    public void The_site_is_built_without_a_mistake_and_needs_nothing_from_elsewhere()
    {
        var output = Directory.CreateTempSubdirectory("sparsecore-site-").FullName;
        try
        {
            var built = Site.build(Scripting.Paths.root, output);
            Assert.Empty(built.Mistakes);
            Assert.True(built.Pages.Length > 100, $"{built.Pages.Length} pages");
            foreach (var page in built.Pages)
            {
                var text = File.ReadAllText(Path.Combine(output, page));
                Assert.DoesNotMatch("""<(?:script|img|link|iframe)[^>]*(?:src|href)="(?:https?:)?//""", text);
            }

            // What is searched for is found by its name.
            var index = File.ReadAllText(Path.Combine(output, "search.js"));
            Assert.Contains("NeuronScaledInitializer", index, StringComparison.Ordinal);
            Assert.Contains("update-interval=", index, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(output, true);
        }
    }

    [Fact]
    public void The_readme_is_short() => Assert.InRange(File.ReadAllLines(Path.Combine(Scripting.Paths.root, "README.md")).Length, 20, 120);
}
