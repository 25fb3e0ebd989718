using System.Diagnostics;

namespace SparseCore.Tests;

/// <summary>Files that whoever opens them would wait for.</summary>
internal static class NamedPipe
{
    /// <summary>Makes a named pipe.</summary>
    public static void Make(string path)
    {
        using var process = Process.Start("mkfifo", [path]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    /// <summary>What an action throws; fails where it waits for a pipe instead.</summary>
    public static async Task<Exception> RefusalOf(Action action)
    {
        var refusal = await Record.ExceptionAsync(() => Task.Run(action).WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.NotNull(refusal);
        Assert.IsNotType<TimeoutException>(refusal);
        return refusal;
    }
}
