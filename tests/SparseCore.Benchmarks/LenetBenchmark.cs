using SparseCore.Cpu;
using SparseCore.Networks;

namespace SparseCore.Benchmarks;

/// <summary>Training and evaluation of LeNet5, and how the time of a step grows with density, width and batch.</summary>
internal static class LenetBenchmark
{
    private static readonly double[] Densities = [1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01];

    /// <summary>Measures and prints; the figures are drawn into the folder.</summary>
    public static IReadOnlyList<Result> Run(string folder)
    {
        var peak = Measurement.Peak();
        var data = RandomData.Images(new Shape(1, 28, 28), 10, 10000);
        var results = new List<Result>();
        MeasureSteps(data, peak, results);
        MeasureEvaluation(data, peak, results);
        MeasureDensity(data, peak, results, folder);
        MeasureGrowth(data, peak, results, folder);
        return results;
    }

    private static void MeasureSteps(Data.Dataset data, double peak, List<Result> results)
    {
        foreach (var sparsity in new[] { 0.95, 0.98, 0.0 })
        {
            using var one = new Lenet(data, sparsity, 128, 1);
            using var two = new Lenet(data, sparsity, 128, 2);
            using var first = new Lenet(data, sparsity, 128, 1);
            using var second = new Lenet(data, sparsity, 128, 1);
            using var team = new WorkerTeam(2);
            var steps = sparsity == 0 ? 10 : 50;
            var times = Measurement.Interleave(
                100, list => one.Train(list, steps), list => two.Train(list, steps), list => Lenet.TrainAbreast(team, first, second, list, steps));
            results.Add(one.TrainResult(times[0], "ours", peak));
            results.Add(two.TrainResult(times[1], "ours", peak));
            results.Add(first.TrainResult(times[2], "ours", peak) with { Work = "lenet5-train-two-networks", Threads = 2, Macs = 2 * first.StepMacs, Peak = 2 * peak });
            Console.WriteLine(
                $"LeNet5 at {sparsity:P0} sparsity (uniform), batch 128: {times[0].Median:F0} us on one core, {times[1].Median:F0} us on two, " +
                $"{times[0].Median / times[1].Median:F2} times faster (two networks abreast, which share nothing: {2 * times[0].Median / times[2].Median:F2}; " +
                $"least times: {times[0].Minimum / times[1].Minimum:F2} and {2 * times[0].Minimum / times[2].Minimum:F2}); {one.Engine.NativeBytes / 1e6:F1} MB of engine memory");
        }
    }

    private static void MeasureEvaluation(Data.Dataset data, double peak, List<Result> results)
    {
        using var one = new Lenet(data, 0.95, 128, 1);
        using var two = new Lenet(data, 0.95, 128, 2);
        var times = Measurement.Interleave(100, list => one.Evaluate(list, 10000), list => two.Evaluate(list, 10000));
        foreach (var (lenet, time) in new[] { (one, times[0]), (two, times[1]) })
        {
            results.Add(
                new Result(
                    "lenet5-evaluate",
                    "ours",
                    "uniform",
                    0.95,
                    10000,
                    lenet.Threads,
                    time.Median,
                    time.Minimum,
                    lenet.ForwardMacs * 10000,
                    peak * lenet.Threads));
        }

        Console.WriteLine(
            $"LeNet5 at 95 % sparsity, evaluation of 10,000 images: {times[0].Median / 1e3:F1} ms on one core, {times[1].Median / 1e3:F1} ms on two, " +
            $"{times[0].Median / times[1].Median:F2} times faster");
    }

    private static void MeasureDensity(Data.Dataset data, double peak, List<Result> results, string folder)
    {
        var sparse = Densities.Select(density => new Lenet(data, 1 - density, 128, 1)).ToArray();
        var dense = Densities.Select(density => new Lenet(data, 1 - density, 128, 1, dense: true)).ToArray();
        var work = sparse.Concat(dense).Select(lenet => (Action<Times>)(list => lenet.Train(list, 10))).ToArray();
        var times = Measurement.Interleave(20, work);
        for (var index = 0; index < work.Length; index++)
        {
            var lenet = index < sparse.Length ? sparse[index] : dense[index - sparse.Length];
            results.Add(lenet.TrainResult(times[index], index < sparse.Length ? "ours" : "dense", peak));
            lenet.Dispose();
        }

        Charts.Write(
            folder,
            "step-time-against-density",
            "LeNet5: time of a training step against density",
            "Batch 128, one core, uniform allocation, random masks",
            "density",
            "microseconds",
            [
                ("ours", Densities, [.. times.Take(sparse.Length).Select(time => time.Median)]),
                ("ours, dense kernels on masked weights", Densities, [.. times.Skip(sparse.Length).Select(time => time.Median)]),
            ]);
    }

    private static void MeasureGrowth(Data.Dataset data, double peak, List<Result> results, string folder)
    {
        var widths = new[] { 1, 2, 4, 8 };
        var batches = new[] { 32, 64, 128, 256, 512 };
        Lenet[] lenets = [
            .. widths.Select(width => new Lenet(data, 0.95, 128, 1, width: width)),
            .. batches.Select(batch => new Lenet(data, 0.95, batch, 1)),
        ];
        var times = Measurement.Interleave(15, [.. lenets.Select(lenet => (Action<Times>)(list => lenet.Train(list, 5)))]);
        for (var index = 0; index < lenets.Length; index++)
        {
            var work = index < widths.Length ? $"lenet5-train-width-{widths[index]}" : "lenet5-train";
            results.Add(lenets[index].TrainResult(times[index], "ours", peak) with { Work = work });
        }

        var byWidth = times.Take(widths.Length).Select(time => time.Median).ToArray();
        var byWeights = lenets.Take(widths.Length).Select(lenet => (double)lenet.Engine.Masks.ActiveCount).ToArray();
        var byBatch = times.Skip(widths.Length).Select(time => time.Median).ToArray();
        double[] batchSizes = [.. batches.Select(batch => (double)batch)];
        Tables.Write(
            folder,
            "growth",
            ["work", "sparsity", "against", "from", "to", "exponent"],
            [
                ["lenet5-train", "0.95", "active weights", $"{byWeights[0]}", $"{byWeights[^1]}", $"{Charts.Exponent(byWeights, byWidth):F3}"],
                ["lenet5-train", "0.95", "batch", $"{batchSizes[0]}", $"{batchSizes[^1]}", $"{Charts.Exponent(batchSizes, byBatch):F3}"],
            ]);
        Console.WriteLine(
            $"At 95% sparsity the time of a step grows as (active weights)^{Charts.Exponent(byWeights, byWidth):F2} with the network's width " +
            $"and as (batch)^{Charts.Exponent(batchSizes, byBatch):F2}");
        Charts.Write(
            folder,
            "step-time-against-batch",
            "LeNet5 at 95% sparsity: time of a training step against batch",
            $"One core; exponent {Charts.Exponent(batchSizes, byBatch):F2}",
            "batch",
            "microseconds",
            [("ours", batchSizes, byBatch)]);
        Charts.Write(
            folder,
            "step-time-against-width",
            "LeNet5 at 95% sparsity: time of a training step against active weights, widths 1 to 8 times the paper's",
            $"Batch 128, one core; exponent {Charts.Exponent(byWeights, byWidth):F2}",
            "active weights",
            "microseconds",
            [("ours", byWeights, byWidth)]);
        foreach (var lenet in lenets)
        {
            lenet.Dispose();
        }
    }
}
