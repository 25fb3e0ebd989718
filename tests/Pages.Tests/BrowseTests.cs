using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using Deque.AxeCore.Commons;
using Microsoft.Playwright;
using SparseCore.Parameters;
using SparseCore.Plans;
using SparseCore.RunFolders;
using SparseCore.Training;
using Xunit.Abstractions;

namespace Pages.Tests;

/// <summary>The page over a folder of runs, as a reader uses it.</summary>
[Collection(BrowseCollection.Name)]
public sealed class BrowseTests(BrowseServer server, ITestOutputHelper log)
{
    private const string Metric = "test_accuracy";
    private const string SetCurves = $"#/curves?metric={Metric}&where=method%3Dset&by=method";
    private const string Rows = "[...document.querySelectorAll('main table.list tbody tr')]";
    private const string Traces = "document.querySelector('main .js-plotly-plot').data";

    private static readonly int[] Widths = [390, 1280, 2560];
    private static readonly ColorScheme[] Schemes = [ColorScheme.Light, ColorScheme.Dark];

    /// <summary>A width and all views.</summary>
    public static TheoryData<int> AllWidths() => [.. Widths];

    private string ViewOfRigl => ViewOf(server.Rigl.Plan);

    private string PairOfTickets => $"#/pair/{server.Tickets[0].Plan.FolderName}/{server.Tickets[1].Plan.FolderName}";

    private string[] Views =>
    [
        "#/runs", "#/runs?by=method", SetCurves, "#/curves?smoothing=0.5&log=x,y", ViewOfRigl, $"{ViewOfRigl}?tab=masks", $"{ViewOfRigl}?tab=lineage", $"{ViewOfRigl}?tab=plan", $"{ViewOfRigl}?tab=checkpoints", PairOfTickets,
        ViewOf(server.Failed), $"#/run/{server.Unreadable}", "#/run/no-such-run", "#/pair",
    ];

    [BrowserFact]
    public async Task The_list_shows_every_run_and_how_far_it_came()
    {
        await using var page = await server.OpenAsync();
        var listed = await page.Page.EvaluateAsync<Dictionary<string, string>>($"Object.fromEntries({Rows}.map(row => [row.querySelector('th a').textContent, row.querySelector('.badge').textContent]))");
        var runs = await server.ListAsync();
        Assert.Equal(RunFolder.ListForVerification(server.Runs).Select(path => Path.GetFileName(path)), runs.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(runs.Keys.Order(StringComparer.Ordinal), listed.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, status) in listed)
        {
            Assert.Equal(
                name == server.Failed.FolderName ? "failed" : name == server.Stopped.FolderName ? "stopped" : name == server.Elsewhere.FolderName ? "running" : name == server.Unreadable ? "unreadable" : "finished",
                status);
        }

        Assert.Contains(BrowseServer.Failure, await RowAsync(page, server.Failed.FolderName), StringComparison.Ordinal);
        var elsewhere = await RowAsync(page, server.Elsewhere.FolderName);
        Assert.Contains("node7", elsewhere, StringComparison.Ordinal);
        Assert.Contains("1234_5", elsewhere, StringComparison.Ordinal);
        Assert.Contains("140 of 200", elsewhere, StringComparison.Ordinal);
        Assert.Empty(page.Complaints);
    }

