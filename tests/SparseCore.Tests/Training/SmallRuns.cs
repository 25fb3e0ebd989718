using SparseCore.Connectivity;
using SparseCore.Cpu;
using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Plans;
using SparseCore.Randomness;
using SparseCore.Recipes;

namespace SparseCore.Tests.Training;

/// <summary>A learnable toy problem and recipes on it, so that whole runs take milliseconds.</summary>
internal static class SmallRuns
{
    /// <summary>400 + 100 images of 4 x 4 pixels in 3 classes: each class has a bright row, the rest is noise.</summary>
    public static DataSplit Data { get; } = new(Examples("toy-train", 400), Examples("toy-test", 100), "toy", new string('a', 64));

    /// <summary>The CPU engine on one thread.</summary>
    public static IEngineFactory Engine { get; } = new CpuEngineFactory(new EngineOptions());

    /// <summary>LeNet-300-100 shrunk to 12-8 hidden neurons, 120 steps of 16 examples.</summary>
    public static RecipeSettings Settings { get; } = new()
    {
        Data = new DataPlan(Data.Name, Data.ContentHash),
        Network = new NetworkPlan("lenet300", [12, 8], Data.Train.Shape, Data.Train.Classes),
        SmallNetwork = new NetworkPlan("lenet300", [4, 3], Data.Train.Shape, Data.Train.Classes),
        Sparsity = 0.7,
        Steps = 120,
        RewindStep = 0,
        Preset = Preset.Paper,
        LearningRate = 0.1,
        L2 = 1e-4,
        UpdateInterval = 10,
        BatchSize = 16,
    };

    public static Recipe Recipe { get; } = new(Settings);

    /// <summary>Shortens measuring and saving to the size of the problem.</summary>
    public static PlannedRun Small(this PlannedRun run) => new(
        run.Plan with { Logging = new LoggingPlan(20, new ExampleRange(0, 64), 25, []) },
        run.Parents);

    /// <summary>The same with 64 fixed growth examples.</summary>
    public static PlannedRun GrowingOnFixedExamples(this PlannedRun run) => new(
        run.Plan with { Connectivity = (DropAndGrow)run.Plan.Connectivity with { GrowthExamples = new ExampleRange(64, 64) } },
        run.Parents);

    private static ByteDataset Examples(string name, int count)
    {
        var random = new RandomStream(1, name);
        var images = new byte[count * 16];
        var labels = new int[count];
        for (var example = 0; example < count; example++)
        {
            labels[example] = random.NextInt32(3);
            for (var pixel = 0; pixel < 16; pixel++)
            {
                images[(example * 16) + pixel] = (byte)(random.NextInt32(100) + (pixel / 4 == labels[example] ? 120 : 0));
            }
        }

        return new ByteDataset(name, new Shape(1, 4, 4), 3, images, labels);
    }
}
