using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace Pages.Tests;

/// <summary>The documentation site as a reader opens it from the disk, without a network.</summary>
public sealed class DocumentationTests(DocumentationSite site) : IClassFixture<DocumentationSite>
{
    private const int Wide = 1280;
    private const int Narrow = 390;

    private static readonly string[] Pages =
        ["index.html", "start.html", "guides/compare.html", "concepts/gradient-flow.html", "results.html", "reference/formats.html", "reference/settings/train.html",
            "reference/api/SparseCore.Parameters.html", "reference/api/SparseCore.Analysis.Interpolation.html"];

    [BrowserFact]
    public async Task The_search_finds_headings_settings_and_members_and_leads_there()
    {
        await using var page = await site.OpenAsync("guides/compare.html", Wide, ColorScheme.Light);
        foreach (var (words, expected) in new[] { ("neuron scaled", "NeuronScaledInitializer"), ("update-interval", "train update-interval="), ("barrierHeight", "Interpolation.barrierHeight") })
        {
            await page.Page.GetByRole(AriaRole.Searchbox).FillAsync(words);
            await page.HoldsAsync($"[...document.querySelectorAll('#found a')].some(link => link.textContent.includes('{expected}'))");
        }

        await page.Page.GetByRole(AriaRole.Searchbox).PressAsync("Enter");
        await page.HoldsAsync("location.href.includes('SparseCore.Analysis.Interpolation') && document.querySelector('h1').textContent.includes('Interpolation')");
        Assert.Empty(page.Complaints);
    }

    [BrowserTheory]
    [InlineData(Wide, ColorScheme.Light)]
    [InlineData(Narrow, ColorScheme.Dark)]
    public async Task Pages_fit_their_window_and_are_accessible(int width, ColorScheme scheme)
    {
        foreach (var address in Pages)
        {
            await using var page = await site.OpenAsync(address, width, scheme);
            Assert.True(await page.OverhangAsync() == 0, $"{address} is {await page.OverhangAsync()} pixels wider than {width}");
            await page.Page.EvaluateAsync(new BundledAxeScriptProvider().GetScript());
            var found = await page.Page.EvaluateAsync<string[]>(
                """
                async () => (await axe.run(document, { resultTypes: ['violations'], preload: false })).violations
                  .map(one => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map(node => node.html).join('; ')}`)
                """);
            Assert.True(found.Length == 0, $"{address}: {string.Join('\n', found)}");
            Assert.Empty(page.Complaints);
        }
    }
}

/// <summary>The site, built once, and a browser that reaches no network.</summary>
public sealed class DocumentationSite : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("site-").FullName;
    private Chromium.Running? browser;

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        Docs.Site.build(Repository.Root, folder);
        browser = await Chromium.StartAsync();
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        if (browser is not null)
        {
            await browser.DisposeAsync();
        }

        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Opens a page offline and notes every complaint of the browser.</summary>
    internal async Task<OpenPage> OpenAsync(string address, int width, ColorScheme scheme)
    {
        var context = await browser!.NewContextAsync(
            new BrowserNewContextOptions { Offline = true, ColorScheme = scheme, ViewportSize = new ViewportSize { Width = width, Height = 900 } });
        var opened = new OpenPage(context, await context.NewPageAsync());
        await opened.GoAsync(Path.Combine(folder, address));
        return opened;
    }
}
