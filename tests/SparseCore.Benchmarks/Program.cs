using System.Diagnostics;
using SparseCore.Benchmarks;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Randomness;

if (args.Length > 0 && args[0] == "hash")
{
    foreach (var sparsity in new[] { 0.95, 0.3, 0.0 })
    {
        Console.WriteLine(TrainingHash.Run(sparsity, 3, 70, 1));
    }

    return 0;
}

var network = LeNet5.Create(LeNet5.PaperWidths, new Shape(1, 28, 28), 10);
var data = RandomData.Images(network.Input, 10, 10000);
var repeats = args.Length > 0 ? int.Parse(args[0]) : 1;
foreach (var threads in new[] { 1, 2 })
{
    foreach (var sparsity in new[] { 0.95, 0.98, 0.0 })
    {
        var masks = RandomData.Masks(network, sparsity);
        using var engine = new CpuEngine(network, masks, 128, threads);
        engine.Load(RandomData.Parameters(network, masks));
        var batch = new int[128];
        var times = new List<double>();
        var stream = new RandomStream(1, "order");
        for (var step = 0; step < 2000 * repeats; step++)
        {
            for (var index = 0; index < batch.Length; index++)
            {
                batch[index] = stream.NextInt32(data.Count);
            }

            var start = Stopwatch.GetTimestamp();
            engine.TrainingStep(data, batch, new SgdStep(0.01f, 0.9f, 5e-4f));
            times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }

        times.Sort();
        var best = double.MaxValue;
        for (var repeat = 0; repeat < 10; repeat++)
        {
            var evaluation = Stopwatch.GetTimestamp();
            engine.Evaluate(data, 0, 10000);
            best = Math.Min(best, Stopwatch.GetElapsedTime(evaluation).TotalMilliseconds);
        }

        var rebuild = Stopwatch.GetTimestamp();
        engine.Rebuild(masks);
        engine.Load(RandomData.Parameters(network, masks));
        var end = Stopwatch.GetTimestamp();
        Console.WriteLine($"threads {threads} sparsity {sparsity}: median {times[times.Count / 2]:F1} us, 10% {times[times.Count / 10]:F1}, min {times[0]:F1} us; evaluate {best:F2} ms; rebuild+load {Stopwatch.GetElapsedTime(rebuild, end).TotalMicroseconds:F0} us; {engine.NativeBytes / 1e6:F2} MB");
    }
}

return 0;