    [BrowserFact]
    public async Task Conditions_order_and_columns_narrow_the_list_and_survive_a_reload()
    {
        await using var page = await server.OpenAsync();
        await page.Page.GetByLabel("Conditions", new PageGetByLabelOptions { Exact = true }).FillAsync("method=SET seed=1..5");
        await page.HoldsAsync($"{Rows}.length === 5");
        await page.Page.Locator("#list-sort-test_accuracy").ClickAsync();
        await page.HoldsAsync("location.hash.includes('sort=test_accuracy')");
        var runs = await server.ListAsync();
        double AccuracyOf(string name) => runs[name].GetProperty(Metric).GetDouble();
        var rising = server.Sets.Take(5).Select(plan => plan.FolderName).OrderBy(AccuracyOf).ToArray();
        Assert.Equal(rising, await NamesAsync(page));
        await page.Page.Locator("#list-sort-test_accuracy").ClickAsync();
        await page.HoldsAsync("location.hash.includes('sort=-test_accuracy')");
        Assert.Equal(rising.Reverse(), await NamesAsync(page));
        await page.Page.GetByText("Columns", new PageGetByTextOptions { Exact = true }).ClickAsync();
        await page.Page.GetByLabel("batch_size", new PageGetByLabelOptions { Exact = true }).CheckAsync();
        await page.HoldsAsync("[...document.querySelectorAll('main table.list thead th')].some(head => head.textContent === 'batch_size')");
        Assert.Contains("16", await RowAsync(page, rising[0]), StringComparison.Ordinal);
        await page.Page.ReloadAsync();
        await page.HoldsAsync($"{Rows}.length === 5");
        Assert.Equal(rising.Reverse(), await NamesAsync(page));
        Assert.Contains("batch_size", await page.TextsAsync("main table.list thead th"));
        Assert.Equal("method=SET seed=1..5", await page.Page.GetByLabel("Conditions", new PageGetByLabelOptions { Exact = true }).InputValueAsync());
        await page.Page.GetByLabel("Conditions", new PageGetByLabelOptions { Exact = true }).FillAsync("method");
        await page.HoldsAsync("document.getElementById('list-mistake').textContent.startsWith('where: expected')");
        Assert.Equal(5, (await NamesAsync(page)).Length);
        Assert.Empty(page.Complaints);
    }

