using System.Diagnostics;
using SparseCore.Cpu;
using SparseCore.Cpu.Convolutions;
using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Benchmarks;

/// <summary>Training steps of VGG16 and ResNet-50 on 224 x 224 images: by density, on dense kernels, and PyTorch's dense step, in turns.</summary>
internal static class LargeBenchmark
{
    private const int Batch = 32;
    private const int Threads = 2;
    private static readonly double[] Sparsities = [0, 0.8, 0.9];

    /// <summary>Measures and prints; null when PyTorch is missing, after saying how to install it.</summary>
    /// <param name="python">The Python interpreter; empty to leave PyTorch out.</param>
    /// <param name="names">Networks: "resnet50", "vgg16".</param>
    /// <param name="rounds">Turns.</param>
    public static IReadOnlyList<Result>? Run(string python, string[] names, int rounds)
    {
        var peak = Measurement.Peak();
        var data = RandomData.Images(new Shape(3, 224, 224), 1000, 2 * Batch);
        var results = new List<Result>();
        using var peer = python.Length == 0 ? null : Peer.Start(python, "dense_large.py", $"{Threads} threads, dense");
        if (python.Length > 0 && peer is null)
        {
            return null;
        }

        foreach (var name in names)
        {
            var widths = name == "vgg16" ? Vgg16.PaperWidths : ResNet50.PaperWidths;
            var network = new NetworkPlan(name, widths, data.Shape, data.Classes).Build();

            // One engine at a time: three would not fit beside PyTorch's tensors.
            var times = Sparsities.Select(_ => new Times()).ToArray();
            var theirs = new Times();
            var bytes = new long[Sparsities.Length];
            var macs = new double[Sparsities.Length];
            for (var round = 0; round < rounds; round++)
            {
                for (var index = 0; index < Sparsities.Length; index++)
                {
                    (macs[index], bytes[index]) = Train(network, data, Sparsities[index], times[index]);
                }

                peer?.Ask($"{name} 2", theirs);
            }

            for (var index = 0; index < Sparsities.Length; index++)
            {
                results.Add(new Result(
                    $"{name}-train", "ours", "uniform, first layer dense", Sparsities[index], Batch, Threads, times[index].Median, times[index].Minimum, macs[index], peak * Threads)
                {
                    Bytes = bytes[index],
                });
                Console.WriteLine(
                    $"{name}, batch {Batch}, {Threads} threads, {Sparsities[index]:P0} sparse (uniform, first layer dense): {times[index].Median / 1e6:F2} s a step, " +
                    $"{times[0].Median / times[index].Median:F2} times our dense step; {bytes[index] / 1e9:F2} GB of engine memory");
            }

            if (peer is not null)
            {
                results.Add(new Result($"{name}-train", "pytorch", "dense", 0, Batch, Threads, theirs.Median, theirs.Minimum, macs[0], peak * Threads));
                Console.WriteLine($"{name}, PyTorch dense: {theirs.Median / 1e6:F2} s a step; ours dense is {theirs.Median / times[0].Median:F2} times as fast");
            }
        }

        return results;
    }

    /// <summary>Time of every stage of one slice of 16 examples on one thread, the slowest first.</summary>
    public static void Profile(string name, double sparsity, int rounds)
    {
        var widths = name.StartsWith("vgg16", StringComparison.Ordinal) ? Vgg16.PaperWidths : ResNet50.PaperWidths;
        var shape = name.EndsWith("small", StringComparison.Ordinal) ? new Shape(3, 32, 32) : new Shape(3, 224, 224);
        var network = new NetworkPlan(name, widths, shape, 1000).Build();
        var masks = Masks(network, sparsity);
        using var plan = new ExecutionPlan(network, 32);
        plan.Rebuild(masks);
        var parameters = RandomData.Parameters(network, masks);
        for (var layer = 0; layer < plan.States.Length; layer++)
        {
            plan.States[layer].Load(parameters.Weights(layer), parameters.Biases(layer), [], []);
        }

        using var workspace = plan.CreateWorkspace();
        plan.Prepare(workspace, GradientScope.Active);
        plan.LoadInputs(workspace, RandomData.Images(shape, 1000, 16), [.. Enumerable.Range(0, 16)]);
        workspace.KeepsPositions = true;
        var forward = plan.Stages.Select(_ => new Times()).ToArray();
        var backward = plan.Stages.Select(_ => new Times()).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            for (var stage = 0; stage < plan.Stages.Count; stage++)
            {
                Measurement.Repeat(forward[stage], 1, () => Forward(stage));
            }

            for (var stage = plan.Stages.Count - 1; stage >= 0; stage--)
            {
                Measurement.Repeat(backward[stage], 1, () => Backward(stage));
            }
        }

