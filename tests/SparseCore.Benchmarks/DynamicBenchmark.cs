using System.Diagnostics;
using SparseCore.Data;
using SparseCore.Plans;
using SparseCore.Recipes;
using SparseCore.Training;

namespace SparseCore.Benchmarks;

/// <summary>
/// What dynamic sparse training costs: whole runs of SET and RigL (steps, mask updates, measurements, checkpoints) beside a static sparse run of the same length
/// from the same mask, in turns, with the settings of the paper's published runs.
/// </summary>
internal static class DynamicBenchmark
{
    private const double Sparsity = 0.95;
    private static readonly string[] Parts = ["steps", "gradient norms", "dense gradients", "new masks", "copies", "evaluation", "the rest"];

    /// <summary>Measures and prints; the table of parts is written into the folder.</summary>
    /// <param name="dataFolder">Folder of MNIST.</param>
    /// <param name="steps">Length of every run.</param>
    /// <param name="rounds">Turns.</param>
    /// <param name="folder">Receives the table of parts.</param>
    public static IReadOnlyList<Result> Run(string dataFolder, int steps, int rounds, string folder)
    {
        var data = Mnist.Load(dataFolder);
        var recipe = new Recipe(new Experiment(data, "lenet5") { Sparsity = Sparsity, Steps = steps, Preset = Preset.PaperCode }.Settings());
        var solution = recipe.Prune(1);
        var names = new[] { "static", "set", "rigl" };
        PlannedRun[] runs = [
            recipe.Scratch(solution, InitializerNames.NeuronScaled, 1, 1),
            recipe.Dynamic("set", "random", InitializerNames.NeuronScaled, solution, 1),
            recipe.Dynamic("rigl", "gradient", InitializerNames.NeuronScaled, solution, 1),
        ];
        var root = Directory.CreateTempSubdirectory("dst-").FullName;
        var seconds = names.Select(_ => new List<Dictionary<string, double>>()).ToArray();
        var current = new Dictionary<string, double>();
        var executor = new RunExecutor(
            root,
            data,
            new TimedEngines(current));
        try
        {
            executor.Execute(solution.Plan, new Silence(), CancellationToken.None);
            var work = Enumerable.Range(0, runs.Length).Select(index => (Action<Times>)(times =>
            {
                current.Clear();
                var start = Stopwatch.GetTimestamp();
                executor.Execute(runs[index].Plan, new Silence(), CancellationToken.None);
                var elapsed = Stopwatch.GetElapsedTime(start);
                times.Add(elapsed.TotalMicroseconds);
                seconds[index].Add(new Dictionary<string, double>(current) { ["the rest"] = elapsed.TotalSeconds - current.Values.Sum() });
                Directory.Delete(executor.PathOf(runs[index].Plan), recursive: true);
            })).ToArray();
            var times = Measurement.Interleave(rounds, work);
            Report(names, times, seconds, steps, folder);
            return [.. names.Select((name, index) => new Result(
                $"lenet5-run-{name}-{steps}", "ours", "uniform", Sparsity, recipe.Settings.BatchSize, 1, times[index].Median, times[index].Minimum, 0, 0))];
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static void Report(string[] names, Times[] times, List<Dictionary<string, double>>[] seconds, int steps, string folder)
    {
        foreach (var (name, time) in names.Zip(times))
        {
            Console.WriteLine(
                $"{name,-6} {time.Median / 1e3:F0} ms for {steps} steps, {time.Median / times[0].Median:F2} times the static run (medians); " +
                $"{time.Minimum / 1e3:F0} ms, {time.Minimum / times[0].Minimum:F2} times (smallest)");
        }

        string[] columns = ["run", .. Parts.Select(part => $"{part.Replace(' ', '_')}_us_per_step")];
        string[][] rows = [.. names.Select((name, index) => (string[])[name, .. Parts.Select(part => $"{Median(seconds[index], part) * 1e6 / steps:F1}")])];
        Tables.Write(folder, "dst-parts", columns, rows);
        Console.WriteLine(Machine.Aligned([columns, .. rows]));
    }

    private static double Median(List<Dictionary<string, double>> rounds, string part) =>
        rounds.Select(round => round.GetValueOrDefault(part)).Order().ElementAt(rounds.Count / 2);

    /// <summary>Hears of runs and says nothing.</summary>
    private sealed class Silence : IRunProgress
    {
        public void Started(TrainingPlan plan, int step)
        {
        }

        public void Advanced(TrainingPlan plan, int step)
        {
        }

        public void Finished(TrainingPlan plan, bool trained)
        {
        }

        public void Failed(TrainingPlan plan, string reason)
        {
        }

        public void Warned(TrainingPlan plan, string message)
        {
        }
    }
}
