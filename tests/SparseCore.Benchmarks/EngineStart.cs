using System.Diagnostics;
using System.Globalization;
using SparseCore.Cpu;
using SparseCore.Engine;
using SparseCore.Networks;

namespace SparseCore.Benchmarks;

/// <summary>How long a fresh process takes until an engine has done its first step of LeNet5.</summary>
internal static class EngineStart
{
    /// <summary>The verb of the fresh process.</summary>
    public const string Verb = "start";

    private static readonly string[] Parts = ["library", "engine", "first_step", "second_step"];

    /// <summary>Measures the TorchSharp engine and the CPU engine in turns, prints and writes a table.</summary>
    /// <param name="torch">The folder of libtorch; empty for the package.</param>
    /// <param name="rounds">Turns.</param>
    /// <param name="folder">Receives the table.</param>
    public static void Run(string torch, int rounds, string folder)
    {
        string[] engines = ["torch", "ours"];
        var measured = engines.Select(_ => new List<double[]>()).ToArray();
        for (var round = -1; round < rounds; round++)
        {
            for (var index = 0; index < engines.Length; index++)
            {
                var times = InFreshProcess(engines[index], torch);
                if (round >= 0)
                {
                    measured[index].Add(times);
                }
            }
        }

        string[] columns = ["engine", .. Parts.Append("process").Select(part => $"{part}_ms_median")];
        string[][] rows = [.. engines.Select((engine, index) => (string[])
            [engine, .. Enumerable.Range(0, Parts.Length + 1).Select(part => $"{measured[index].Select(times => times[part]).Order().ElementAt(rounds / 2):F1}")])];
        Tables.Write(folder, "torch-start", columns, rows);
        Console.WriteLine("Start of an engine, from a fresh process to the first step of LeNet5, milliseconds:");
        Console.WriteLine(Machine.Aligned([columns, .. rows]));
    }

    /// <summary>What the fresh process does: one line of milliseconds.</summary>
    /// <param name="engine">"torch" or "ours".</param>
    /// <param name="torch">The folder of libtorch; empty for the package.</param>
    public static void Measure(string engine, string torch)
    {
        var network = LeNet5.Create(LeNet5.PaperWidths, new Shape(1, 28, 28), 10);
        var data = RandomData.Images(network.Input, 10, 1000);
        var masks = RandomData.Masks(network, 0.95);
        var parameters = RandomData.Parameters(network, masks);
        int[] batch = [.. Enumerable.Range(0, 128)];
        var last = Stopwatch.GetTimestamp();
        IEngineFactory engines = engine == "torch" ? TorchLibrary.Engines(torch, 1) : new CpuEngineFactory(new EngineOptions());
        var library = Lap();
        using var made = engines.Create(network, masks, batch.Length);
        made.Load(parameters);
        var creation = Lap();
        double[] times = [library, creation, Step(), Step()];
        Console.WriteLine(string.Join(' ', times.Select(time => time.ToString("R", CultureInfo.InvariantCulture))));

        double Step()
        {
            made.TrainingStep(data, batch, new SgdStep(0.01f, 0.9f, 5e-4f));
            _ = made.ReadLoss();
            return Lap();
        }

        double Lap()
        {
            var elapsed = Stopwatch.GetElapsedTime(last).TotalMilliseconds;
            last = Stopwatch.GetTimestamp();
            return elapsed;
        }
    }

    /// <summary>The parts, and the time from the start of the process to its answer without the second step.</summary>
    private static double[] InFreshProcess(string engine, string torch)
    {
        var start = Stopwatch.GetTimestamp();
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "SparseCore.Benchmarks.dll"), Verb, engine, torch])
        {
            RedirectStandardOutput = true,
        })!;
        var answer = process.StandardOutput.ReadLine()
            ?? throw new InvalidOperationException($"The process that starts the engine '{engine}' ended before it answered; its messages are above.");
        var all = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        process.WaitForExit();
        double[] times = [.. answer.Split(' ').Select(cell => double.Parse(cell, CultureInfo.InvariantCulture))];
        return [.. times, all - times[^1]];
    }
}
