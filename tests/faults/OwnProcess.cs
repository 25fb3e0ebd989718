using System.Diagnostics;

namespace SparseCore.Faults;

/// <summary>This program in a process of its own, whose memory, handles and threads nobody else touches.</summary>
internal static class OwnProcess
{
    /// <summary>How to start this program.</summary>
    /// <param name="arguments">The verb and what follows it.</param>
    public static ProcessStartInfo StartInfo(params string[] arguments) =>
        new("dotnet", [Path.Combine(AppContext.BaseDirectory, "SparseCore.Faults.dll"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };

    /// <summary>Runs this program to its end.</summary>
    public static (int ExitCode, string Output, string Errors) Run(params string[] arguments)
    {
        using var process = Process.Start(StartInfo(arguments))!;
        var errors = process.StandardError.ReadToEndAsync(); // both at once: a full pipe would stop the process
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }
}
