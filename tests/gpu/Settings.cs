using System.Globalization;

namespace SparseCore.GpuChecks;

/// <summary>What the user set.</summary>
/// <param name="Device">"cuda", "cuda:1" or "cpu".</param>
/// <param name="Torch">The folder of libtorch; null to look where the toolkit looks.</param>
/// <param name="Python">The interpreter for the plain PyTorch loop; "none" to leave it out.</param>
/// <param name="Threads">Threads of the processor's engines.</param>
/// <param name="IsQuick">Whether few cases and steps are enough.</param>
/// <param name="IsRepeatable">Whether the processor's bits shall not depend on the threads.</param>
internal sealed record Settings(string Device, string? Torch, string Python, int Threads, bool IsQuick, bool IsRepeatable)
{
    private static readonly string[] Keys = ["device", "torch", "python", "threads", "quick", "repeatable"];

    /// <summary>Whether the device is the processor, where everything is smaller.</summary>
    public bool IsOnProcessor => Device == "cpu";

    /// <summary>Reads "key=value" arguments.</summary>
    /// <exception cref="ArgumentException">An argument is none of them; the message lists those that are.</exception>
    public static Settings Parse(IEnumerable<string> arguments)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var argument in arguments)
        {
            var parts = argument.Split('=', 2);
            if (parts.Length != 2 || !Keys.Contains(parts[0]))
            {
                throw new ArgumentException($"Expected settings of {string.Join(", ", Keys.Select(key => $"{key}=..."))}, found '{argument}'.");
            }

            values[parts[0]] = parts[1];
        }

        var threads = values.GetValueOrDefault("threads", Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture));
        return new Settings(
            values.GetValueOrDefault("device", "cuda"),
            values.GetValueOrDefault("torch"),
            values.GetValueOrDefault("python", "python3"),
            int.TryParse(threads, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
                ? count
                : throw new ArgumentException($"threads: expected a number of 1 or more, found '{threads}'."),
            values.GetValueOrDefault("quick") == "true",
            values.GetValueOrDefault("repeatable") == "true");
    }
}
