using System.Text.Json;
using SparseCore.Checkpoints;
using SparseCore.Cpu;
using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Plans;
using SparseCore.Randomness;
using SparseCore.Recipes;
using SparseCore.RunFolders;
using SparseCore.Training;

namespace Pages.Tests;

/// <summary>Folders of runs of a toy problem, as the toolkit writes them: some trained, many only written.</summary>
internal static class MadeRuns
{
    /// <summary>Steps between two rows of a metric.</summary>
    public const int Interval = 20;

    /// <summary>Length of runs that are trained, and of those beside them.</summary>
    public const int Steps = 200;

    private const double Sparsity = 0.7;
    private const int SaveInterval = 50;

    private static readonly JsonSerializerOptions HolderJson = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>The metrics of every log of a run that is only written, in order.</summary>
    public static IReadOnlyList<string> Metrics { get; } = ["learning_rate", "active_weights", "gradient_norm", "test_loss", "test_accuracy"];

    /// <summary>400 + 100 images of 4 x 4 pixels in 3 classes: each class has a bright row, the rest is noise.</summary>
    public static DataSplit Data { get; } = new(Images("made-train", 400), Images("made-test", 100), "made", new string('d', 64));

    /// <summary>A run of a method and those that it derives from.</summary>
    /// <param name="method">One of <see cref="Methods.Names"/>.</param>
    /// <param name="seed">Its seed.</param>
    /// <param name="steps">Its length.</param>
    /// <param name="saveInterval">Steps between checkpoints.</param>
    public static PlannedRun Plan(string method, int seed, int steps = Steps, int saveInterval = SaveInterval)
    {
        var recipe = new Recipe(new RecipeSettings
        {
            Data = new DataPlan(Data.Name, Data.ContentHash),
            TrainCount = Data.Train.Count,
            Network = new NetworkPlan("lenet300", [12, 8], Data.Train.Shape, Data.Train.Classes),
            SmallNetwork = new NetworkPlan("lenet300", [4, 3], Data.Train.Shape, Data.Train.Classes),
            Sparsity = Sparsity,
            Steps = steps,
            RewindStep = 0,
            Preset = Preset.Paper,
            LearningRate = 0.1,
            L2 = 1e-4,
            UpdateInterval = SaveInterval,
            BatchSize = 16,
            Logging = new LoggingPlan(Interval, new ExampleRange(0, 64), saveInterval, []),
        });
        return Methods.Plan(recipe, method, InitializerNames.NeuronScaled, 1, seed);
    }

    /// <summary>A plan of so many rows of metrics, all in the logs of a run that is only written.</summary>
    public static TrainingPlan OfRows(string method, int seed, int rows)
    {
        var steps = Interval * Math.Max(1, (rows / Metrics.Count) - 1);
        return Plan(method, seed, steps, steps).Plan;
    }

    /// <summary>Trains runs and all that they derive from.</summary>
    public static void Train(string root, params PlannedRun[] runs) => Train(root, new Silence(), runs);

    /// <summary>Trains runs and all that they derive from; <paramref name="progress"/> hears of it.</summary>
    public static void Train(string root, IRunProgress progress, params PlannedRun[] runs)
    {
        var failed = RunGraph.Execute(runs, new RunExecutor(root, Data, new CpuEngineFactory(new EngineOptions { Threads = 1 })), jobs: 1, progress, CancellationToken.None);
        if (failed.Count > 0)
        {
            throw new TrainingException(string.Join("; ", failed.Select(one => one.Reason)));
        }
    }

