using Microsoft.Playwright;

namespace Pages.Tests;

/// <summary>A page in the browser, with what the browser complained about: errors, and whatever it wanted from elsewhere.</summary>
internal sealed class OpenPage : IAsyncDisposable
{
    private readonly IBrowserContext context;
    private readonly List<string> complaints = [];

    public OpenPage(IBrowserContext context, IPage page)
    {
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
        page.RequestFailed += (_, request) => complaints.Add($"failed: {request.Url}");
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith("file:", StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal) && !request.Url.StartsWith("blob:", StringComparison.Ordinal))
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

    public async Task GoAsync(string path) =>
        await Page.GotoAsync(new Uri(path).AbsoluteUri, new PageGotoOptions { WaitUntil = WaitUntilState.Load });

    public async ValueTask DisposeAsync() => await context.DisposeAsync();
}
