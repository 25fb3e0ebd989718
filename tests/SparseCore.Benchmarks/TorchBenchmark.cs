using SparseCore.Engine;
using SparseCore.Networks;

namespace SparseCore.Benchmarks;

/// <summary>The TorchSharp engine's training step beside that of a plain loop on TorchSharp, in turns, on one thread and on two.</summary>
internal static class TorchBenchmark
{
    /// <summary>Measures and prints. Threads belong to the calling thread, and the engine sets them only when they change: both measure on equally many.</summary>
    /// <param name="engines">Makes engines with a number of threads.</param>
    /// <param name="rounds">Turns of LeNet5; a third of them of ResNet-50.</param>
    public static IReadOnlyList<Result> Run(Func<int, IEngineFactory> engines, int rounds)
    {
        var results = new List<Result>();
        foreach (var threads in new[] { 1, 2 })
        {
            results.AddRange(Lenet5(engines(threads), threads, rounds));
            results.AddRange(ResNet(engines(threads), threads, (rounds + 2) / 3));
        }

        return results;
    }

    private static Result[] Lenet5(IEngineFactory engines, int threads, int rounds)
    {
        const int batch = 128;
        var data = RandomData.Images(new Shape(1, 28, 28), 10, 10000);
        var network = LeNet5.Create(LeNet5.PaperWidths, data.Shape, data.Classes);
        var masks = RandomData.Masks(network, 0.95);
        using var engine = new EngineTraining(engines, network, masks, data, batch);
        using var plain = new TorchSharpLoop(TorchSharpModels.Lenet5(), masks, data, batch, threads);
        return Compare("lenet5", "uniform", 0.95, batch, threads, Measurement.Interleave(rounds, times => engine.Train(times, 20), times => plain.Train(times, 20)));
    }

    private static Result[] ResNet(IEngineFactory engines, int threads, int rounds)
    {
        const int batch = 8;
        var data = RandomData.Images(new Shape(3, 224, 224), 1000, 4 * batch);
        var network = ResNet50.Create(ResNet50.PaperWidths, data.Shape, data.Classes, smallImages: false);
        var masks = LargeBenchmark.Masks(network, 0.8);
        using var engine = new EngineTraining(engines, network, masks, data, batch);
        using var plain = new TorchSharpLoop(TorchSharpModels.ResNet50(), masks, data, batch, threads);
        return Compare(
            "resnet50", "uniform, first layer dense", 0.8, batch, threads, Measurement.Interleave(rounds, times => engine.Train(times, 1), times => plain.Train(times, 1)));
    }

    private static Result[] Compare(string network, string allocation, double sparsity, int batch, int threads, Times[] times)
    {
        var (engine, plain) = (times[0], times[1]);
        Console.WriteLine(
            $"{network} training step, batch {batch}, {threads} thread{(threads == 1 ? "" : "s")}: engine {engine.Median / 1e3:F2} ms, plain loop {plain.Median / 1e3:F2} ms: " +
            $"{engine.Median / plain.Median:F3} times as long (minima {engine.Minimum / 1e3:F2} and {plain.Minimum / 1e3:F2} ms: {engine.Minimum / plain.Minimum:F3})");
        return
        [
            new Result($"{network}-train", "torch", allocation, sparsity, batch, threads, engine.Median, engine.Minimum, 0, 0),
            new Result($"{network}-train", "torchsharp", allocation, sparsity, batch, threads, plain.Median, plain.Minimum, 0, 0),
        ];
    }
}
