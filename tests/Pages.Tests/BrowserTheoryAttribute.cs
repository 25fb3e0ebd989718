namespace Pages.Tests;

/// <summary>Tests that need a browser; without one they are reported as skipped, which .ci/run counts as a failure.</summary>
internal sealed class BrowserTheoryAttribute : TheoryAttribute
{
    public BrowserTheoryAttribute() => Skip = Chromium.Program is null ? "No Chromium on the PATH: apt-get install chromium" : null!;
}
