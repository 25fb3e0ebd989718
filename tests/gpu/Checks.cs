using System.Diagnostics;
using SparseCore.Cpu;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Reference;
using SparseCore.Tests.Engine;
using SparseCore.Torch;

namespace SparseCore.GpuChecks;

/// <summary>What the TorchSharp engine has to do on a device, each a row or some of the table.</summary>
/// <param name="settings">What the user set.</param>
/// <param name="table">Receives the rows.</param>
internal sealed class Checks(Settings settings, CheckTable table)
{
    private const double Tolerance = 1e-4;
    private const int LenetBatch = 128;

    /// <summary>All of them, in about the order of what they depend on.</summary>
    public void Run()
    {
        table.Try("contract of every engine", Contract);
        table.Try("gradients of all test networks", Gradients);
        table.Try("micro-batch", MicroBatch);
        table.Try("a device that is not there", MissingDevice);
        table.Try("RigL", TwoEngines);
        table.Try("two equal runs", Repeat);
        Times();
    }

    private TorchEngineFactory Engines(Precision precision = Precision.Single, int? microBatch = null) => new(
        new EngineOptions { Device = settings.Device, Precision = precision, MicroBatch = microBatch, Threads = settings.Threads }, settings.Torch);

    private void Contract()
    {
        var start = Stopwatch.GetTimestamp();
        var (count, failures) = FactRunner.Run(new ContractOnDevice(Engines(), Tolerance), settings.IsQuick ? 2 : int.MaxValue);
        foreach (var failure in failures)
        {
            Console.WriteLine(failure);
        }

        table.Add("contract of every engine", $"0 of {count} tests fail", $"{failures.Count} fail, {Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s", failures.Count == 0);
    }

    private void Gradients()
    {
        const int count = 21;
        var names = Setups.NetworkNames.Concat(Graphs.Names).Take(settings.IsQuick ? 4 : int.MaxValue).ToArray();
        var (worst, where) = (0.0, "");
        foreach (var name in names)
        {
            var isChain = Setups.NetworkNames.Contains(name);
            var network = isChain ? Setups.Create(name) : Graphs.Create(name);
            var masks = Setups.Masks(network, 0.5);
            var parameters = isChain ? Setups.Parameters(network, masks) : Graphs.Parameters(network, masks);
            var data = new RandomExamples(network.Input, network.Output.Count, count);
            using var engine = Engines().Create(network, masks, count);
            engine.Load(parameters);
            var found = new ParameterBlock(network);
            engine.Gradient(data, Setups.Range(count), GradientScope.Dense, found);
            var expected = new DoubleNetwork(network).Gradient(DoubleNetwork.Widen(parameters), Examples.From(data, Setups.Range(count)));
            var difference = LargestDifference(expected, found.Values);
            (worst, where) = difference <= worst ? (worst, where) : (difference, name); // NaN is not <= anything
        }

        table.Add($"gradients of {names.Length} networks", $"difference <= {Tolerance:0e+0}", $"{worst:0.0e+0} ({where})", worst <= Tolerance);
    }

    private void MicroBatch()
    {
        const int batch = 64;
        var network = Lenet();
        var data = Patterns.Create(network.Input, 10, batch);
        var (whole, parts) = (After(null), After(16));
        var difference = LargestDifference(DoubleNetwork.Widen(whole), parts.Values);
        table.Add("micro-batch 16 of batch 64, LeNet5", $"difference <= {Tolerance:0e+0}", $"{difference:0.0e+0} of the weights", difference <= Tolerance);

        ParameterBlock After(int? microBatch)
        {
            var masks = Setups.Masks(network, 0.05);
            using var engine = Engines(microBatch: microBatch).Create(network, masks, batch);
            engine.Load(Setups.Parameters(network, masks));
            engine.TrainingStep(data, Setups.Range(batch), new SgdStep(0.1f, 0.9f, 1e-4f));
            var (parameters, momentum) = (new ParameterBlock(network), new ParameterBlock(network));
            engine.Store(parameters, momentum);
            return parameters;
        }
    }

    private void MissingDevice()
    {
        const string check = "device=cuda:99";
        try
        {
            _ = new TorchEngineFactory(new EngineOptions { Device = "cuda:99" }, settings.Torch);
            table.Add(check, "a sentence", "engines", isOk: false);
        }
        catch (TorchException error)
        {
            table.Add(check, "a sentence", error.Message, error.Message.StartsWith("device=cuda", StringComparison.Ordinal));
        }
    }

