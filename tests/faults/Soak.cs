using System.Diagnostics;
using System.Globalization;
using SparseCore.Training;

namespace SparseCore.Faults;

/// <summary>Many short runs in one process: memory, handles and threads must stay flat.</summary>
internal static class Soak
{
    private static readonly string[] Methods = ["dense", "prune", "set", "rigl", "snfs"];

    /// <summary>Makes the runs, with jobs side by side and 1 or 2 threads each.</summary>
    /// <param name="folder">For the runs; emptied as they finish.</param>
    /// <param name="runs">How many.</param>
    /// <param name="report">Receives ten measurements.</param>
    public static IReadOnlyList<SoakMeasurement> Run(string folder, int runs, Action<SoakMeasurement> report)
    {
        var measurements = new List<SoakMeasurement>();
        var batch = Math.Max(1, runs / 10);
        for (var first = 0; first < runs; first += batch)
        {
            var clock = Stopwatch.StartNew();
            for (var index = first; index < Math.Min(runs, first + batch); index++)
            {
                var root = Path.Combine(folder, "soak");
                var method = Methods[index % Methods.Length];
                var plans = new[] { 2 * index, (2 * index) + 1 }.Select(seed => ToyRuns.Plan(method, 60, 30, seed + 1)).Take(1 + (index % 2));
                var nobody = new Watcher(plans.First().Plan, -1, () => { });
                var failed = RunGraph.Execute(plans, ToyRuns.Executor(root, 1 + (index % 2)), jobs: 2, nobody, CancellationToken.None);
                if (failed.Count > 0)
                {
                    throw new TrainingException(failed[0].Reason);
                }

                Directory.Delete(root, recursive: true);
            }

            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
            using var process = Process.GetCurrentProcess();
            var measurement = new SoakMeasurement(
                Math.Min(runs, first + batch),
                GC.GetTotalMemory(forceFullCollection: true) / 1024,
                process.WorkingSet64 / 1024,
                Directory.Exists("/proc/self/fd") ? Directory.GetFileSystemEntries("/proc/self/fd").Length : process.HandleCount,
                process.Threads.Count,
                clock.Elapsed.TotalMilliseconds / batch);
            measurements.Add(measurement);
            report(measurement);
        }

        return measurements;
    }
}

/// <summary>The process after so many runs.</summary>
/// <param name="Runs">Runs so far.</param>
/// <param name="ManagedKilobytes">Live managed memory.</param>
/// <param name="ResidentKilobytes">Memory in use as the system sees it.</param>
/// <param name="Handles">Open files.</param>
/// <param name="Threads">Threads.</param>
/// <param name="MillisecondsPerRun">Mean time of the last runs.</param>
internal sealed record SoakMeasurement(int Runs, long ManagedKilobytes, long ResidentKilobytes, int Handles, int Threads, double MillisecondsPerRun)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Runs,6} {ManagedKilobytes,12} {ResidentKilobytes,12} {Handles,8} {Threads,8} {MillisecondsPerRun,10:F1}");
}
