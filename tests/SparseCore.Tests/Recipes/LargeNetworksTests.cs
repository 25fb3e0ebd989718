using SparseCore.Connectivity;
using SparseCore.Data;
using SparseCore.Initialization;
using SparseCore.Measurement;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Plans;
using SparseCore.Recipes;

namespace SparseCore.Tests.Recipes;

/// <summary>The plans for VGG16 and ResNet-50 against the paper's settings.</summary>
public class LargeNetworksTests
{
    private static readonly DataSplit Images = new(
        SparseCore.Tests.Data.Samples.Random(new Shape(3, 32, 32), 10, 3000), SparseCore.Tests.Data.Samples.Random(new Shape(3, 32, 32), 10, 100), "images", new string('b', 64));

    public static TheoryData<string> Names => ["vgg16", "vgg16-bn", "resnet50", "resnet50-small"];

    private static RecipeSettings ResNet => new Experiment(Images, "resnet50-small") { Steps = 32000 }.Settings();

    [Fact]
    public void Settings_are_the_papers()
    {
        var plan = new Recipe(ResNet).Dense(1).Plan;
        Assert.Equal((0.9f, true, 5e-5, 0.1), ((float)plan.Optimizer.Momentum, plan.Optimizer.Nesterov, plan.Optimizer.L2, plan.LabelSmoothing));
        Assert.Equal(new DenseInitializer(Distribution.TruncatedNormal, FanMode.FanIn, 2), ((WeightPlan.Initialized)plan.Weights).Initializer);
        Assert.Equal(5000, ResNet.RewindStep);
        Assert.Equal(0, new Experiment(Images, "vgg16") { Steps = 32000 }.Settings().RewindStep);
        Assert.Equal(100, ResNet.UpdateInterval);
    }

    [Theory]
    [InlineData(0, 0.05 / 1564)]
    [InlineData(1563, 0.05)]
    [InlineData(9383, 0.05)]
    [InlineData(9384, 0.005)]
    [InlineData(21896, 0.0005)]
    [InlineData(28151, 0.00005)]
    public void Learning_rate_follows_the_papers_epochs(int step, double expected) => // 312.8 steps an epoch at 32,000 steps
        Assert.Equal(expected, new Recipe(ResNet).Dense(1).Plan.Optimizer.LearningRate.At(step), expected * 1e-5);

    [Fact]
    public void Measurements_are_spread_over_the_training_set_and_rarer_than_steps()
    {
        var plan = new Recipe(new Experiment(Images, "resnet50-small") { Steps = 1000 }.Settings()).Dense(1).Plan;
        Assert.Equal((0, 128, 23), (plan.Logging.GradientExamples.First, plan.Logging.GradientExamples.Count, plan.Logging.GradientExamples.Step)); // of 3,000
        Assert.Equal(51, Enumerable.Range(0, 1001).Count(plan.Logs));
        Assert.Equal(5, Enumerable.Range(0, 1001).Count(plan.Saves));
    }

    [Theory]
    [InlineData(3, new[] { 0, 3 })]
    [InlineData(20, new[] { 0, 8, 16, 20 })] // 2,560 examples trained on, 100 in the test set: six evaluations
    [InlineData(1000, new[] { 0, 20, 40, 60 })]
    public void Evaluations_take_a_small_share_of_the_time(int steps, int[] expected)
    {
        var plan = new Recipe(new Experiment(Images, "resnet50-small") { Steps = steps }.Settings()).Dense(1).Plan;
        Assert.Equal(expected, Enumerable.Range(0, steps + 1).Where(plan.Evaluates).Take(4));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(30)]
    public void Learning_rate_of_a_very_short_run_is_still_a_schedule(int steps) =>
        Assert.True(ImageNetDefaults.Rates(0.1, steps).At(0) > 0);

