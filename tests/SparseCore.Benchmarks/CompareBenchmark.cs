using System.Diagnostics;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using SparseCore.Checkpoints;
using SparseCore.Cpu;
using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.RunFolders;

namespace SparseCore.Benchmarks;

/// <summary>Saved networks compared: all pairs of 100 LeNet5, straight lines between 1,000 pairs, and the loss on a plane.</summary>
internal static class CompareBenchmark
{
    private const double Sparsity = 0.95;
    private const int Threads = 2;

    /// <summary>Measures and prints; nothing is kept from one measurement to the next.</summary>
    public static IReadOnlyList<Result> Run()
    {
        var root = Directory.CreateTempSubdirectory("compare-benchmark-").FullName;
        try
        {
            var shape = new Shape(1, 28, 28);
            var data = new DataSplit(RandomData.Images(shape, 10, 60_000), RandomData.Images(shape, 10, 70_000), "random", new string('0', 64));
            WriteNetworks(root, shape, 100);
            var taken = Select(root, data);
            return
            [
                Measure("pairs", 100 * 99 / 2, () => Compare(root, data, taken, SparseCore.Analysis.Comparison.Barriers.NoBarriers)),
                Measure("lines", 46 * 45 / 2, () => Compare(root, data, taken[..46], SparseCore.Analysis.Comparison.Barriers.AllPairs)),
                Measure("plane", 41 * 41, () => Plane(root, data, taken)),
            ];
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static void WriteNetworks(string root, Shape shape, int count)
    {
        var plan = new NetworkPlan("lenet5", LeNet5.PaperWidths, shape, 10);
        var network = plan.Build();
        for (var index = 0; index < count; index++)
        {
            var masks = RandomData.Masks(network, Sparsity);
            var parameters = RandomData.Parameters(network, masks, (ulong)index + 1);
            var file = Path.Combine(root, $"net{index}.safetensors");
            DenseExport.Write(file, new Checkpoint(0, new string('a', 64), [], masks, parameters, new ParameterBlock(network), 0));
            ImportPlan.Import(Path.Combine(root, "runs"), file, plan, true, false, null);
        }
    }

    private static SparseCore.Analysis.Selection.Taken[] Select(string root, DataSplit data)
    {
        var (taken, _) = SparseCore.Analysis.Selection.select(
            Path.Combine(root, "runs"),
            FSharpList<SparseCore.Analysis.Selection.Condition>.Empty,
            SparseCore.Analysis.Selection.At.End,
            ListModule.OfSeq(["network"]),
            data);
        return [.. taken];
    }

    private static void Compare(string root, DataSplit data, SparseCore.Analysis.Selection.Taken[] taken, SparseCore.Analysis.Comparison.Barriers barriers)
    {
        var silent = FuncConvert.FromAction<string, int, int>((_, _, _) => { });
        var settings = new SparseCore.Analysis.Comparison.Settings(
            Engines(),
            Threads,
            data,
            barriers.IsNoBarriers ? FSharpOption<int>.None : FSharpOption<int>.Some(1000),
            barriers.IsNoBarriers ? 512 : 0,
            barriers,
            10_000,
            SparseCore.Analysis.Evaluation.BatchNormStatistics.Stored,
            Directory.CreateDirectory(Path.Combine(root, $"kept{Guid.NewGuid():N}")).FullName,
            silent,
            CancellationToken.None);
        SparseCore.Analysis.Comparison.compare(settings, taken);
    }

    /// <summary>5,000 training and 5,000 test images at every point.</summary>
    private static void Plane(string root, DataSplit data, SparseCore.Analysis.Selection.Taken[] taken)
    {
        Tuple<string, SparseCore.Analysis.Snapshot> Named(int index) => Tuple.Create($"{index}", SparseCore.Analysis.Runs.last(taken[index].Run));
        var plane = SparseCore.Analysis.Planes.through(Named(0).Item1, Named(0).Item2, Named(1).Item1, Named(1).Item2, Named(2).Item1, Named(2).Item2);
        var silent = FuncConvert.FromAction<int, int>((_, _) => { });
        var settings = new SparseCore.Analysis.Landscape.Settings(
            Engines(),
            Threads,
            data,
            FSharpOption<InputNormalization>.None,
            5000,
            SparseCore.Analysis.Evaluation.BatchNormStatistics.Stored,
            41,
            0.5,
            2,
            Path.Combine(root, $"kept{Guid.NewGuid():N}"),
            silent);
        SparseCore.Analysis.Landscape.evaluate(settings, plane);
    }

    private static IEngineFactory Engines() => new CpuEngineFactory(new EngineOptions());

    private static Result Measure(string name, int count, Action work)
    {
        var start = Stopwatch.GetTimestamp();
        work();
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Console.WriteLine($"{name}, {count}, {Threads} threads: {seconds:F1} s");
        return new Result($"compare-{name}", "ours", "uniform", Sparsity, count, Threads, seconds * 1e6, seconds * 1e6, 0, 0);
    }
}