    private void TwoEngines()
    {
        const int compared = RigLRun.Interval;
        const double lossLimit = 1e-3;
        var steps = settings.IsQuick ? 2 * compared : 200;
        var network = Lenet();
        var data = Patterns.Create(network.Input, 10, 2048);
        var ours = RigLRun.Train(new CpuEngineFactory(new EngineOptions { Threads = settings.Threads }), network, data, LenetBatch, steps);
        var theirs = RigLRun.Train(Engines(), network, data, LenetBatch, steps);
        var difference = ours.Losses.Zip(theirs.Losses, (one, other) => Math.Abs(one - other) / Math.Abs(one)).Take(compared).Max();
        table.Add($"RigL: first {compared} losses beside the CPU's", $"difference <= {lossLimit:0e+0}", $"{difference:0.0e+0} relative", difference <= lossLimit);
        var equal = EqualShare(ours.FirstUpdate!, theirs.FirstUpdate!);
        table.Add("RigL: masks after the first update", ">= 99.9% equal", $"{equal:P3}", equal >= 0.999);
        table.Add(
            $"RigL: loss after {steps} steps", "both below the first", $"CPU engine {ours.Losses[^1]:F4}, device {theirs.Losses[^1]:F4}, first {ours.Losses[0]:F4}",
            Math.Max(ours.Losses[^1], theirs.Losses[^1]) < ours.Losses[0]);
    }

    private void Repeat()
    {
        var steps = settings.IsQuick ? RigLRun.Interval : 100;
        var network = Lenet();
        var data = Patterns.Create(network.Input, 10, 2048);
        var runs = new[] { 1, 2 }.Select(_ => RigLRun.Train(Engines(), network, data, LenetBatch, steps)).ToArray();
        table.Report($"two equal runs of {steps} steps", runs[0].HasBitsOf(runs[1]) ? "the same bits" : "different bits");
    }

    private void Times()
    {
        var plain = new PlainLoop(settings);
        table.Report("PyTorch beside which steps are timed", plain.Version ?? "none");
        var (size, batch) = settings.IsOnProcessor ? (64, 2) : (224, 64);
        var (warmUp, steps) = settings.IsQuick ? (1, 1) : settings.IsOnProcessor ? (2, 5) : (10, 30);
        var large = ResNet50.Create(ResNet50.PaperWidths, new Shape(3, size, size), 1000, smallImages: false);
        StepTimes[] all = [
            new(Lenet(), 0.05, Patterns.Create(new Shape(1, 28, 28), 10, 2048), LenetBatch, warmUp, steps),
            new(large, 0.2, Patterns.Create(large.Input, 1000, 2 * batch), batch, warmUp, steps),
        ];

        // libtorch keeps memory that it has freed: the format that needs least comes first.
        Precision[] precisions = [Precision.BFloat16, Precision.TensorFloat32, Precision.Single];
        foreach (var (times, precision) in all.SelectMany(times => precisions.Select(precision => (times, precision))))
        {
            var check = $"{times.Network.Name} {times.Data.Shape.Height}x{times.Data.Shape.Width}, batch {times.BatchSize}, {Precisions.NameOf(precision)}";
            table.Try(check, () => Time(check, times, precision, plain));
        }
    }

    private void Time(string check, StepTimes times, Precision precision, PlainLoop plain)
    {
        TorchEngineFactory engines;
        try
        {
            engines = Engines(precision);
        }
        catch (TorchException error)
        {
            table.Report(check, $"not here: {error.Message}");
            return;
        }

        var milliseconds = times.Measure(engines);
        var memory = NvidiaSmi.MemoryInUse(settings.Device) is { } used ? $"{used} MiB in use" : "memory unknown";
        table.Report(check, $"{milliseconds:F2} ms a step, {times.BatchSize / milliseconds * 1000:F0} images/s, {memory}{plain.Measure(times, precision)}");
    }

    private static Network Lenet() => LeNet5.Create(LeNet5.PaperWidths, new Shape(1, 28, 28), 10);

    /// <summary>The largest difference, relative to the largest number; NaN where a number is none.</summary>
    private static double LargestDifference(double[] expected, float[] found)
    {
        var scale = expected.Max(Math.Abs);
        return expected.Zip(found, (one, other) => Math.Abs(one - other) / scale).Aggregate(0.0, Math.Max); // Math.Max keeps NaN
    }

    private static double EqualShare(MaskSet one, MaskSet other)
    {
        var (all, equal) = (0L, 0L);
        for (var layer = 0; layer < one.Count; layer++)
        {
            all += one[layer].Length;
            for (var index = 0; index < one[layer].Length; index++)
            {
                equal += one[layer][index] == other[layer][index] ? 1 : 0;
            }
        }

        return (double)equal / all;
    }
}
