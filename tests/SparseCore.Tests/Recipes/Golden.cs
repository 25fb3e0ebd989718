using SparseCore.Connectivity;
using SparseCore.Data;
using SparseCore.Initialization;
using SparseCore.Networks;
using SparseCore.Plans;
using SparseCore.Recipes;
using SparseCore.Schedules;

namespace SparseCore.Tests.Recipes;

/// <summary>
/// Plans of every kind, and what they were when the committed results were made: folder "golden" beside this file. Plan hashes name published runs, so that a plan's
/// canonical JSON may gain fields that are not written by default, and never change otherwise.
/// </summary>
internal static class Golden
{
    /// <summary>The methods of the committed results, which were there when the files were made.</summary>
    public static IReadOnlyList<string> Methods { get; } =
        ["baseline", "small-dense", "prune", "lottery", "scratch", "prune-restart", "set", "rigl", "rigl-inverted", "snfs", "magnitude", "random", "snip", "grasp", "synflow"];

    /// <summary>Networks of every family, narrow enough to train in no time.</summary>
    public static IReadOnlyList<(string Name, int[] Widths, Shape Input)> Networks { get; } =
    [
        ("lenet5", [2, 3, 12, 8], new Shape(1, 28, 28)),
        ("lenet300", [9, 8], new Shape(1, 4, 5)),
        ("vgg16", [4, 4, 6, 6, 8], new Shape(3, 32, 32)),
        ("vgg16-classic-bn", [4, 4, 6, 6, 8, 12, 12], new Shape(3, 32, 32)),
        ("resnet50-small", [4, 4, 6, 6], new Shape(3, 32, 32)),
    ];

    /// <summary>Where the files are.</summary>
    public static string Folder => Path.Combine(Data.Samples.Repository, "tests", "SparseCore.Tests", "Recipes", "golden");

    /// <summary>Plans of every kind by the name of their file.</summary>
    public static IEnumerable<(string Name, TrainingPlan Plan)> Plans()
    {
        var mnist = Split(new Shape(1, 28, 28), 2500);
        var photos = Split(new Shape(3, 32, 32), 640);
        var lenet = new Recipe(new Experiment(mnist, "lenet5").Settings());
        foreach (var method in Methods)
        {
            yield return ($"lenet5-{method}", Plan(lenet, method));
        }

        var code = new Recipe(new Experiment(mnist, "lenet300") { Preset = Preset.PaperCode, Regrown = Regrowth.Reset }.Settings());
        var large = new Recipe(new Experiment(photos, "resnet50-small") { Sparsity = 0.9, Steps = 800, RewindStep = 77, Allocation = "erk" }.Settings());
        var wide = new Recipe(new Experiment(photos, "vgg16") { Sparsity = 0.9, Steps = 800, Allocation = "er" }.Settings());
        yield return ("lenet300-code-scratch", Plan(code, "scratch", InitializerNames.LayerScaled));
        yield return ("lenet300-code-rigl", Plan(code, "rigl"));
        yield return ("lenet300-code-snfs", Plan(code, "snfs"));
        yield return ("resnet50-prune", Plan(large, "prune"));
        yield return ("resnet50-lottery", Plan(large, "lottery"));
        yield return ("resnet50-rigl", Plan(large, "rigl"));
        yield return ("resnet50-small-dense", Plan(large, "small-dense"));
        yield return ("vgg16-set", Plan(wide, "set", InitializerNames.Dense));
        yield return ("vgg16-baseline", Plan(wide, "baseline"));

        // What no recipe makes, and plans can say.
        var rigl = Plan(lenet, "rigl");
        var ticket = Plan(lenet, "lottery");
        yield return ("shuffled-mask", ticket with { Mask = new MaskPlan.FromRun(((MaskPlan.FromRun)ticket.Mask).Run, 7), Name = "shuffled" });
        yield return ("constant-schedules", rigl with
        {
            Connectivity = (DropAndGrow)rigl.Connectivity with { DropFraction = new DropFractionSchedule.Constant(0.25), Growth = "fair-gradient" },
            Optimizer = rigl.Optimizer with { LearningRate = new LearningRateSchedule.Constant(0.125) },
            Weights = new WeightPlan.Initialized(new NeuronScaledInitializer(Distribution.Uniform, FanMode.Average, 1.5), ulong.MaxValue),
        });
    }

    /// <summary>The run of a network and a method, 16 steps of 6 random examples.</summary>
    public static (PlannedRun Run, DataSplit Data) Run(string network, string method)
    {
        var (_, widths, input) = Networks.Single(known => known.Name == network);
        var data = Split(input, 48);
        var sparsity = method is "baseline" or "small-dense" ? 0.5 : 0.6;
        bool? pruned = network.StartsWith("lenet", StringComparison.Ordinal) ? null : false;
        var settings = new Experiment(data, network) { Widths = widths, Sparsity = sparsity, Steps = 16, BatchSize = 6, FirstLayerDense = pruned, UpdateInterval = 4 }.Settings() with { RewindStep = 2 };
        return (SparseCore.Recipes.Methods.Plan(new Recipe(settings), method, InitializerNames.NeuronScaled, 1, 1), data);
    }

    private static TrainingPlan Plan(Recipe recipe, string method, string initializer = InitializerNames.NeuronScaled) =>
        SparseCore.Recipes.Methods.Plan(recipe, method, initializer, 2, 3).Plan;

    private static DataSplit Split(Shape shape, int count)
    {
        var random = new SparseCore.Randomness.RandomStream(1, "golden", (ulong)shape.Count);
        ByteDataset Draw(string name, int examples)
        {
            var images = new byte[examples * shape.Count];
            var labels = new int[examples];
            for (var example = 0; example < examples; example++)
            {
                labels[example] = random.NextInt32(5);
                for (var pixel = 0; pixel < shape.Count; pixel++)
                {
                    images[(example * shape.Count) + pixel] = (byte)(random.NextInt32(120) + (pixel % 5 == labels[example] ? 120 : 0));
                }
            }

            return new ByteDataset(name, shape, 5, images, labels);
        }

        return new DataSplit(Draw("golden-train", count), Draw("golden-test", 20), "golden", new string('f', 64));
    }
}
