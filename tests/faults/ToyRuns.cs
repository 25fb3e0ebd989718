using SparseCore.Cpu;
using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Plans;
using SparseCore.Randomness;
using SparseCore.Recipes;
using SparseCore.Training;

namespace SparseCore.Faults;

/// <summary>Runs of a learnable toy problem that save often, so that most moments of their lives are spent writing.</summary>
internal static class ToyRuns
{
    /// <summary>400 + 100 images of 4 x 4 pixels in 3 classes: each class has a bright row, the rest is noise.</summary>
    public static DataSplit Data { get; } = new(Examples("toy-train", 400), Examples("toy-test", 100), "toy", new string('a', 64));

    /// <summary>Engines on a number of threads.</summary>
    public static IEngineFactory Engine(int threads) => new CpuEngineFactory(new EngineOptions { Threads = threads });

    /// <summary>A run of a method and those it derives from.</summary>
    /// <param name="method">One of <see cref="Methods.Names"/>.</param>
    /// <param name="steps">Length of each run.</param>
    /// <param name="saveInterval">Steps between checkpoints.</param>
    /// <param name="seed">Seed of the run.</param>
    public static PlannedRun Plan(string method, int steps, int saveInterval, int seed = 1)
    {
        var recipe = new Recipe(new RecipeSettings
        {
            Data = new DataPlan(Data.Name, Data.ContentHash),
            Network = new NetworkPlan("lenet300", [12, 8], Data.Train.Shape, Data.Train.Classes),
            SmallNetwork = new NetworkPlan("lenet300", [4, 3], Data.Train.Shape, Data.Train.Classes),
            Sparsity = 0.7,
            Steps = steps,
            RewindStep = 0,
            Preset = Preset.Paper,
            LearningRate = 0.1,
            L2 = 1e-4,
            UpdateInterval = 10,
            BatchSize = 16,
        });
        var prune = SavingOften(recipe.Prune(1), saveInterval);
        return SavingOften(
            method switch
            {
                "lottery" => recipe.Lottery(prune, seed),
                "scratch" => recipe.Scratch(prune, InitializerNames.NeuronScaled, seed, seed),
                "prune-restart" => recipe.PruneRestart(prune, seed),
                _ => Methods.Plan(recipe, method, InitializerNames.NeuronScaled, 1, seed),
            },
            saveInterval);
    }

    /// <summary>Makes runs of the toy problem.</summary>
    public static RunExecutor Executor(string root, int threads = 1) => new(root, Data, Engine(threads));

    /// <summary>Also shortens what is measured to the size of the problem.</summary>
    private static PlannedRun SavingOften(PlannedRun run, int interval) => new(
        run.Plan with
        {
            Logging = new LoggingPlan(20, new ExampleRange(0, 64), interval, []),
            Mask = run.Plan.Mask is MaskPlan.AtInitialization mask ? mask with { Examples = new ExampleRange(0, 64) } : run.Plan.Mask,
        },
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
