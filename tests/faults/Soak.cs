using System.Diagnostics;
using System.Globalization;
using SparseCore.Training;

namespace SparseCore.Faults;

/// <summary>Many short runs in one process: memory, handles, threads and time a run must stay flat. Nothing else may run in the process.</summary>
internal static class Soak
{
    /// <summary>The verb of this program.</summary>
    public const string Verb = "soak";

    private const int Measurements = 10;
    private const int MoreManagedKilobytes = 128;
    private const int MoreResidentKilobytes = 16 * 1024;
    private const int MoreHandles = 8;
    private const int MoreThreads = 8;
    private const double SlowerBy = 3;

    private static readonly string[] Methods = ["baseline", "prune", "set", "rigl", "snfs"];

    /// <summary>Makes the runs, with jobs side by side and 1 or 2 threads each.</summary>
    /// <param name="folder">For the runs; emptied as they finish.</param>
    /// <param name="runs">How many, at least 10.</param>
    /// <param name="report">Receives ten measurements.</param>
    public static IReadOnlyList<SoakMeasurement> Run(string folder, int runs, Action<SoakMeasurement> report)
    {
        if (runs < Measurements)
        {
            throw new ArgumentException($"A soak makes at least {Measurements} runs; found {runs}.");
        }

        using var process = Process.GetCurrentProcess();
        var measurements = new List<SoakMeasurement>();
        for (var part = 0; part < Measurements; part++)
        {
            var (first, end) = (part * runs / Measurements, (part + 1) * runs / Measurements);
            var before = process.TotalProcessorTime;
            for (var index = first; index < end; index++)
            {
                Train(Path.Combine(folder, "soak"), index);
            }

            process.Refresh();
            var time = (process.TotalProcessorTime - before).TotalMilliseconds / (end - first);
            var measurement = Measure(process, end, time);
            measurements.Add(measurement);
            report(measurement);
        }

        return measurements;
    }

    /// <summary>
    /// What grew over the runs, a sentence each: the last measurement against the second (the first still loads code), and the processor time of the
    /// later half against that of the earlier.
    /// </summary>
    public static IReadOnlyList<string> Growth(IReadOnlyList<SoakMeasurement> measurements)
    {
        var (early, late) = (measurements[1], measurements[^1]);
        var growth = new List<string>();
        Check("managed KiB", early.ManagedKilobytes + MoreManagedKilobytes, late.ManagedKilobytes);
        Check("resident KiB", early.ResidentKilobytes + MoreResidentKilobytes, late.ResidentKilobytes);
        Check("open files", early.Handles + MoreHandles, late.Handles);
        Check("threads", early.Threads + MoreThreads, late.Threads);
        var times = measurements.Skip(1).Select(one => one.MillisecondsPerRun).ToList();
        Check("milliseconds of processor time a run", SlowerBy * Median(times[..(times.Count / 2)]), Median(times[(times.Count / 2)..]));
        return growth;

        void Check(string what, double most, double found)
        {
            if (found > most)
            {
                growth.Add(string.Create(CultureInfo.InvariantCulture, $"{what} after {late.Runs} runs: expected at most {most:F1}, found {found:F1}"));
            }
        }
    }

    private static void Train(string root, int index)
    {
        var method = Methods[index % Methods.Length];
        var plans = new[] { 2 * index, (2 * index) + 1 }.Select(seed => ToyRuns.Plan(method, 60, 30, seed + 1)).Take(1 + (index % 2)).ToList();
        var nobody = new Watcher(plans[0].Plan, -1, () => { });
        var failed = RunGraph.Execute(plans, ToyRuns.Executor(root, 1 + (index % 2)), jobs: 2, nobody, CancellationToken.None);
        if (failed.Count > 0)
        {
            throw new TrainingException(failed[0].Reason);
        }

        Directory.Delete(root, recursive: true);
    }

    private static SoakMeasurement Measure(Process process, int runs, double millisecondsPerRun)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        process.Refresh();
        return new SoakMeasurement(
            runs,
            GC.GetTotalMemory(forceFullCollection: true) / 1024,
            process.WorkingSet64 / 1024,
            Directory.Exists("/proc/self/fd") ? Directory.GetFileSystemEntries("/proc/self/fd").Length : process.HandleCount,
            process.Threads.Count,
            millisecondsPerRun);
    }

    private static double Median(IReadOnlyList<double> values) => values.Order().ElementAt(values.Count / 2);
}
