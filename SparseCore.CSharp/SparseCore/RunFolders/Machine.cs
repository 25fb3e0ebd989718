using System.Runtime.InteropServices;

namespace SparseCore.RunFolders;

/// <summary>Where a run was computed. It decides nothing: equal plans of the CPU engine give equal bits on every machine.</summary>
/// <param name="Processor">The processor's name.</param>
/// <param name="Cores">Logical cores available to the process.</param>
/// <param name="OperatingSystem">Name and version of the operating system.</param>
/// <param name="Runtime">Name and version of the .NET runtime.</param>
public sealed record Machine(string Processor, int Cores, string OperatingSystem, string Runtime)
{
    /// <summary>The machine this process runs on.</summary>
    public static Machine Current { get; } = new(
        ProcessorName(), Environment.ProcessorCount, RuntimeInformation.OSDescription, RuntimeInformation.FrameworkDescription);

    private static string ProcessorName()
    {
        try
        {
            const string linuxList = "/proc/cpuinfo";
            var line = File.Exists(linuxList)
                ? File.ReadLines(linuxList).FirstOrDefault(text => text.StartsWith("model name", StringComparison.Ordinal))
                : null;
            if (line?.Split(':', 2) is [_, var name])
            {
                return name.Trim();
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Falls through to what the runtime knows.
        }

        return Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
