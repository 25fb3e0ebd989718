using Microsoft.Playwright;

namespace Pages.Tests;

/// <summary>A page in the browser, with what the browser complained about: errors, and whatever it wanted from elsewhere.</summary>
internal sealed class OpenPage : IAsyncDisposable
{
    private static readonly string[] Own = ["file:", "data:", "blob:"];

    private readonly IBrowserContext context;
    private readonly List<string> complaints = [];

    /// <param name="context">Its window.</param>
    /// <param name="page">The page.</param>
    /// <param name="origin">The server that it may ask, with a '/' at the end; null for none. That it leaves the server's events is no failure.</param>
    public OpenPage(IBrowserContext context, IPage page, string? origin = null)
    {
        string[] allowed = origin is null ? Own : [.. Own, origin];
        this.context = context;
        Page = page;
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                complaints.Add(message.Text);
            }
        };
        page.PageError += (_, error) => complaints.Add(error);
        page.RequestFailed += (_, request) =>
        {
            if (origin is null || !request.Url.StartsWith($"{origin}api/events", StringComparison.Ordinal))
            {
                complaints.Add($"failed: {request.Url}");
            }
        };
        page.Request += (_, request) =>
        {
            if (!allowed.Any(beginning => request.Url.StartsWith(beginning, StringComparison.Ordinal)))
            {
                complaints.Add($"asked for {request.Url}");
            }
        };
    }

    public IPage Page { get; }

    /// <summary>What the browser complained about so far.</summary>
    public IReadOnlyList<string> Complaints => complaints;

    /// <summary>The texts of all elements that a selector finds.</summary>
    public async Task<IReadOnlyList<string>> TextsAsync(string selector) =>
        [.. (await Page.Locator(selector).AllTextContentsAsync()).Select(text => text.ReplaceLineEndings(" ").Trim())];

    /// <summary>How many pixels the page is wider than its window.</summary>
    public Task<int> OverhangAsync() => Page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");

    /// <summary>Waits until an expression of the page holds.</summary>
    /// <exception cref="TimeoutException">It does not within the time.</exception>
    public async Task HoldsAsync(string expression, double seconds = 10)
    {
        // Not WaitForFunction: pages that forbid eval stop it.
        for (var end = DateTime.UtcNow.AddSeconds(seconds); !await Page.EvaluateAsync<bool>($"() => Boolean({expression})");)
        {
            if (DateTime.UtcNow > end)
            {
                throw new TimeoutException($"Within {seconds} s it did not come to hold that {expression}. Complaints: {string.Join("; ", complaints)}");
            }

            await Task.Delay(50);
        }
    }

    public async Task GoAsync(string path) =>
        await Page.GotoAsync(new Uri(path).AbsoluteUri, new PageGotoOptions { WaitUntil = WaitUntilState.Load });

    public async ValueTask DisposeAsync() => await context.DisposeAsync();
}