    /// <summary>Writes the folder of a run that derives from none, with smooth metrics, random weights and one checkpoint, at the step that it reached.</summary>
    /// <param name="root">The folder of runs.</param>
    /// <param name="plan">Its plan.</param>
    /// <param name="reached">The last step that is done; null for all.</param>
    /// <param name="status">What its record says.</param>
    /// <param name="error">Why it failed.</param>
    public static void Write(string root, TrainingPlan plan, int? reached = null, RunStatus status = RunStatus.Finished, string? error = null)
    {
        var last = reached ?? plan.Steps;
        using var folder = RunFolder.Acquire(root, plan.FolderName, plan.ToCanonicalJson());
        var masks = Masks(plan);
        using (var metrics = folder.OpenMetrics(null))
        {
            for (var step = 0; step <= last; step += Interval)
            {
                if (step == last)
                {
                    metrics.Flush();
                    folder.WriteCheckpoint(new Checkpoint(last, plan.Hash, [], masks, Weights(masks, plan.OrderSeed), new ParameterBlock(masks.Network), metrics.Length));
                }

                Log(metrics, plan, step, masks.ActiveCount);
            }

            metrics.Flush();
        }

        var record = RunRecord.Start(plan.Hash);
        folder.WriteRecord(record with
        {
            Status = status,
            Started = record.Started.AddMinutes(-2),
            Finished = status == RunStatus.Running ? null : record.Started.AddMinutes(-1),
            Seconds = 60 + (plan.OrderSeed % 10),
            Verified = status == RunStatus.Finished ? ["last checkpoint read back equals the trained state"] : [],
            Error = error,
            Engine = new EngineRecord(record.Machine.Processor, "SparseCore.Cpu"),
            Worker = Worker.Current,
        });
    }

    /// <summary>Says of a run that a process of another machine makes it now.</summary>
    /// <returns>The file that says so; its time is the last sign of life.</returns>
    public static string Hold(string root, TrainingPlan plan, string host, int process, string job)
    {
        var path = Path.Combine(root, plan.FolderName, "holder.json");
        var holder = new RunHolder(new Worker(host, process, job), $"{host}-01234567", RunRecord.CurrentCodeVersion, DateTimeOffset.UtcNow.AddMinutes(-2));
        File.WriteAllText(path, JsonSerializer.Serialize(holder, HolderJson) + "\n");
        return path;
    }

    private static void Log(MetricsFile metrics, TrainingPlan plan, int step, int active)
    {
        var done = (double)step / plan.Steps;
        var wave = 0.02 * Math.Sin((step * 0.37) + plan.OrderSeed + plan.Method.Length);
        var loss = (1.1 * Math.Exp(-4 * done)) + 0.1 + wave;
        ReadOnlySpan<double> values = [plan.Optimizer.LearningRate.At(step), active, 0.3 + wave, loss, 0.95 - (0.6 * Math.Exp(-5 * done)) + wave];
        for (var index = 0; index < values.Length; index++)
        {
            metrics.Append(Metrics[index], step, values[index]);
        }
    }

    private static MaskSet Masks(TrainingPlan plan)
    {
        var network = plan.Network.Build();
        return plan.Mask is MaskPlan.AllActive
            ? MaskSet.Full(network)
            : new MaskSet(network, [.. network.Layers.Select((layer, index) =>
            {
                var order = new RandomStream(plan.OrderSeed, "masks", (ulong)index).NextPermutation(layer.WeightCount);
                return Mask.FromIndices(layer.WeightCount, order.AsSpan(0, TopK.KeepCount(Sparsity, layer.WeightCount)));
            })]);
    }

    private static ParameterBlock Weights(MaskSet masks, ulong seed)
    {
        var random = new RandomStream(seed, "weights");
        var block = new ParameterBlock(masks.Network);
        foreach (ref var value in block.Values.AsSpan())
        {
            value = (float)(0.5 * random.NextNormal());
        }

        block.Apply(masks);
        return block;
    }

    private static ByteDataset Images(string name, int count)
    {
        var random = new RandomStream(1, name);
        var images = new byte[count * 16];
        var labels = new int[count];
        for (var image = 0; image < count; image++)
        {
            labels[image] = random.NextInt32(3);
            for (var pixel = 0; pixel < 16; pixel++)
            {
                images[(image * 16) + pixel] = (byte)(random.NextInt32(100) + (pixel / 4 == labels[image] ? 120 : 0));
            }
        }

        return new ByteDataset(name, new Shape(1, 4, 4), 3, images, labels);
    }

    /// <summary>Hears of everything and says nothing.</summary>
    private sealed class Silence : IRunProgress
    {
        public void Started(TrainingPlan plan, int step)
        {
            // Nobody has to know.
        }

        public void Advanced(TrainingPlan plan, int step)
        {
            // Nobody has to know.
        }

        public void Finished(TrainingPlan plan, bool trained)
        {
            // Nobody has to know.
        }

        public void Failed(TrainingPlan plan, string reason)
        {
            // The graph lists it.
        }

        public void Warned(TrainingPlan plan, string message)
        {
            // Warnings change nothing.
        }
    }
}
