using System.Globalization;
using SparseCore.Engine;

namespace SparseCore.GpuChecks;

/// <summary>The same training steps in plain PyTorch, in plain_loop.py, where Python has it.</summary>
/// <param name="settings">Which Python and which device.</param>
internal sealed class PlainLoop(Settings settings)
{
    /// <summary>PyTorch's version; null where there is none.</summary>
    public string? Version { get; } = settings.Python == "none" ? null : ChildProcess.Run(60, settings.Python, "-c", "import torch; print(torch.__version__)").Output;

    /// <summary>What the table says of it after our time: the median time of a step, why there is none, or nothing without PyTorch.</summary>
    public string Measure(StepTimes times, Precision precision)
    {
        if (Version is null)
        {
            return "";
        }

        string[] numbers = [.. new[] { times.Data.Shape.Height, times.BatchSize, times.WarmUp, times.Steps }.Select(number => number.ToString(CultureInfo.InvariantCulture))];
        var (output, complaint) = ChildProcess.Run(
            120,
            settings.Python,
            [Path.Combine(AppContext.BaseDirectory, "plain_loop.py"), settings.Device, times.Network.Name, Precisions.NameOf(precision), .. numbers]);
        return output is null ? $"; PyTorch failed: {complaint}" : $"; PyTorch {output} ms";
    }
}
