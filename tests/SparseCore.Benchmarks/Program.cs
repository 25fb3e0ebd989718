using System.Diagnostics;
using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Randomness;

var network = LeNet5.Create(LeNet5.PaperWidths, new Shape(1, 28, 28), 10);
var bytes = new RandomStream(1, "examples");
var images = new byte[10000 * network.Input.Count];
for (var index = 0; index < images.Length; index++)
{
    images[index] = (byte)bytes.NextInt32(256);
}

var data = new ByteDataset("random", network.Input, 10, images, [.. Enumerable.Range(0, 10000).Select(example => (byte)(example % 10))]);
foreach (var threads in new[] { 1, 2 })
{
    foreach (var sparsity in new[] { 0.95, 0.98, 0.0 })
    {
        var masks = new MaskSet(network, [.. network.Layers.Select((layer, index) => Mask.FromIndices(
            layer.WeightCount,
            new RandomStream(3, "masks", (ulong)index).NextPermutation(layer.WeightCount).AsSpan(0, TopK.KeepCount(sparsity, layer.WeightCount))))]);
        var parameters = new ParameterBlock(network);
        var stream = new RandomStream(1, "weights");
        foreach (ref var value in parameters.Values.AsSpan())
        {
            value = (float)(0.05 * stream.NextNormal());
        }

        using var engine = new CpuEngine(network, masks, 128, threads);
        engine.Load(parameters);
        var batch = new int[128];
        var times = new List<double>();
        for (var step = 0; step < 3000; step++)
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
        engine.Evaluate(data, 0, 10000);
        var evaluation = Stopwatch.GetTimestamp();
        engine.Evaluate(data, 0, 10000);
        var rebuild = Stopwatch.GetTimestamp();
        engine.Rebuild(masks);
        engine.Load(parameters);
        var end = Stopwatch.GetTimestamp();
        Console.WriteLine($"threads {threads} sparsity {sparsity}: median {times[1500]:F1} us, min {times[0]:F1} us; evaluate {Stopwatch.GetElapsedTime(evaluation, rebuild).TotalMilliseconds:F2} ms; rebuild+load {Stopwatch.GetElapsedTime(rebuild, end).TotalMicroseconds:F0} us; {engine.NativeBytes / 1e6:F2} MB");
    }
}

return 0;
