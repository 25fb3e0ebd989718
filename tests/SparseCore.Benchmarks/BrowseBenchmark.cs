using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Pages.Tests;

namespace SparseCore.Benchmarks;

/// <summary>The browsing command on a folder of many long runs: its first scan, its answers and its memory, each beside the limit that it has to keep at 2,000 runs of 6,000 rows.</summary>
internal static class BrowseBenchmark
{
    private const int Requests = 5;
    private const int Curves = 100;
    private const int Writers = 8;
    private const double MemoryLimit = 500e6;

    private static readonly string[] Methods = ["set", "rigl", "baseline", "snip", "magnitude"];

    /// <summary>Most seconds of each piece of work.</summary>
    private static readonly Dictionary<string, double> Limits = new() { ["browse-scan"] = 10, ["browse-runs"] = 1, ["browse-curves"] = 0.5 };

    /// <summary>Makes the runs, measures and prints.</summary>
    /// <param name="runs">Number of runs.</param>
    /// <param name="rows">Rows of metrics of each.</param>
    public static IReadOnlyList<Result> Run(int runs, int rows)
    {
        var folder = Directory.CreateTempSubdirectory("browse-benchmark-").FullName;
        try
        {
            var clock = Stopwatch.StartNew();
            var names = Write(Path.Combine(folder, "runs"), runs, rows);
            Console.WriteLine($"{names.Length} runs of {rows} rows written in {clock.Elapsed.TotalSeconds:F1} s");
            Write(Path.Combine(folder, "one"), 1, 100);
            var (code, _, errors) = BrowseCommand.RunAsync($"runs={folder}/one", $"out={folder}/one.html", "open=false").GetAwaiter().GetResult(); // builds the toolkit where it is not built
            return code == 0 ? MeasureAsync(Path.Combine(folder, "runs"), names).GetAwaiter().GetResult() : throw new InvalidOperationException($"scripts/browse.fsx ended with {code}: {errors}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Whether all limits are kept; prints which are not.</summary>
    public static bool KeepsLimits(IReadOnlyList<Result> results)
    {
        var broken = results.Where(result => result.Work == "browse-memory" ? result.Bytes > MemoryLimit : Limits.TryGetValue(result.Work, out var limit) && result.Median > limit * 1e6).Select(result => result.Work).ToArray();
        Console.WriteLine(broken.Length == 0 ? "all limits are kept" : $"over the limit: {string.Join(", ", broken)}");
        return broken.Length == 0;
    }

    private static string[] Write(string root, int runs, int rows)
    {
        var plans = Enumerable.Range(0, runs).Select(index => MadeRuns.OfRows(Methods[index % Methods.Length], (index / Methods.Length) + 1, rows)).ToArray();
        Parallel.ForEach(plans, new ParallelOptions { MaxDegreeOfParallelism = Writers }, plan => MadeRuns.Write(root, plan)); // most of it is waiting for the disk
        return [.. plans.Select(plan => plan.FolderName)];
    }

    private static async Task<IReadOnlyList<Result>> MeasureAsync(string root, string[] names)
    {
        var starts = new Times();
        var start = Stopwatch.GetTimestamp();
        await using var command = await BrowseCommand.StartAsync($"runs={root}");
        starts.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var (lists, curves) = (new Times(), new Times());
        var (listBytes, curveBytes) = (0L, 0L);
        for (var turn = 0; turn < Requests; turn++)
        {
            listBytes = await TimeAsync(lists, () => client.GetAsync(new Uri(command.Address, "api/runs")));
            string[] asked = [.. Enumerable.Range(0, Curves).Select(index => names[((turn * Curves) + index) % names.Length]).Distinct()]; // others every time: none is answered from memory
            curveBytes = await TimeAsync(curves, () => client.PostAsJsonAsync(new Uri(command.Address, "api/curves"), new { metric = "test_accuracy", runs = asked }));
        }

        using var list = JsonDocument.Parse(await client.GetStringAsync(new Uri(command.Address, "api/runs")));
        var shown = list.RootElement.GetProperty("runs").GetArrayLength();
        if (shown != names.Length)
        {
            throw new InvalidOperationException($"The server lists {shown} of {names.Length} runs.");
        }

        var memory = PeakMemory(command.Worker);
        var (_, _, errors) = await command.StopAsync(BrowseCommand.Interrupt);
        var scan = new Times();
        scan.Add(1e6 * double.Parse(Regex.Match(errors, @"runs in ([\d.]+) s").Groups[1].Value, CultureInfo.InvariantCulture));
        Console.WriteLine($"scan {scan.Median / 1e6:F2} s, with the start of the script {starts.Median / 1e6:F2} s, list {lists.Median / 1e3:F0} ms, curves of {Curves} runs {curves.Median / 1e3:F0} ms, memory {memory / 1e6:F0} MB");
        return
        [
            Line("browse-scan", names.Length, scan, 0),
            Line("browse-start", names.Length, starts, 0),
            Line("browse-runs", names.Length, lists, listBytes),
            Line("browse-curves", Curves, curves, curveBytes),
            new Result("browse-memory", "ours", "", 0, names.Length, 0, 0, 0, 0, 0) { Bytes = memory },
        ];
    }

    /// <summary>Times a request with all of its answer.</summary>
    /// <returns>Length of the answer.</returns>
    private static async Task<long> TimeAsync(Times times, Func<Task<HttpResponseMessage>> ask)
    {
        var start = Stopwatch.GetTimestamp();
        using var answer = await ask();
        var bytes = await answer.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync();
        times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        return bytes.LongLength;
    }

    private static Result Line(string work, int count, Times times, long bytes) => new(work, "ours", "", 0, count, 0, times.Median, times.Minimum, 0, 0) { Bytes = bytes };

    /// <summary>The most memory that a process has had, by Linux; 0 elsewhere.</summary>
    private static long PeakMemory(int process)
    {
        const string key = "VmHWM:";
        var file = $"/proc/{process}/status";
        var line = File.Exists(file) ? File.ReadLines(file).FirstOrDefault(text => text.StartsWith(key, StringComparison.Ordinal)) : null;
        return line is null ? 0 : 1024 * long.Parse(line[key.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
    }
}
