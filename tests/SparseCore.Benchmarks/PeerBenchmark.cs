using System.Globalization;
using SparseCore.Networks;

namespace SparseCore.Benchmarks;

/// <summary>Our training step and masked PyTorch's, in turns within one run.</summary>
internal static class PeerBenchmark
{
    private const int StepsPerTurn = 10;
    private static readonly double[] Densities = [1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01];

    /// <summary>Measures and prints; null when PyTorch is missing, after saying how to install it.</summary>
    /// <param name="python">The Python interpreter.</param>
    /// <param name="folder">Where the figure goes.</param>
    public static IReadOnlyList<Result>? Run(string python, string folder)
    {
        using var peer = Peer.Start(python, "masked_lenet5.py", "one thread, masks multiplied into dense weights");
        return peer is null ? null : Measure(peer, folder);
    }

    private static List<Result> Measure(Peer peer, string folder)
    {
        var peak = Measurement.Peak();
        var data = RandomData.Images(new Shape(1, 28, 28), 10, 10000);
        var lenets = Densities.Select(density => new Lenet(data, 1 - density, 128, 1)).ToArray();
        using var evaluated = new Lenet(data, 0.95, 128, 1);
        var work = new List<Action<Times>>();
        foreach (var lenet in lenets)
        {
            work.Add(times => lenet.Train(times, StepsPerTurn));
            work.Add(times => peer.Ask(Request("train", lenet.Sparsity, StepsPerTurn), times));
        }

        work.Add(times => evaluated.Evaluate(times, 10000));
        work.Add(times => peer.Ask(Request("evaluate", 0.95, 1), times));
        var measured = Measurement.Interleave(8, [.. work]);
        var results = new List<Result>();
        for (var index = 0; index < lenets.Length; index++)
        {
            var ours = measured[2 * index];
            var theirs = measured[(2 * index) + 1];
            results.Add(lenets[index].TrainResult(ours, "ours", peak));
            results.Add(lenets[index].TrainResult(theirs, "pytorch", peak));
            Console.WriteLine(
                $"LeNet5 training step, {lenets[index].Sparsity:P0} sparse, batch 128: ours {ours.Median:F0} us, PyTorch {theirs.Median:F0} us: " +
                $"{theirs.Median / ours.Median:F1} times " +
                $"(minima {ours.Minimum:F0} and {theirs.Minimum:F0} us: {theirs.Minimum / ours.Minimum:F1} times)");
            lenets[index].Dispose();
        }

        var (mine, peers) = (measured[^2], measured[^1]);
        results.Add(new Result("lenet5-evaluate", "ours", "uniform", 0.95, 10000, 1, mine.Median, mine.Minimum, evaluated.ForwardMacs * 10000, peak));
        results.Add(new Result("lenet5-evaluate", "pytorch", "uniform", 0.95, 10000, 1, peers.Median, peers.Minimum, evaluated.ForwardMacs * 10000, peak));
        Console.WriteLine(
            $"LeNet5 evaluation of 10,000 images, 95% sparse: ours {mine.Median / 1e3:F1} ms, PyTorch {peers.Median / 1e3:F1} ms: " +
            $"{peers.Median / mine.Median:F0} times");
        Charts.Write(
            folder,
            "step-time-ours-and-pytorch",
            "LeNet5: time of a training step against density, ours and masked PyTorch",
            "Batch 128, one core, uniform allocation, measured in turns",
            "density",
            "microseconds",
            [
                ("ours", Densities, [.. Densities.Select((_, index) => measured[2 * index].Median)]),
                ("PyTorch, masked", Densities, [.. Densities.Select((_, index) => measured[(2 * index) + 1].Median)]),
            ]);
        return results;
    }

    private static string Request(string what, double sparsity, int count) => string.Create(CultureInfo.InvariantCulture, $"{what} {sparsity} {count}");
}
