namespace Pages.Tests;

/// <summary>As <see cref="BrowserTheoryAttribute"/>, for a test without cases.</summary>
internal sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute() => Skip = Chromium.Program is null ? "No Chromium on the PATH: apt-get install chromium" : null!;
}
