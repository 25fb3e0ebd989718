using Microsoft.Playwright;

namespace Pages.Tests;

/// <summary>The browser that is installed here; Playwright's own download is not used.</summary>
internal static class Chromium
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome"];

    /// <summary>Its program, on the PATH; null where there is none.</summary>
    public static string? Program { get; } = (
        from name in Names
        from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        let path = Path.Combine(folder, name)
        where File.Exists(path)
        select path).FirstOrDefault();

    /// <summary>Starts it, without a window; null where there is none.</summary>
    public static async Task<Running?> StartAsync()
    {
        if (Program is null)
        {
            return null;
        }

        var playwright = await Playwright.CreateAsync();
        return new Running(playwright, await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Program,
            Args = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        }));
    }

    /// <summary>A browser that was started.</summary>
    public sealed class Running(IPlaywright playwright, IBrowser browser) : IAsyncDisposable
    {
        /// <summary>Opens a window of its own.</summary>
        public Task<IBrowserContext> NewContextAsync(BrowserNewContextOptions options) => browser.NewContextAsync(options);

        /// <inheritdoc/>
        public async ValueTask DisposeAsync()
        {
            await browser.DisposeAsync();
            playwright.Dispose();
        }
    }
}
