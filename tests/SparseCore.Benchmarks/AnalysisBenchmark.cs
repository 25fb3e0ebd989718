using System.Diagnostics;
using SparseCore.Cpu;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Randomness;

namespace SparseCore.Benchmarks;

/// <summary>
/// The two heavy parts of the analysis: paths of checkpoints evaluated on whole data sets, and scaling many checkpoints to two dimensions.
/// </summary>
internal static class AnalysisBenchmark
{
    private const int Points = 29;
    private const int Paths = 4 * 5;
    private const int Checkpoints = 500;

    /// <summary>Measures and prints: 4 paths of 5 seeds, one after the other, each with parameters of its own.</summary>
    public static IReadOnlyList<Result> Run()
    {
        var peak = Measurement.Peak();
        var network = LeNet5.Create(LeNet5.PaperWidths, new Shape(1, 28, 28), 10);
        var data = RandomData.Images(network.Input, 10, 70000);
        var masks = RandomData.Masks(network, 0.95);
        using var engine = new CpuEngine(network, masks, 128, 2);
        var macs = network.Layers.Select((layer, index) => (double)masks[index].ActiveCount * layer.OutputPositions).Sum() * data.Count * Points;
        var one = new Times();
        for (var path = 0; path < Paths; path++)
        {
            ParameterBlock[] points = [
                .. Enumerable.Range(0, Points).Select(point => RandomData.Parameters(network, masks, (ulong)((path * Points) + point) + 1)),
            ];
            Measurement.Repeat(one, 1, () => engine.EvaluateMany(data, 0, data.Count, points));
        }

        Console.WriteLine(
            $"{Points} points on {data.Count} images, two threads: {one.Median / 1e6:F2} s; {Paths} such paths: {one.Sum / 1e6:F1} s");

        var distances = Distances();
        var times = new Times();
        var start = Stopwatch.GetTimestamp();
        SparseCore.Analysis.Mds.metric(SparseCore.Analysis.Mds.defaults, distances);
        times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        Console.WriteLine($"metric MDS of {Checkpoints} checkpoints: {times.Median / 1e6:F2} s");
        return
        [
            new Result("path-evaluation", "ours", "uniform", 0.95, data.Count, 2, one.Median, one.Minimum, macs, 2 * peak),
            new Result("path-evaluation-4x5", "ours", "uniform", 0.95, data.Count, 2, one.Sum, one.Sum, macs * Paths, 2 * peak),
            new Result("mds-500", "ours", "", 0, Checkpoints, 1, times.Median, times.Minimum, 0, 0),
        ];
    }

    /// <summary>Distances between random walks in a space of many dimensions, as checkpoints of several runs have them.</summary>
    private static double[,] Distances()
    {
        const int dimensions = 64;
        var stream = new RandomStream(1, "walks");
        var points = new double[Checkpoints][];
        for (var index = 0; index < Checkpoints; index++)
        {
            points[index] = new double[dimensions];
            for (var axis = 0; axis < dimensions; axis++)
            {
                points[index][axis] = stream.NextNormal() + (index % 25 > 0 ? points[index - 1][axis] : 0);
            }
        }

        var distances = new double[Checkpoints, Checkpoints];
        for (var row = 0; row < Checkpoints; row++)
        {
            for (var column = 0; column < Checkpoints; column++)
            {
                distances[row, column] = Math.Sqrt(points[row].Zip(points[column], (a, b) => (a - b) * (a - b)).Sum());
            }
        }

        return distances;
    }
}
