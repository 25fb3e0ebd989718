using Microsoft.Playwright;

namespace Pages.Tests;

/// <summary>The committed tables, drawn once into a folder of their own, and a browser that reaches no network.</summary>
public sealed class DrawnResults : IAsyncLifetime
{
    private static readonly string[] Kinds = ["*.csv", "*.md"];

    private readonly string root = Directory.CreateTempSubdirectory("pages-").FullName;
    private Chromium.Running? browser;

    /// <summary>Folders of results whose tables are drawn, relative to results/.</summary>
    public static IReadOnlyList<string> Folders { get; } = ["analyze-lt", "reproduce-mnist", "reproduce-mnist/lottery-tickets", "reproduce-large", "reproduce-large/lottery-tickets", "hessian", "compare"];

    /// <summary>The figures that a folder's report shows and that have pages.</summary>
    public static IReadOnlyList<SparseCore.Analysis.Figures.Figure> Figures(string folder)
    {
        var path = Path.Combine(Committed(), folder);
        bool Has(string table) => File.Exists(Path.Combine(path, table));
        return Has("table3.csv") ? [.. SparseCore.Analysis.LotteryReport.figures(SparseCore.Analysis.LotteryTables.read(path))]
            : Has("summary.csv") ? [.. SparseCore.Analysis.CurvatureReport.figures(SparseCore.Analysis.CurvatureReport.read(path))]
            : Has("pairs.csv") ? [.. SparseCore.Analysis.ComparisonReport.figures(SparseCore.Analysis.ComparisonReport.read(path)).Where(pair => pair.Item2).Select(pair => pair.Item1)]
            : [.. SparseCore.Analysis.ReproductionReport.figures(SparseCore.Analysis.ReproductionReport.read(path))];
    }

    /// <summary>Where a page of a folder lies.</summary>
    public string PathOf(string folder, string page) => Path.Combine(root, folder, page);

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        foreach (var folder in Folders)
        {
            var copy = Directory.CreateDirectory(Path.Combine(root, folder)).FullName;
            foreach (var table in Kinds.SelectMany(kind => Directory.GetFiles(Path.Combine(Committed(), folder), kind)))
            {
                File.Copy(table, Path.Combine(copy, Path.GetFileName(table)));
            }
        }

        var failures = SparseCore.Analysis.ResultFolders.drawAll(CancellationToken.None, Microsoft.FSharp.Core.FuncConvert.FromAction<string>(_ => { }), root);
        Assert.Empty(failures);
        browser = await Chromium.StartAsync();
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        if (browser is not null)
        {
            await browser.DisposeAsync();
        }

        Directory.Delete(root, recursive: true);
    }

    /// <summary>Opens a page offline, in a window of this width, and notes every complaint of the browser.</summary>
    internal async Task<OpenPage> OpenAsync(string folder, string page, int width)
    {
        var context = await browser!.NewContextAsync(new BrowserNewContextOptions { Offline = true, ViewportSize = new ViewportSize { Width = width, Height = 900 } });
        var opened = new OpenPage(context, await context.NewPageAsync());
        await opened.GoAsync(PathOf(folder, page));
        return opened;
    }

    private static string Committed() => Path.Combine(Repository.Root, "results");
}
