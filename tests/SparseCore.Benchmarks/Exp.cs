using System.Diagnostics;
using SparseCore.Engine;
using SparseCore.Networks;
namespace SparseCore.Benchmarks;
internal static unsafe class Exp
{
    public static void Run()
    {
        var data = RandomData.Images(new Shape(3, 224, 224), 1000, 64);
        var network = new NetworkPlan("resnet50", ResNet50.PaperWidths, data.Shape, data.Classes).Build();
        foreach (var sparsity in new[] { 0.8, 0.9 })
        foreach (var (batch, threads) in new[] { (16, 1), (32, 2), (32, 1) })
        {
            var masks = LargeBenchmark.Masks(network, sparsity);
            using var engine = new CpuEngine(network, masks, batch, threads);
            engine.Load(RandomData.Parameters(network, masks));
            int[] order = [.. Enumerable.Range(0, batch)];
            var step = new SgdStep(0.001f, 0.9f, 5e-5f, Nesterov: true, LabelSmoothing: 0.1f);
            Console.Write($"{sparsity} batch {batch} threads {threads}:");
            for (var i = 0; i < 4; i++)
            {
                var start = Stopwatch.GetTimestamp();
                engine.TrainingStep(data, order, step);
                Console.Write($" {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F0}");
            }
            Console.WriteLine();
        }
    }
}
