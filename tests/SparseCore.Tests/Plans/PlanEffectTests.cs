using SparseCore.Data;
using SparseCore.Networks;
using SparseCore.Plans;
using SparseCore.Recipes;
using SparseCore.RunFolders;
using SparseCore.Schedules;
using SparseCore.Tests.Checkpoints;
using SparseCore.Tests.Data;
using SparseCore.Tests.Training;
using SparseCore.Training;

namespace SparseCore.Tests.Plans;

/// <summary>Schedules that never act are refused before anything is trained; default ones act at every length.</summary>
public sealed class PlanEffectTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public static TheoryData<string, int> Lengths
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (var network in (string[])["lenet5", "lenet300", "resnet50-small", "vgg16"])
            {
                foreach (var steps in (int[])[2, 3, 4, 5, 9, 10, 19, 20, 21, 40, 99, 100, 300, 499, 500, 501, 1000, 11719, 32000])
                {
                    data.Add(network, steps);
                }
            }

            return data;
        }
    }

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Default_schedules_act_at_every_length(string network, int steps)
    {
        var recipe = new Recipe(Settings(network, steps));
        foreach (var method in Methods.Names.Where(method => network.StartsWith("lenet", StringComparison.Ordinal) || method is not ("magnitude" or "random" or "snip" or "grasp" or "synflow")))
        {
            foreach (var run in PlannedRun.WithParents([Methods.Plan(recipe, method, InitializerNames.Dense, 1, 1)]))
            {
                run.Plan.Validate();
                run.Plan.RequireEffect();
            }
        }
    }

    [Theory]
    [InlineData("lenet5", 11719, 100)]
    [InlineData("lenet5", 1000, 100)]
    [InlineData("lenet5", 300, 30)]
    [InlineData("lenet5", 7, 1)]
    [InlineData("lenet300", 11719, 500)]
    [InlineData("lenet300", 5000, 500)]
    [InlineData("lenet300", 300, 30)]
    [InlineData("resnet50-small", 32000, 100)]
    [InlineData("resnet50-small", 600, 20)]
    [InlineData("resnet50-small", 20, 8)]
    public void The_interval_of_mask_updates_is_the_papers_or_shorter_in_short_runs(string network, int steps, int interval) =>
        Assert.Equal(interval, Settings(network, steps).UpdateInterval);

    [Fact]
    public void A_first_update_after_the_end_is_refused_with_the_setting_to_change() =>
        AssertRefused(Recipe(30).Dynamic("rigl", "gradient", InitializerNames.Dense, Recipe(30).Prune(1), 1).Plan, "never be updated: the first update is at step 30, and the run ends at step 20", "update-interval=");

    [Fact]
    public void Updates_that_drop_nothing_are_refused() =>
        AssertRefused(Recipe(20).Dynamic("rigl", "gradient", InitializerNames.Dense, Recipe(20).Prune(1), 1).Plan, "would never drop a weight: the first is at step 20 of 20", "update-interval=");

    [Fact]
    public void Pruning_to_a_sparsity_of_0_is_refused() => AssertRefused(new Recipe(Small with { Sparsity = 0 }).Prune(1).Plan, "would prune nothing: its final sparsity is 0", "method=baseline");

    [Fact]
    public void Pruning_that_rounds_to_no_weight_is_refused() => AssertRefused(new Recipe(Small with { Sparsity = 1e-6 }).Prune(1).Plan, "would prune nothing: its final sparsity is 1E-06", "sparsity=");

    [Fact]
    public void Pruning_at_initialization_to_a_sparsity_of_0_is_refused() =>
        AssertRefused(Methods.Plan(new Recipe(Small with { Sparsity = 0 }), "snip", InitializerNames.Dense, 1, 1).Plan, "would prune nothing", "method=baseline");

    [Fact]
    public void A_saved_step_after_the_end_is_refused() => AssertRefused(new Recipe(Small with { RewindStep = 77 }).Prune(1).Plan, "step 77 would never be saved: the run ends at step 20", "rewind=");

    [Theory]
    [InlineData(20)]
    [InlineData(21)]
    public void A_drop_of_the_learning_rate_after_the_end_is_refused(int boundary)
    {
        var plan = new Recipe(Small).Dense(1).Plan;
        var schedule = new LearningRateSchedule.Steps([5, boundary], [0.1, 0.01, 0.001]);
        AssertRefused(plan with { Optimizer = plan.Optimizer with { LearningRate = schedule } }, $"at step {boundary} would never come", "steps=");
        AssertRefused(plan with { Optimizer = plan.Optimizer with { LearningRate = new LearningRateSchedule.WarmUp(2, schedule) } }, $"at step {boundary} would never come");
    }

    [Fact]
    public void Nothing_of_a_graph_is_trained_when_one_of_its_plans_never_acts()
    {
        var runs = new[] { new Recipe(Small).Dense(1), new Recipe(Small with { Sparsity = 0 }).Prune(1) };
        Assert.Throws<PlanException>(() => RunGraph.Execute(runs, Executor, 1, new SilentProgress(), CancellationToken.None));
        Assert.False(Directory.Exists(folder.File("runs")));
    }

    [Fact]
    public void A_finished_run_whose_schedule_never_acts_is_still_what_its_plan_says()
    {
        var plan = new Recipe(Small).Dense(1).Plan;
        Executor.Execute(plan, new SilentProgress(), CancellationToken.None);
        var idle = plan with { Logging = plan.Logging with { ExtraSaves = [77] } };
        using (var folderOfIdle = RunFolder.Acquire(folder.File("runs"), idle.FolderName, idle.ToCanonicalJson()))
        {
            Assert.Throws<PlanException>(() => Executor.Execute(idle, new SilentProgress(), CancellationToken.None));
        }

        Assert.Equal(idle.Hash, TrainingPlan.Parse(idle.ToCanonicalJson()).Hash);
    }

    [Fact]
    public void The_first_update_says_when_no_layer_has_enough_weights_to_drop_one()
    {
        var recipe = new Recipe(Small with { Sparsity = 0.95, DropFraction = new DropFractionSchedule.Constant(0.01), UpdateInterval = 5 });
        var progress = new SilentProgress();
        Executor.Execute(recipe.Dynamic("set", "random", InitializerNames.Dense, recipe.Prune(1), 1).Plan, progress, CancellationToken.None);
        Assert.Single(progress.Warnings, warning => warning.Contains("the mask update of step 5 drops nothing: a fraction of 0.01 of 10 active weights", StringComparison.Ordinal));
    }

    private static RecipeSettings Small => SmallRuns.Settings with { Steps = 20, Logging = new LoggingPlan(20, new ExampleRange(0, 64), 20, []) };

    private RunExecutor Executor => new(folder.File("runs"), SmallRuns.Data, SmallRuns.Engine);

    private static Recipe Recipe(int updateInterval) => new(Small with { UpdateInterval = updateInterval });

    private static RecipeSettings Settings(string network, int steps)
    {
        var shape = network.StartsWith("lenet", StringComparison.Ordinal) ? new Shape(1, 28, 28) : new Shape(3, 32, 32);
        var data = new DataSplit(Samples.Random(shape, 10, 100), Samples.Random(shape, 10, 10), "images", new string('b', 64));
        int[]? widths = network switch
        {
            "resnet50-small" => [4, 4, 4, 4],
            "vgg16" => [4, 4, 4, 4, 4],
            _ => null,
        };
        return new Experiment(data, network) { Widths = widths, Steps = steps }.Settings();
    }

    private static void AssertRefused(TrainingPlan plan, params string[] expected)
    {
        plan.Validate();
        var message = Assert.Throws<PlanException>(plan.RequireEffect).Message;
        Assert.All(expected, text => Assert.Contains(text, message, StringComparison.Ordinal));
        Assert.Contains(plan.FolderName, message, StringComparison.Ordinal);
    }
}
