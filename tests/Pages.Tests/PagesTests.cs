using System.Net;
using Microsoft.Playwright;

namespace Pages.Tests;

/// <summary>Every page and report that the committed tables give, as a reader sees it in a browser without a network.</summary>
public sealed class PagesTests(DrawnResults results) : IClassFixture<DrawnResults>
{
    private const int Wide = 1280;
    private const int Narrow = 390;

    /// <summary>Folder and name of every figure.</summary>
    public static TheoryData<string, string> AllFigures()
    {
        var data = new TheoryData<string, string>();
        foreach (var folder in DrawnResults.Folders)
        {
            foreach (var figure in DrawnResults.Figures(folder))
            {
                data.Add(folder, figure.Name);
            }
        }

        return data;
    }

    /// <summary>All folders.</summary>
    public static TheoryData<string> AllFolders() => [.. DrawnResults.Folders];

    [BrowserTheory]
    [MemberData(nameof(AllFigures))]
    public async Task A_page_shows_its_figure_says_the_value_under_the_pointer_and_fits_a_telephone_and_paper(string folder, string name)
    {
        await using var page = await results.OpenAsync(folder, name + ".html", Wide); // once: opening takes most of the time
        await ShowsItsFigure(page, DrawnResults.Figures(folder).Single(one => one.Name == name));
        await SaysTheValueUnderThePointer(page);
        await FitsATelephoneAndPaper(page);
        Assert.Empty(page.Complaints);
    }

    [BrowserTheory]
    [MemberData(nameof(AllFolders))]
    public async Task A_report_opens_offline_and_its_links_lead_somewhere(string folder)
    {
        await using var page = await results.OpenAsync(folder, "report.html", Wide);
        Assert.NotEmpty(await page.TextsAsync("h1"));
        Assert.Equal(await page.Page.Locator("figure:not(.table)").CountAsync(), await page.Page.Locator("figure svg").CountAsync());
        Assert.NotEqual(0, await page.Page.Locator("figure svg").CountAsync());
        var links = await page.Page.EvaluateAsync<string[]>("[...document.querySelectorAll('a')].map(link => link.getAttribute('href'))");
        foreach (var link in links)
        {
            if (link.StartsWith('#'))
            {
                Assert.Equal(1, await page.Page.Locator($"[id='{link[1..]}']").CountAsync());
            }
            else
            {
                Assert.True(File.Exists(results.PathOf(folder, WebUtility.UrlDecode(link))), link);
            }
        }

        foreach (var figure in DrawnResults.Figures(folder))
        {
            Assert.Contains($"{figure.Name}.html", links);
        }

        Assert.Equal(0, await page.OverhangAsync());
        Assert.Empty(page.Complaints);
    }

    [BrowserTheory]
    [MemberData(nameof(AllFolders))]
    public async Task A_report_fits_a_telephone_and_prints(string folder)
    {
        await using var page = await results.OpenAsync(folder, "report.html", Narrow);
        Assert.Equal(0, await page.OverhangAsync());
        await page.Page.EmulateMediaAsync(new PageEmulateMediaOptions { Media = Media.Print });
        await page.Page.SetViewportSizeAsync(700, 900);
        Assert.Equal(0, await page.OverhangAsync());
        Assert.StartsWith("%PDF", System.Text.Encoding.ASCII.GetString((await page.Page.PdfAsync(new PagePdfOptions { PageRanges = "1" }))[..4]), StringComparison.Ordinal);
        Assert.Empty(page.Complaints);
    }

    private static async Task ShowsItsFigure(OpenPage page, SparseCore.Analysis.Figures.Figure figure)
    {
        Assert.Equal(figure.Title, Assert.Single(await page.TextsAsync("h1")));
        var titles = await page.TextsAsync("[class^='g-x'] text, [class^='g-y'] text");
        foreach (var axis in figure.Panels.SelectMany(panel => new[] { panel.X, panel.Y }).Where(axis => axis.Label.Length > 0))
        {
            Assert.Contains(axis.Label, titles);
        }

        var names = figure.Panels.SelectMany(panel => panel.Series).Where(series => series.X.Length > 0).Select(series => series.Name).Where(series => series.Length > 0).Distinct().Order(StringComparer.Ordinal);
        var entries = await page.TextsAsync(".legend .legendtext");
        Assert.Equal(figure.Panels.Sum(panel => panel.Series.Length) > 1 ? names : entries.Order(StringComparer.Ordinal), entries.Order(StringComparer.Ordinal));
        Assert.Equal(SparseCore.Analysis.Charts.traces(figure).Length, await page.Page.EvaluateAsync<int>("document.querySelector('.js-plotly-plot').data.length"));
        Assert.Equal(figure.Panels.SelectMany(panel => panel.Series).Count(series => series.Drawing.IsPoints && series.Upper.Any(double.IsFinite)), await page.Page.Locator("g.errorbars:has(path)").CountAsync());
        Assert.Equal(0, await page.OverhangAsync());
    }

    private static async Task SaysTheValueUnderThePointer(OpenPage page)
    {
        var place = await page.Page.EvaluateAsync<double[]>(
            """
            (() => {
              const plot = document.querySelector('.js-plotly-plot'), full = plot._fullLayout, box = plot.getBoundingClientRect();
              const trace = plot._fullData.find(one => one.hoverinfo !== 'skip' && one.y.some(value => value !== null));
              const x = full['xaxis' + trace.xaxis.slice(1)], y = full['yaxis' + trace.yaxis.slice(1)];
              const inside = index => trace.y[index] !== null && x.d2p(trace.x[index]) >= 0 && x.d2p(trace.x[index]) <= x._length
                && y.d2p(trace.y[index]) >= 0 && y.d2p(trace.y[index]) <= y._length;
              const index = trace.x.findIndex((_, at) => inside(at));
              return [box.left + x._offset + x.d2p(trace.x[index]), box.top + y._offset + y.d2p(trace.y[index])];
            })()
            """);
        await page.Page.Mouse.MoveAsync((float)place[0] + 3, (float)place[1] + 3);
        await page.Page.Mouse.MoveAsync((float)place[0], (float)place[1]);
        await page.Page.WaitForSelectorAsync(".hoverlayer .hovertext", new PageWaitForSelectorOptions { Timeout = 5000 });
        Assert.Matches("[0-9]", string.Concat(await page.TextsAsync(".hoverlayer .hovertext")));
    }

    private static async Task FitsATelephoneAndPaper(OpenPage page)
    {
        await page.Page.SetViewportSizeAsync(Narrow, 900);
        for (var tries = 0; tries < 50 && await page.OverhangAsync() > 0; tries++)
        {
            await page.Page.WaitForTimeoutAsync(100); // the plot follows its page a moment later
        }

        var plot = page.Page.Locator(".js-plotly-plot .main-svg").First;
        Assert.Equal(0, await page.OverhangAsync());
        Assert.InRange((await plot.BoundingBoxAsync())!.Width, 280, 2000);
        await page.Page.SetViewportSizeAsync(Wide, 900);
        await page.Page.EvaluateAsync("dispatchEvent(new Event('beforeprint'))");
        Assert.InRange((await plot.BoundingBoxAsync())!.Width, 600, 700);
        await page.Page.EvaluateAsync("dispatchEvent(new Event('afterprint'))");
        Assert.InRange((await plot.BoundingBoxAsync())!.Width, 900, 1100);
    }
}
