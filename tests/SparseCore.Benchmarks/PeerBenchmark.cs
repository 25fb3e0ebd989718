using System.Globalization;
using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Networks;

namespace SparseCore.Benchmarks;

/// <summary>Training steps of our engines, of a plain loop on TorchSharp and of masked PyTorch, in turns within one run, on one thread each.</summary>
internal static class PeerBenchmark
{
    private const int Batch = 128;
    private const int Evaluated = 10000;
    private const int StepsPerTurn = 10;
    private static readonly double[] Densities = [1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01];

    /// <summary>Measures and prints; without PyTorch or libtorch what there is. Null when there is neither, after saying how to install them.</summary>
    /// <param name="python">The Python interpreter; empty to leave PyTorch out.</param>
    /// <param name="torch">The folder of libtorch; empty for the package.</param>
    /// <param name="folder">Where the figure goes.</param>
    public static IReadOnlyList<Result>? Run(string python, string torch, string folder)
    {
        using var peer = python.Length == 0 ? null : Peer.Start(python, "masked_lenet5.py", "one thread, masks multiplied into dense weights");
        var engines = TorchLibrary.TryEngines(torch, 1);
        return peer is null && engines is null ? null : Measure(peer, engines, folder);
    }

    private static List<Result> Measure(Peer? peer, IEngineFactory? torch, string folder)
    {
        var peak = Measurement.Peak();
        var data = RandomData.Images(new Shape(1, 28, 28), 10, Evaluated);
        var lenets = Densities.Select(density => new Lenet(data, 1 - density, Batch, 1)).ToArray();
        using var evaluated = new Lenet(data, 0.95, Batch, 1);
        var owned = new List<IDisposable>(lenets);
        var contestants = new List<Contestant> { new("ours", "ours", index => lenets[index].Train, times => evaluated.Evaluate(times, Evaluated)) };
        if (torch is not null)
        {
            contestants.Add(Plain(data, owned));
            contestants.Add(OnTorch(torch, data, owned));
        }

        if (peer is not null)
        {
            contestants.Add(new Contestant(
                "pytorch",
                "PyTorch",
                index => (times, steps) => peer.Ask(Request("train", 1 - Densities[index], steps), times),
                times => peer.Ask(Request("evaluate", 0.95, 1), times)));
        }

        var trainings = contestants.Select(contestant => Densities.Select((_, index) => contestant.Training(index)).ToArray()).ToArray();
        var work = Densities.SelectMany((_, index) => trainings.Select(training => (Action<Times>)(times => training[index](times, StepsPerTurn))));
        var measured = Measurement.Interleave(8, [.. work, .. contestants.Select(contestant => contestant.Evaluation)]);
        var results = Report(contestants, lenets, evaluated, measured, peak, folder);
        owned.ForEach(one => one.Dispose());
        return results;
    }

    private static List<Result> Report(List<Contestant> contestants, Lenet[] lenets, Lenet evaluated, Times[] measured, double peak, string folder)
    {
        var results = new List<Result>();
        for (var index = 0; index < lenets.Length; index++)
        {
            var times = measured[(index * contestants.Count)..((index + 1) * contestants.Count)];
            Print($"LeNet5 training step, {lenets[index].Sparsity:P0} sparse, batch {Batch}", contestants, times);
            results.AddRange(contestants.Select((contestant, place) => lenets[index].TrainResult(times[place], contestant.Engine, peak) with
            {
                Bytes = place == 0 ? lenets[index].Engine.NativeBytes : 0,
            }));
        }

        var evaluations = measured[^contestants.Count..];
        Print($"LeNet5 evaluation of {Evaluated} images, 95% sparse", contestants, evaluations);
        results.AddRange(contestants.Select((contestant, place) => new Result(
            "lenet5-evaluate", contestant.Engine, "uniform", 0.95, Evaluated, 1, evaluations[place].Median, evaluations[place].Minimum, evaluated.ForwardMacs * Evaluated, peak)));
        Charts.Write(
            folder,
            "step-time-ours-and-pytorch",
            "LeNet5: time of a training step against density, ours and masked dense weights",
            "Batch 128, one core, uniform allocation, measured in turns",
            "density",
            "microseconds",
            [
                .. contestants.Select((contestant, place) =>
                    (contestant.Title, Densities, Densities.Select((_, index) => measured[(index * contestants.Count) + place].Median).ToArray())),
            ]);
        return results;
    }

    private static void Print(string what, List<Contestant> contestants, Times[] times) => Console.WriteLine(
        $"{what}: " + string.Join(", ", contestants.Select((contestant, place) => place == 0
            ? $"{contestant.Title} {times[0].Median:F0} us"
            : $"{contestant.Title} {times[place].Median:F0} us ({times[place].Median / times[0].Median:F1} times; minima {times[place].Minimum / times[0].Minimum:F1} times)")));

    private static Contestant Plain(ByteDataset data, List<IDisposable> owned)
    {
        return new Contestant("torchsharp", "TorchSharp", index => Make(1 - Densities[index]).Train, Evaluate(Make(0.95)));

        Action<Times> Evaluate(TorchSharpLoop loop) => times => loop.Evaluate(times, Evaluated);

        TorchSharpLoop Make(double sparsity)
        {
            var loop = new TorchSharpLoop(TorchSharpModels.Lenet5(), RandomData.Masks(NetworkOf(data), sparsity), data, Batch, 1);
            owned.Add(loop);
            return loop;
        }
    }

    private static Contestant OnTorch(IEngineFactory engines, ByteDataset data, List<IDisposable> owned)
    {
        return new Contestant("torch", "our engine on TorchSharp", index => Make(1 - Densities[index]).Train, Evaluate(Make(0.95)));

        Action<Times> Evaluate(EngineTraining training) => times => training.Evaluate(times, Evaluated);

        EngineTraining Make(double sparsity)
        {
            var network = NetworkOf(data);
            var training = new EngineTraining(engines, network, RandomData.Masks(network, sparsity), data, Batch);
            owned.Add(training);
            return training;
        }
    }

    private static Network NetworkOf(Dataset data) => LeNet5.Create(LeNet5.PaperWidths, data.Shape, data.Classes);

    private static string Request(string what, double sparsity, int count) => string.Create(CultureInfo.InvariantCulture, $"{what} {sparsity} {count}");

    /// <summary>Somebody who trains and evaluates.</summary>
    /// <param name="Engine">Name in tables.</param>
    /// <param name="Title">Name in figures.</param>
    /// <param name="Training">What trains so many steps at the density of an index.</param>
    /// <param name="Evaluation">Evaluates once at 95%.</param>
    private sealed record Contestant(string Engine, string Title, Func<int, Action<Times, int>> Training, Action<Times> Evaluation);
}
