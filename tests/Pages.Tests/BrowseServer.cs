using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.Playwright;
using SparseCore.Plans;
using SparseCore.RunFolders;

namespace Pages.Tests;

/// <summary>The browsing command on a folder of about 40 runs, some of them trained, and a browser that reaches nothing else.</summary>
public sealed class BrowseServer : IAsyncLifetime
{
    /// <summary>Why the failed run failed.</summary>
    public const string Failure = "The loss is NaN at step 80. The learning rate there is 0.1: try a smaller one.";

    /// <summary>Seeds of every method that is only written.</summary>
    public const int Seeds = 7;

    private const string Listed = "typeof app === 'object' && app.runs.size > 0";

    private static readonly string[] WrittenMethods = ["baseline", "set", "snip", "magnitude", "rigl"];

    private BrowseCommand? command;
    private Chromium.Running? browser;
    private Timer? signs;

    /// <summary>The folder of runs.</summary>
    public string Runs { get; } = Directory.CreateTempSubdirectory("browse-").FullName;

    /// <summary>The address, with a '/' at the end.</summary>
    public string Address => Command.Address.AbsoluteUri;

    /// <summary>Asks the server without a browser.</summary>
    public HttpClient Client { get; } = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false }) { Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>A pruning run that was trained.</summary>
    internal PlannedRun Prune { get; } = MadeRuns.Plan("prune", 1);

    /// <summary>Tickets that were trained; they derive from <see cref="Prune"/>.</summary>
    internal IReadOnlyList<PlannedRun> Tickets { get; } = [MadeRuns.Plan("lottery", 1), MadeRuns.Plan("lottery", 2)];

    /// <summary>A run with mask updates that was trained.</summary>
    internal PlannedRun Rigl { get; } = MadeRuns.Plan("rigl", 1);

    /// <summary>Runs of one method and other seeds, finished and only written.</summary>
    internal IReadOnlyList<TrainingPlan> Sets { get; } = [.. Enumerable.Range(1, Seeds).Select(seed => MadeRuns.Plan("set", seed).Plan)];

    internal TrainingPlan Failed { get; } = MadeRuns.Plan("synflow", 1).Plan;

    internal TrainingPlan Stopped { get; } = MadeRuns.Plan("snfs", 1).Plan;

    /// <summary>A run that another machine makes.</summary>
    internal TrainingPlan Elsewhere { get; } = MadeRuns.Plan("dsr", 1).Plan;

    /// <summary>Name of a folder whose plan is cut.</summary>
    internal string Unreadable { get; } = MadeRuns.Plan("baseline", 99).Plan.FolderName;

    private BrowseCommand Command => command ?? throw new InvalidOperationException("The command was not started.");

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        MadeRuns.Train(Runs, [Prune, .. Tickets, MadeRuns.Plan("scratch", 1), Rigl]);
        var written = WrittenMethods.SelectMany(method => Enumerable.Range(1, Seeds).Select(seed => MadeRuns.Plan(method, seed).Plan)).Where(plan => plan.Hash != Rigl.Plan.Hash);
        Parallel.ForEach(written, plan => MadeRuns.Write(Runs, plan));
        MadeRuns.Write(Runs, Failed, 80, RunStatus.Failed, Failure);
        MadeRuns.Write(Runs, Stopped, 100, RunStatus.Running);
        MadeRuns.Write(Runs, Elsewhere, 140, RunStatus.Running);
        var holder = MadeRuns.Hold(Runs, Elsewhere, "node7", 4711, "1234_5");
        signs = new Timer(_ => File.SetLastWriteTimeUtc(holder, DateTime.UtcNow), null, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(20));
        Directory.CreateDirectory(Path.Combine(Runs, Unreadable));
        await File.WriteAllTextAsync(Path.Combine(Runs, Unreadable, "plan.json"), MadeRuns.Plan("baseline", 99).Plan.ToCanonicalJson()[..200]);
        command = await BrowseCommand.StartAsync($"runs={Runs}");
        browser = await Chromium.StartAsync();
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        if (browser is not null)
        {
            await browser.DisposeAsync();
        }

        if (command is not null)
        {
            await command.DisposeAsync();
        }

        if (signs is not null)
        {
            await signs.DisposeAsync();
        }

        Client.Dispose();
        Directory.Delete(Runs, recursive: true);
    }

    /// <summary>Opens a view ("#/run/NAME") of this server, or of another one, and waits until the list of runs is there.</summary>
    internal async Task<OpenPage> OpenAsync(string view = "", int width = 1280, ColorScheme scheme = ColorScheme.Light, string? address = null)
    {
        var origin = address ?? Address;
        var context = await browser!.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = 900 },
            ColorScheme = scheme,
            AcceptDownloads = true,
        });
        var opened = new OpenPage(context, await context.NewPageAsync(), origin.Split('?')[0]);
        await opened.GoAsync(origin + view);
        await opened.HoldsAsync(Listed);
        return opened;
    }

    /// <summary>Opens a file without a network.</summary>
    /// <param name="path">The file.</param>
    /// <param name="listed">Whether to wait for a list of runs in it.</param>
    internal async Task<OpenPage> OpenFileAsync(string path, bool listed = true)
    {
        var context = await browser!.NewContextAsync(new BrowserNewContextOptions { Offline = true, ViewportSize = new ViewportSize { Width = 1280, Height = 900 } });
        var opened = new OpenPage(context, await context.NewPageAsync());
        await opened.GoAsync(path);
        if (listed)
        {
            await opened.HoldsAsync(Listed);
        }

        return opened;
    }

    /// <summary>What the server answers to GET, which must be JSON.</summary>
    internal async Task<JsonElement> GetAsync(string path) => await Client.GetFromJsonAsync<JsonElement>(Address + path);

    /// <summary>What the server answers to POST.</summary>
    internal Task<HttpResponseMessage> PostAsync(string path, object body) => Client.PostAsJsonAsync(Address + path, body);

    /// <summary>The runs by name, as the server lists them now.</summary>
    internal async Task<IReadOnlyDictionary<string, JsonElement>> ListAsync() =>
        (await GetAsync("api/runs")).GetProperty("runs").EnumerateArray().ToDictionary(run => run.GetProperty("name").GetString()!, StringComparer.Ordinal);

    /// <summary>Sends bytes as they are, so that nothing puts a path or a header right on the way.</summary>
    /// <returns>Everything that comes back until the server closes or is silent; empty where it only closes.</returns>
    internal async Task<string> SendAsync(ReadOnlyMemory<byte> request, double seconds = 5)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        using var client = new TcpClient();
        var answer = new StringBuilder();
        try
        {
            await client.ConnectAsync(Command.Address.Host, Command.Address.Port, limit.Token);
            var stream = client.GetStream();
            await stream.WriteAsync(request, limit.Token);
            var buffer = new byte[1 << 16];
            while (await stream.ReadAsync(buffer, limit.Token) is > 0 and var length)
            {
                answer.Append(Encoding.UTF8.GetString(buffer, 0, length));
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
        {
            // What has come so far is the answer.
        }

        return answer.ToString();
    }
}
