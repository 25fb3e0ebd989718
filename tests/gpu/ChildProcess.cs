using System.Diagnostics;

namespace SparseCore.GpuChecks;

/// <summary>Programs of the machine that may be there or not.</summary>
internal static class ChildProcess
{
    /// <summary>Runs a program.</summary>
    /// <param name="seconds">Seconds until it is ended.</param>
    /// <param name="program">Its name or path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>What it wrote, or null where it is not there, was too slow or failed; then the last line that it complained with.</returns>
    public static (string? Output, string Complaint) Run(int seconds, string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var output = process.StandardOutput.ReadToEndAsync();
            var errors = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(TimeSpan.FromSeconds(seconds)))
            {
                process.Kill(entireProcessTree: true);
                return (null, $"not done after {seconds} seconds");
            }

            var text = output.Result.Trim();
            return process.ExitCode == 0 ? (text, "") : (null, errors.Result.Trim().Split('\n')[^1]);
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            return (null, error.Message);
        }
    }
}
