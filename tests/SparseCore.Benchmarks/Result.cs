using System.Globalization;

namespace SparseCore.Benchmarks;

/// <summary>One line of a benchmark's table.</summary>
/// <param name="Work">What was done, for example "lenet5-train".</param>
/// <param name="Engine">"ours" (kernels by density), "dense" (ours with dense kernels on masked weights), "torch" (our engine on TorchSharp), "torchsharp" (a plain loop on it) or "pytorch".</param>
/// <param name="Allocation">How the sparsity is shared among layers.</param>
/// <param name="Sparsity">Fraction of zeros.</param>
/// <param name="Batch">Examples of one step, or all examples of an evaluation.</param>
/// <param name="Threads">Threads on one run.</param>
/// <param name="Median">Microseconds, median.</param>
/// <param name="Minimum">Microseconds, minimum.</param>
/// <param name="Macs">Multiply-adds of the active weights; 0 where there are none.</param>
/// <param name="Peak">Multiply-adds a second of the threads at their limit, measured in the same run; 0 where it does not apply.</param>
internal sealed record Result(
    string Work, string Engine, string Allocation, double Sparsity, int Batch, int Threads, double Median, double Minimum, double Macs, double Peak)
{
    /// <summary>Names of the cells.</summary>
    public static string[] Columns { get; } =
        ["work", "allocation", "sparsity", "batch", "threads", "microseconds_median", "microseconds_min", "gmac_per_second", "share_of_peak", "engine", "bytes"];

    /// <summary>Bytes of native memory of the whole engine, of a layer's activations in and out of one slice and its stored weights, of a process, or of an answer; 0 for unknown.</summary>
    public long Bytes { get; init; }

    /// <summary>The line as text; empty cells where a figure does not apply.</summary>
    public string[] Cells =>
    [
        Work,
        Allocation,
        Text(Sparsity, "0.####"),
        Batch.ToString(CultureInfo.InvariantCulture),
        Threads.ToString(CultureInfo.InvariantCulture),
        Text(Median, "0.0"),
        Text(Minimum, "0.0"),
        Macs > 0 ? Text(Macs / Median / 1e3, "0.00") : "",
        Macs > 0 && Peak > 0 ? Text(Macs / Median * 1e6 / Peak, "0.000") : "",
        Engine,
        Bytes > 0 ? Bytes.ToString(CultureInfo.InvariantCulture) : "",
    ];

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