    [Theory]
    [MemberData(nameof(Names))]
    public void All_methods_have_valid_plans(string network)
    {
        var recipe = new Recipe(new Experiment(Images, network) { Steps = 600, Widths = network.StartsWith("vgg", StringComparison.Ordinal) ? [8, 8, 8, 8, 8] : [8, 8, 8, 8] }.Settings());
        foreach (var method in new[] { "baseline", "small-dense", "prune", "lottery", "scratch", "prune-restart", "set", "rigl", "rigl-inverted", "snfs" })
        {
            foreach (var run in PlannedRun.WithParents([Methods.Plan(recipe, method, InitializerNames.NeuronScaled, 1, 2)]))
            {
                run.Plan.Validate();
                Assert.Equal(run.Plan.ToCanonicalJson(), TrainingPlan.Parse(run.Plan.ToCanonicalJson()).ToCanonicalJson());
            }
        }
    }

    [Fact]
    public void First_layer_of_resnet_stays_dense_in_pruning_and_in_random_masks()
    {
        var recipe = new Recipe(ResNet with { Network = ResNet.Network with { Widths = [8, 8, 8, 8] } });
        var network = recipe.Settings.Network.Build();
        var pruning = (GradualPruning)recipe.Prune(1).Plan.Connectivity;
        var random = (MaskPlan.RandomMasks)Methods.Plan(recipe, "rigl", InitializerNames.Dense, 1, 1).Plan.Mask;
        var expected = network.Layers.Select((layer, index) => index == 0 ? layer.WeightCount : TopK.KeepCount(0.8, layer.WeightCount));
        Assert.Equal(expected, pruning.ActiveCounts(network, 32000));
        Assert.Equal(expected, random.Allocation.ActiveCounts(network, random.Sparsity));
        Assert.Equal(network.Layers.Select(layer => layer.WeightCount), pruning.ActiveCounts(network, 0));
    }

    [Fact]
    public void Ticket_is_rewound_to_a_step_that_the_pruning_run_saves()
    {
        var recipe = new Recipe(new Experiment(Images, "resnet50-small") { Steps = 600, Widths = [8, 8, 8, 8] }.Settings());
        var ticket = recipe.Lottery(recipe.Prune(1), 1).Plan;
        Assert.Equal(94, ((WeightPlan.FromRun)ticket.Weights).Run.Step); // 5,000 of 32,000
    }

    [Fact]
    public void Settings_that_a_network_does_not_have_are_refused()
    {
        Assert.Contains("use the preset paper", Assert.Throws<PlanException>(() => new Experiment(Images, "vgg16") { Preset = Preset.PaperCode }.Settings()).Message, StringComparison.Ordinal);
        Assert.Contains("uniform, erdos-renyi, erdos-renyi-kernel", Assert.Throws<PlanException>(() => new Experiment(Images, "vgg16") { Allocation = "even" }.Settings()).Message, StringComparison.Ordinal);
        var error = Assert.Throws<PlanException>(() => Methods.Plan(new Recipe(ResNet), "snip", InitializerNames.Dense, 1, 1));
        Assert.Contains("first-layer=sparse", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("resnet50", 0.8, 462)]
    [InlineData("resnet50", 0.9, 341)]
    [InlineData("vgg16", 0.8, 472)]
    public void SmallDense_takes_the_bytes_of_the_sparse_network(string name, double sparsity, int thousandths)
    {
        var widths = name == "resnet50" ? ResNet50.PaperWidths : Vgg16.PaperWidths;
        var plan = new NetworkPlan(name, widths, new Shape(3, 224, 224), 1000);
        var allocation = name == "resnet50" ? new SparseCore.Allocation.UniformAllocation("conv1") : new SparseCore.Allocation.UniformAllocation();
        var small = SmallDenseNetwork.Matching(plan, allocation, sparsity);
        Assert.Equal(widths.Select(width => (int)Math.Round(width * thousandths / 1000.0, MidpointRounding.AwayFromZero)), small.Widths);
        var wide = plan.Build();
        var bytes = ModelSize.Bytes(MaskSet.Full(small.Build()));
        var wanted = ModelSize.Bytes(wide, allocation.ActiveCounts(wide, sparsity));
        Assert.InRange((double)bytes / wanted, 0.99, 1.01);
    }
}