        Console.WriteLine($"{name} at {sparsity:P0}: milliseconds of 16 examples on one thread, GMAC/s of the active weights");
        foreach (var stage in Enumerable.Range(0, plan.Stages.Count).OrderByDescending(stage => forward[stage].Minimum + backward[stage].Minimum))
        {
            var layer = Enumerable.Range(0, network.Layers.Count).FirstOrDefault(index => network.Layers[index].Name == plan.Stages[stage].Name && plan.Stages[stage] is ConvolutionStage or FullyConnectedStage, -1);
            var macs = layer < 0 ? 0.0 : (double)masks[layer].ActiveCount * network.Layers[layer].OutputPositions * 16;
            Console.WriteLine(
                $"{plan.Stages[stage].Name,-24} {plan.Stages[stage].GetType().Name,-20} forward {forward[stage].Minimum / 1e3,8:F2} {macs / forward[stage].Minimum / 1e3,7:F1}   " +
                $"backward {backward[stage].Minimum / 1e3,8:F2} {(plan.Stages[stage].Input == 0 ? 1 : 2) * macs / backward[stage].Minimum / 1e3,7:F1}");
        }

        Console.WriteLine(
            $"all: forward {forward.Sum(time => time.Minimum) / 1e3:F1} ms, backward {backward.Sum(time => time.Minimum) / 1e3:F1} ms; " +
            $"without weights {Enumerable.Range(0, plan.Stages.Count).Where(stage => plan.Stages[stage] is not (ConvolutionStage or FullyConnectedStage)).Sum(stage => forward[stage].Minimum + backward[stage].Minimum) / 1e3:F1} ms");

        void Forward(int stage)
        {
            if (plan.Stages[stage] is NormStage norm)
            {
                norm.Collect(workspace, 1, 0);
                norm.State.UseBatchStatistics([16]);
            }

            plan.Stages[stage].Forward(workspace, 1);
        }

        void Backward(int stage)
        {
            if (plan.Stages[stage] is NormStage norm)
            {
                norm.CollectGradients(workspace, 1, 0);
                norm.State.JoinGradients([16]);
            }

            plan.Stages[stage].Backward(workspace, 1, 0, GradientScope.Active);
        }
    }

    private static (double Macs, long Bytes) Train(Network network, Dataset data, double sparsity, Times times)
    {
        var masks = Masks(network, sparsity);
        using var engine = new CpuEngine(network, masks, Batch, Threads);
        engine.Load(RandomData.Parameters(network, masks));
        int[] batch = [.. Enumerable.Range(0, Batch)];
        var step = new SgdStep(0.001f, 0.9f, 5e-5f, Nesterov: true, LabelSmoothing: 0.1f);
        engine.TrainingStep(data, batch, step); // first touch of the memory
        for (var index = 0; index < 2; index++)
        {
            var start = Stopwatch.GetTimestamp();
            engine.TrainingStep(data, batch, step);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }

        var macs = network.Layers.Select((layer, index) => (double)masks[index].ActiveCount * layer.OutputPositions * (index == 0 ? 2 : 3)).Sum() * Batch;
        return (macs, engine.NativeBytes);
    }

    /// <summary>One sparsity in every layer but the first, which stays dense, as in the paper.</summary>
    internal static MaskSet Masks(Network network, double sparsity)
    {
        var masks = RandomData.Masks(network, sparsity);
        return new MaskSet(network, [Mask.Full(network.Layers[0].WeightCount), .. Enumerable.Range(1, masks.Count - 1).Select(layer => masks[layer])]);
    }
}