    [BrowserFact]
    public async Task Groups_have_the_mean_and_the_interval_of_the_library()
    {
        await using var page = await server.OpenAsync("#/runs?by=method");
        await page.HoldsAsync($"{Rows}.length > 5");
        var row = $"{Rows}.find(row => row.querySelector('th').textContent === 'set')";
        var cells = await page.Page.EvaluateAsync<string[]>($"[...{row}.children].map(cell => cell.textContent)");
        var runs = await server.ListAsync();
        var accuracies = server.Sets.Select(plan => runs[plan.FolderName].GetProperty(Metric).GetDouble()).ToArray();
        var band = SparseCore.Analysis.Statistics.band(0.8, accuracies);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"{100 * band.Mean:F2}% ± {100 * (band.Upper - band.Mean):F2}%"), cells);
        Assert.Contains($"{BrowseServer.Seeds}", cells);
        await page.Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Show the runs of set", Exact = true }).ClickAsync();
        await page.HoldsAsync($"{Rows}.length === {BrowseServer.Seeds}");
        Assert.Equal(server.Sets.Select(plan => plan.FolderName).Order(StringComparer.Ordinal), (await NamesAsync(page)).Order(StringComparer.Ordinal));
        Assert.Empty(page.Complaints);
    }

    [BrowserFact]
    public async Task Curves_of_a_group_are_means_with_their_bands_in_the_plot_and_in_all_files()
    {
        await using var page = await server.OpenAsync(SetCurves);
        await page.HoldsAsync("document.querySelector('main .js-plotly-plot')?.data?.length > 0");
        var expected = Bands(server.Sets);
        var saved = await DownloadAsync(page, "CSV");
        var table = SparseCore.Analysis.Tables.ofCsv("curves", saved);
        AssertBands(expected, table);
        Assert.Equal(expected.Count, await page.Page.EvaluateAsync<int>($"{Traces}.filter(one => one.customdata)[0].x.length"));
        Assert.Equal("–", await page.Page.EvaluateAsync<string>("name => groupsOf([{ run: name }], ['method'])[0].name", server.Unreadable)); // a group without a value has a name all the same
        var byServer = await FigureAsync("csv");
        AssertBands(expected, SparseCore.Analysis.Tables.ofCsv("curves", byServer));
        var drawing = XDocument.Parse(await DownloadAsync(page, "SVG"));
        Assert.Contains(drawing.Descendants().Where(one => one.Name.LocalName == "polyline"), line => line.Attribute("points")!.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length == expected.Count);
        using var folder = new ScratchFolder();
        var file = Path.Combine(folder.Path, "figure.html");
        await File.WriteAllTextAsync(file, await DownloadAsync(page, "Page"));
        await using var figure = await server.OpenFileAsync(file, listed: false);
        Assert.Contains(expected.Count, await figure.Page.EvaluateAsync<int[]>("document.querySelector('.js-plotly-plot').data.map(one => one.x.length)"));
        Assert.Empty(figure.Complaints);
        Assert.Empty(page.Complaints);
    }

    [BrowserFact]
    public async Task Smoothing_keeps_the_values_before_it_in_sight()
    {
        await using var page = await server.OpenAsync($"#/curves?metric={Metric}&runs={server.Sets[0].FolderName}");
        await page.HoldsAsync("document.querySelector('main .js-plotly-plot')?.data?.length > 0");
        var raw = ValuesOf(server.Sets[0]).Select(row => row.Value).ToArray();
        Assert.Equal(raw, await page.Page.EvaluateAsync<double[]>($"{Traces}.find(one => one.x.length === {raw.Length} && one.yaxis !== 'y2').y"));
        await page.Page.GetByRole(AriaRole.Slider).FillAsync("0.6");
        await page.HoldsAsync($"{Traces}.filter(one => one.x.length === {raw.Length} && one.yaxis !== 'y2').length === 2");
        await page.HoldsAsync("location.hash.includes('smoothing=0.6')");
        var lines = await page.Page.EvaluateAsync<double[][]>($"{Traces}.filter(one => one.x.length === {raw.Length} && one.yaxis !== 'y2').map(one => one.y)");
        var (average, share) = (0.0, 0.0);
        var smooth = raw.Select(value =>
        {
            (average, share) = ((0.6 * average) + (0.4 * value), (0.6 * share) + 0.4);
            return average / share;
        }).ToArray();
        Assert.Equal(raw, lines[0]);
        Assert.All(smooth.Zip(lines[1]), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
        await page.Page.ReloadAsync();
        await page.HoldsAsync("document.querySelector('main .js-plotly-plot')?.data?.length > 1");
        Assert.Empty(page.Complaints);
    }

    [BrowserFact]
    public async Task All_tabs_of_a_run_open_and_its_masks_have_a_pixel_for_every_weight()
    {
        await using var page = await server.OpenAsync(ViewOfRigl);
        var tabs = page.Page.Locator("main [role=tab]");
        await tabs.First.WaitForAsync();
        Assert.True(await tabs.CountAsync() >= 4, $"{await tabs.CountAsync()} tabs");
        for (var index = 0; index < await tabs.CountAsync(); index++)
        {
            await tabs.Nth(index).ClickAsync();
            Assert.Equal("true", await tabs.Nth(index).GetAttributeAsync("aria-selected"));
            var panel = page.Page.Locator($"[id='{await tabs.Nth(index).GetAttributeAsync("aria-controls")}']");
            await panel.WaitForAsync();
            Assert.Equal(0, await panel.Locator(".error").CountAsync());
        }

        using var folder = RunFolder.Open(server.Runs, server.Rigl.Plan.FolderName);
        var masks = folder.ReadCheckpoint(MadeRuns.Steps, server.Rigl.Plan.Network.Build()).Masks;
        await page.Page.EvaluateAsync($"location.hash = '{ViewOfRigl}?tab=masks'");
        await page.HoldsAsync($"document.querySelectorAll('main canvas').length >= {masks.Count}");
        for (var layer = 0; layer < masks.Count; layer++)
        {
            var name = masks.Network.Layers[layer].Name;
            var active = await page.Page.EvaluateAsync<int[]>(
                """
                name => {
                  const canvas = document.querySelector(`main canvas[aria-label^="Mask of ${name},"]`);
                  const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
                  const wanted = [1, 3, 5].map(at => parseInt(colorsNow().mask.active.slice(at, at + 2), 16));
                  return [...Array(pixels.length / 4).keys()].filter(at => wanted.every((part, place) => pixels[4 * at + place] === part));
                }
                """,
                name);
            Assert.Equal(masks[layer].ActiveIndices(), active);
        }

        Assert.Empty(page.Complaints);
    }

    [BrowserFact]
    public async Task Lineage_leads_to_parents_and_back_to_children()
    {
        await using var page = await server.OpenAsync($"{ViewOf(server.Tickets[0].Plan)}?tab=lineage");
        await page.Page.Locator($"main li a[href='{ViewOf(server.Prune.Plan)}']").First.ClickAsync();
        await page.HoldsAsync($"location.hash.startsWith('{ViewOf(server.Prune.Plan)}')");
        await page.Page.EvaluateAsync($"location.hash = '{ViewOf(server.Prune.Plan)}?tab=lineage'");
        foreach (var ticket in server.Tickets)
        {
            await page.Page.Locator($"main li a[href='{ViewOf(ticket.Plan)}']").First.WaitForAsync();
        }

        await page.Page.Locator($"main li a[href='{ViewOf(server.Tickets[1].Plan)}']").First.ClickAsync();
        await page.HoldsAsync($"location.hash.startsWith('{ViewOf(server.Tickets[1].Plan)}')");
        Assert.Empty(page.Complaints);
    }

    [BrowserFact]
    public async Task Two_runs_side_by_side_differ_where_their_plans_and_masks_do()
    {
        var (first, second) = (server.Rigl.Plan, MadeRuns.Plan("rigl", 2).Plan);
        await using var page = await server.OpenAsync($"#/pair/{first.FolderName}/{second.FolderName}");
        await page.HoldsAsync("document.querySelector('main').textContent.includes('order_seed')");
        var text = await page.Page.Locator("main").InnerTextAsync();
        Assert.Contains("1001", text, StringComparison.Ordinal);
        Assert.Contains("1002", text, StringComparison.Ordinal);
        var pair = await server.GetAsync($"api/pair?first={first.FolderName}&second={second.FolderName}");
        var (one, other) = (MasksOf(first), MasksOf(second));
        var layers = pair.GetProperty("masks").EnumerateArray().ToArray();
        Assert.Equal(one.Count, layers.Length);
        for (var layer = 0; layer < layers.Length; layer++)
        {
            Assert.Equal(one[layer].ActiveCount, layers[layer].GetProperty("first").GetInt32());
            Assert.Equal(other[layer].ActiveCount, layers[layer].GetProperty("second").GetInt32());
            Assert.Equal(one[layer].Intersect(other[layer]).ActiveCount, layers[layer].GetProperty("both").GetInt32());
            Assert.Equal((double)one[layer].ActiveCount * other[layer].ActiveCount / one[layer].Length, layers[layer].GetProperty("chance").GetDouble(), 1e-9);
            Assert.Contains(one.Network.Layers[layer].Name, text, StringComparison.Ordinal);
        }

        Assert.Empty(page.Complaints);
    }

    [BrowserFact]
    public async Task A_run_that_is_trained_meanwhile_appears_rises_and_says_when_it_is_deleted()
    {
        var run = MadeRuns.Plan("set", 50, 400);
        var name = run.Plan.FolderName;
        await using var page = await server.OpenAsync();
        await page.Page.EvaluateAsync("window.notReloaded = true");
        var progress = new SlowProgress(TimeSpan.FromMilliseconds(10));
        var training = Task.Run(() => MadeRuns.Train(server.Runs, progress, run));
        await page.HoldsAsync($"app.runs.get('{name}')?.status === 'running'");
        Assert.Contains("running", await RowAsync(page, name), StringComparison.Ordinal);
        foreach (var step in new[] { 100, 200, 300 })
        {
            await progress.ReachedAsync(step);
            await page.HoldsAsync($"Number({Rows}.find(row => row.querySelector('th a').textContent === '{name}').querySelector('progress')?.value) >= {step}", 3);
        }

        await training;
        await page.HoldsAsync($"{Rows}.find(row => row.querySelector('th a').textContent === '{name}').querySelector('.badge').textContent === 'finished'", 3);
        Assert.True(await page.Page.EvaluateAsync<bool>("window.notReloaded === true"));
        Assert.Empty(page.Complaints);
        await page.Page.EvaluateAsync($"location.hash = '{ViewOf(run.Plan)}'");
        await page.Page.Locator("main [role=tab]").First.WaitForAsync();
        Directory.Delete(Path.Combine(server.Runs, name), recursive: true);
        await page.HoldsAsync($"!app.runs.has('{name}')", 5);
        await page.HoldsAsync("/deleted|no longer|not in (this|the) folder|is gone/.test(document.querySelector('main').innerText)", 3);
    }

    [BrowserFact]
    public async Task The_exported_file_opens_without_a_server()
    {
        using var folder = new ScratchFolder();
        var file = Path.Combine(folder.Path, "runs.html");
        var (code, output, errors) = await BrowseCommand.RunAsync($"runs={server.Runs}", $"out={file}", "open=false");
        Assert.True(code == 0, output + errors);
        await using var page = await server.OpenFileAsync(file);
        Assert.Equal((await server.ListAsync()).Keys.Order(StringComparer.Ordinal), (await NamesAsync(page)).Order(StringComparer.Ordinal));
        await page.Page.GetByLabel("Conditions", new PageGetByLabelOptions { Exact = true }).FillAsync("method=set");
        await page.HoldsAsync($"{Rows}.length === {BrowseServer.Seeds}");
        await page.Page.EvaluateAsync($"location.hash = '{SetCurves}'");
        await page.HoldsAsync("document.querySelector('main .js-plotly-plot')?.data?.length > 0");
        AssertBands(Bands(server.Sets), SparseCore.Analysis.Tables.ofCsv("curves", await DownloadAsync(page, "CSV")));
        await page.Page.EvaluateAsync($"location.hash = '{ViewOfRigl}?tab=masks'");
        await page.HoldsAsync("document.querySelectorAll('main canvas').length > 0");
        await page.Page.EvaluateAsync($"location.hash = '{PairOfTickets}'");
        await page.HoldsAsync("document.querySelector('main').textContent.includes('order_seed')");
        Assert.Equal(0, await page.OverhangAsync());
        Assert.Empty(page.Complaints);
    }

    [BrowserFact]
    public async Task Every_view_is_accessible_in_light_and_in_dark()
    {
        const string check =
            """
            async rules => {
              const found = await axe.run(document, { resultTypes: ['violations'], ...(rules === null ? {} : { runOnly: rules }) });
              return found.violations.map(one => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map(node => node.html).join('; ')}`);
            }
            """;
        foreach (var scheme in Schemes)
        {
            await using var page = await server.OpenAsync(scheme: scheme);
            await page.Page.EvaluateAsync(new BundledAxeScriptProvider().GetScript());
            Assert.NotEmpty(await page.Page.EvaluateAsync<string[]>("async () => { const image = new Image(); document.body.append(image); const found = await axe.run(image); image.remove(); return found.violations.map(one => one.id); }")); // it does look
            // Nothing but colors differs between the schemes.
            var rules = scheme == ColorScheme.Light ? null : "color-contrast";
            foreach (var view in scheme == ColorScheme.Light ? Views : ["#/runs", SetCurves, $"{ViewOfRigl}?tab=masks"])
            {
                await GoAsync(page, view);
                var found = await page.Page.EvaluateAsync<string[]>(check, rules);
                Assert.True(found.Length == 0, $"{view}, {scheme}: {string.Join('\n', found)}");
            }
        }
    }

    [BrowserTheory]
    [MemberData(nameof(AllWidths))]
    public async Task No_view_is_wider_than_its_window(int width)
    {
        await using var page = await server.OpenAsync(width: width);
        foreach (var view in Views)
        {
            await GoAsync(page, view);
            for (var tries = 0; tries < 20 && await page.OverhangAsync() > 0; tries++)
            {
                await page.Page.WaitForTimeoutAsync(100); // a plot follows its page a moment later
            }

            Assert.True(await page.OverhangAsync() == 0, $"{view} is {await page.OverhangAsync()} pixels wider than {width}");
        }
    }

    [BrowserFact]
    public async Task The_keyboard_alone_reaches_the_list_a_run_and_its_tabs()
    {
        await using var page = await server.OpenAsync();
        await TabToAsync(page, "a.skip");
        await page.Page.Keyboard.PressAsync("Enter");
        await TabToAsync(page, "main table.list tbody a[href^='#/run/']");
        await page.Page.Keyboard.PressAsync("Enter");
        await page.HoldsAsync("location.hash.startsWith('#/run/')");
        await page.Page.Locator("main [role=tab]").First.WaitForAsync();
        await TabToAsync(page, "main [role=tab][aria-selected=true]");
        await page.Page.Keyboard.PressAsync("ArrowRight");
        await page.HoldsAsync("document.activeElement.getAttribute('role') === 'tab'");
        await page.Page.Keyboard.PressAsync("Enter");
        await page.HoldsAsync("document.activeElement.getAttribute('aria-selected') === 'true' && document.activeElement !== document.querySelector('main [role=tab]')");
        await page.Page.GoBackAsync();
        Assert.Empty(page.Complaints);
    }

    [BrowserFact]
    public async Task Hundreds_of_runs_that_change_all_the_time_cost_the_page_a_few_rows_each()
    {
        // 2,000 where the longest frame is measured, as results/README.md has it; writing so many takes a while.
        var runs = int.Parse(Environment.GetEnvironmentVariable("BROWSE_RUNS") ?? "200", CultureInfo.InvariantCulture);
        const int changes = 50;
        using var folder = new ScratchFolder();
        var plans = Enumerable.Range(1, runs).Select(seed => MadeRuns.OfRows("set", seed, 10)).ToArray();
        Parallel.ForEach(plans, new ParallelOptions { MaxDegreeOfParallelism = 16 }, plan => MadeRuns.Write(folder.Path, plan));
        await using var command = await BrowseCommand.StartAsync($"runs={folder.Path}");
        await using var page = await server.OpenAsync("#/runs?sort=-changed", address: command.Address.AbsoluteUri);
        await page.HoldsAsync($"app.runs.size === {runs} && document.querySelectorAll('main tbody tr').length === 100");
        await page.Page.EvaluateAsync(
            """
            window.longest = 0;
            let last = performance.now();
            const beat = () => {
              const now = performance.now();
              window.longest = Math.max(window.longest, now - last);
              last = now;
              requestAnimationFrame(beat);
            };
            requestAnimationFrame(beat);
            window.written = 0;
            const size = node => 1 + (node instanceof Element ? node.querySelectorAll("*").length : 0);
            new MutationObserver(seen => { for (const one of seen) for (const node of one.addedNodes) window.written += size(node); })
              .observe(document.querySelector("main tbody"), { childList: true, subtree: true });
            """);
        var version = await page.Page.EvaluateAsync<double>("Math.max(...[...app.runs.values()].map(run => run.changed))");
        for (var turn = 0; turn < changes; turn++)
        {
            MadeRuns.Write(folder.Path, plans[(turn * 37) % runs]);
            await Task.Delay(100);
        }

        var lastWritten = Uri.EscapeDataString(plans[((changes - 1) * 37) % runs].FolderName);
        await page.HoldsAsync($"app.runs.get(decodeURIComponent('{lastWritten}')).changed > {version.ToString(CultureInfo.InvariantCulture)}");
        var longest = await page.Page.EvaluateAsync<double>("window.longest");
        var written = await page.Page.EvaluateAsync<int>("window.written");
        log.WriteLine(string.Create(CultureInfo.InvariantCulture, $"longest frame {longest:F0} ms, {written} nodes written"));

        // A change writes a few rows of some 30 nodes: the run's, as it is made, and the one that leaves the page. All 100 rows would be 3,000.
        Assert.InRange(written, 1, changes * 300);
        Assert.Empty(page.Complaints);
    }

    [BrowserFact]
    public async Task Runs_of_those_who_mean_harm_are_shown_as_text_and_stop_nothing()
    {
        using var folder = new ScratchFolder();
        var root = HostileRuns.Write(folder.Path);
        try
        {
            await using var command = await BrowseCommand.StartAsync($"runs={root}");
            var address = command.Address.AbsoluteUri;
            var text = await server.Client.GetStringAsync(address + "api/runs");
            Assert.DoesNotContain(HostileRuns.Secret, text, StringComparison.Ordinal);
            using var list = JsonDocument.Parse(text);
            var names = list.RootElement.GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("name").GetString()!).ToArray();
            Assert.True(names.Length > 50, $"{names.Length} runs");
            Assert.Contains(list.RootElement.GetProperty("runs").EnumerateArray(), run => run.GetProperty("status").GetString() == "unreadable");
            await using var page = await server.OpenAsync(address: address);
            page.Page.Dialog += (_, dialog) => Assert.Fail($"A run opened a dialog: {dialog.Message}");
            await AssertNoMarkupAsync(page, "the list");
            foreach (var name in names)
            {
                var encoded = Uri.EscapeDataString(name);
                foreach (var path in new[] { $"api/run?name={encoded}", $"api/masks?name={encoded}&step=100", $"api/pair?first={encoded}&second={encoded}" })
                {
                    using var answer = await server.Client.GetAsync(address + path);
                    var said = await answer.Content.ReadAsStringAsync();
                    Assert.True((int)answer.StatusCode is 200 or 400 or 404 or 500, $"{path}: {answer.StatusCode}");
                    Assert.DoesNotContain("fault", answer.IsSuccessStatusCode ? "" : said, StringComparison.Ordinal); // a damaged run is no bug of the server's
                    Assert.DoesNotContain(HostileRuns.Secret, said, StringComparison.Ordinal);
                }

                if (name.Length % 6 != 0)
                {
                    continue; // a sixth of them is enough for the browser, which takes its time
                }

                await page.Page.EvaluateAsync("address => location.hash = address", $"#/run/{encoded}");
                await page.HoldsAsync("document.querySelector('main').textContent.length > 0 && !document.querySelector('main [aria-busy]')");
                await AssertNoMarkupAsync(page, name);
            }

            foreach (var metric in new[] { Metric, "test_loss", "__proto__" })
            {
                using var content = new StringContent(JsonSerializer.Serialize(new { metric, runs = names }), System.Text.Encoding.UTF8, "application/json");
                using var answer = await server.Client.PostAsync(address + "api/curves", content);
                Assert.True((int)answer.StatusCode is 200 or 400, $"{answer.StatusCode}");
                Assert.DoesNotContain(HostileRuns.Secret, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            }

            await page.Page.EvaluateAsync("location.hash = '#/curves?by=method'");
            await page.HoldsAsync("!document.querySelector('main [aria-busy]')");
            await AssertNoMarkupAsync(page, "curves");
            await page.Page.EvaluateAsync("location.hash = '#/runs?by=method,data'");
            await page.HoldsAsync($"{Rows}.length > 0");
            await AssertNoMarkupAsync(page, "groups");
            Assert.True(await page.Page.EvaluateAsync<bool>("({}).polluted === undefined"));
        }
        finally
        {
            HostileRuns.Clean(root);
        }
    }

    private static string ViewOf(TrainingPlan plan) => $"#/run/{plan.FolderName}";

    /// <summary>Goes to a view of the same page and waits until it has come to rest.</summary>
    private static async Task GoAsync(OpenPage page, string view)
    {
        await page.Page.EvaluateAsync("address => location.hash = address", view);
        await page.HoldsAsync("document.querySelector('main').textContent.length > 0 && !document.querySelector('main [aria-busy]')");
        await page.Page.WaitForTimeoutAsync(100); // a plot is drawn a moment later
    }

    /// <summary>Presses Tab until what a selector finds has the focus, which must be seen.</summary>
    private static async Task TabToAsync(OpenPage page, string selector)
    {
        for (var tries = 0; tries < 150; tries++)
        {
            await page.Page.Keyboard.PressAsync("Tab");
            if (await page.Page.EvaluateAsync<bool>("selector => document.activeElement.matches(selector)", selector))
            {
                Assert.NotEqual("none", await page.Page.EvaluateAsync<string>("getComputedStyle(document.activeElement).outlineStyle"));
                return;
            }
        }

        Assert.Fail($"Tab does not reach {selector}.");
    }

    private static async Task AssertNoMarkupAsync(OpenPage page, string where)
    {
        var found = await page.Page.EvaluateAsync<string[]>(
            "[...document.querySelectorAll('script:not([src]), img, iframe, object, embed, [onerror], [onload], [onmouseover], a[href^=\"javascript:\" i]')].map(one => one.outerHTML)");
        Assert.True(found.Length == 0, $"{where}: {string.Join(' ', found)}");
        Assert.DoesNotContain(HostileRuns.Secret, await page.Page.Locator("body").InnerTextAsync(), StringComparison.Ordinal);
    }

    private static Task<string[]> NamesAsync(OpenPage page) => page.Page.EvaluateAsync<string[]>($"{Rows}.map(row => row.querySelector('th a').textContent)");

    private static Task<string> RowAsync(OpenPage page, string name) => page.Page.EvaluateAsync<string>($"{Rows}.find(row => row.querySelector('th a').textContent === '{name}').textContent");

    /// <summary>The text of the file that a button gives.</summary>
    private static async Task<string> DownloadAsync(OpenPage page, string button)
    {
        var download = await page.Page.RunAndWaitForDownloadAsync(() => page.Page.Locator("main").GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = button, Exact = true }).ClickAsync());
        return await File.ReadAllTextAsync(await download.PathAsync());
    }

    private async Task<string> FigureAsync(string form)
    {
        using var answer = await server.PostAsync(
            "api/figure",
            new { form, metric = Metric, groups = new[] { new { name = "set", runs = server.Sets.Select(plan => plan.FolderName).ToArray() } }, logX = false, logY = false, smoothing = 0.0 });
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadAsStringAsync();
    }

    private MaskSet MasksOf(TrainingPlan plan)
    {
        using var folder = RunFolder.Open(server.Runs, plan.FolderName);
        return folder.ReadCheckpoint(MadeRuns.Steps, plan.Network.Build()).Masks;
    }

    private MetricRow[] ValuesOf(TrainingPlan plan)
    {
        using var folder = RunFolder.Open(server.Runs, plan.FolderName);
        return [.. folder.ReadMetrics().Where(row => row.Metric == Metric)];
    }

    /// <summary>Mean and interval at every step, by the library.</summary>
    private List<(int Step, SparseCore.Analysis.Statistics.Band Band)> Bands(IEnumerable<TrainingPlan> plans) =>
        [.. plans.SelectMany(ValuesOf).GroupBy(row => row.Step).OrderBy(step => step.Key).Select(step => (step.Key, SparseCore.Analysis.Statistics.band(0.8, [.. step.Select(row => row.Value)])))];

    private static void AssertBands(List<(int Step, SparseCore.Analysis.Statistics.Band Band)> expected, SparseCore.Analysis.Tables.Table table)
    {
        Assert.Equal(expected.Count, table.Rows.Length);
        foreach (var ((step, band), row) in expected.Zip(table.Rows))
        {
            double Cell(string column) => double.Parse(row.Cells[Array.IndexOf(table.Columns, column)], CultureInfo.InvariantCulture);
            Assert.Equal(step, Cell("step"));
            Assert.Equal(band.Mean, Cell("mean"), 1e-12);
            Assert.Equal(band.Lower, Cell("lower"), 1e-9);
            Assert.Equal(band.Upper, Cell("upper"), 1e-9);
            Assert.Equal(BrowseServer.Seeds, Cell("runs"));
        }
    }

    /// <summary>Makes every step take a while, and says how far the run is.</summary>
    private sealed class SlowProgress(TimeSpan pause) : IRunProgress
    {
        private volatile int reached;

        public void Started(TrainingPlan plan, int step) => reached = step;

        public void Advanced(TrainingPlan plan, int step)
        {
            reached = step;
            Thread.Sleep(pause);
        }

        public void Finished(TrainingPlan plan, bool trained) => reached = plan.Steps;

        public void Failed(TrainingPlan plan, string reason)
        {
            // The graph lists it.
        }

        public void Warned(TrainingPlan plan, string message)
        {
            // Warnings change nothing.
        }

        /// <summary>Waits until a step is done.</summary>
        public async Task ReachedAsync(int step)
        {
            while (reached < step)
            {
                await Task.Delay(10);
            }
        }
    }
}
