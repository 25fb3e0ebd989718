using SparseCore.Connectivity;
using SparseCore.Networks;
using SparseCore.Plans;
using SparseCore.Recipes;

namespace SparseCore.Tests.Recipes;

/// <summary>The plans against the numbers of the paper and its published code (LeNet5 on MNIST, 11,719 steps).</summary>
public class RecipeTests
{
    private static readonly RecipeSettings Paper = PaperSettings();

    private static Recipe Recipe => new(Paper);

    [Fact]
    public void Prune_has_the_papers_window()
    {
        var pruning = Assert.IsType<GradualPruning>(Recipe.Prune(1).Plan.Connectivity);
        Assert.Equal((3000, 7000, 100), (pruning.Sparsity.Begin, pruning.Sparsity.End, pruning.Sparsity.Interval));
        Assert.Equal(41, Enumerable.Range(0, Paper.Steps).Count(pruning.Sparsity.IsUpdate));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(117)]
    [InlineData(1000)]
    public void Prune_of_a_shorter_run_scales_the_window(int steps)
    {
        var plan = new Recipe(Paper with { Steps = steps }).Prune(1).Plan;
        plan.Validate();
        var schedule = ((GradualPruning)plan.Connectivity).Sparsity;
        Assert.InRange(schedule.Begin, steps * 0.2, steps * 0.32);
        Assert.InRange(schedule.End, steps * 0.5, steps * 0.7);
        Assert.True(schedule.IsUpdate(schedule.End), "the last event reaches the final sparsity");
    }

    [Theory]
    [InlineData(100, 2, 35, 460, 151, 12)]
    [InlineData(5859, 1, 18, 230, 75, 6)]
    public void Dynamic_drops_as_many_weights_as_the_papers_code(int step, params int[] dropped)
    {
        var plan = Recipe.Dynamic("rigl", "gradient", InitializerNames.Dense, Recipe.Prune(1), 1).Plan;
        var connectivity = (DropAndGrow)plan.Connectivity;
        Assert.True(connectivity.Updates.IsUpdate(100));
        Assert.Equal(dropped, new[] { 8, 120, 1536, 504, 42 }.Select(active => (int)(active * connectivity.DropFraction.At(step, plan.Optimizer.LearningRate))));
    }

    [Theory]
    [InlineData(Preset.Paper)]
    [InlineData(Preset.PaperCode)]
    public void Dynamic_on_a_dense_network_is_refused_before_anything_runs(Preset preset)
    {
        var recipe = new Recipe(Paper with { Sparsity = 0, Preset = preset });
        var error = Assert.Throws<PlanException>(() => Methods.Plan(recipe, "rigl", InitializerNames.Dense, 1, 1));
        Assert.Contains("nothing to grow", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Grasp_scores_with_the_temperature_of_its_authors()
    {
        var mask = Assert.IsType<MaskPlan.AtInitialization>(Methods.Plan(Recipe, "grasp", InitializerNames.Dense, 1, 1).Plan.Mask);
        Assert.Equal(new SparseCore.Scores.GraspScore(200), mask.Score);
    }

    [Fact]
    public void Derived_runs_share_no_seed_with_their_parent()
    {
        var prune = Recipe.Prune(1);
        Assert.All(
            new[] { Recipe.Lottery(prune, 1), Recipe.Scratch(prune, InitializerNames.Dense, 1, 1), Recipe.PruneRestart(prune, 1) },
            run => Assert.NotEqual(prune.Plan.OrderSeed, run.Plan.OrderSeed));
        var scratch = (WeightPlan.Initialized)Recipe.Scratch(prune, InitializerNames.Dense, 1, 1).Plan.Weights;
        Assert.NotEqual(((WeightPlan.Initialized)prune.Plan.Weights).Seed, scratch.Seed);
    }

    [Fact]
    public void Lottery_rewinding_into_the_pruning_is_refused()
    {
        var recipe = new Recipe(Paper with { RewindStep = 3500 });
        var error = Assert.Throws<PlanException>(() => recipe.Lottery(recipe.Prune(1), 1));
        Assert.Contains("at most 3000", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Lottery_rewinding_to_a_step_between_saves_makes_the_parent_save_it()
    {
        var recipe = new Recipe(Paper with { RewindStep = 123 });
        Assert.Equal(123, ((WeightPlan.FromRun)recipe.Lottery(recipe.Prune(1), 1).Plan.Weights).Run.Step);
    }

    [Fact]
    public void Plans_of_the_committed_MNIST_results_keep_their_hashes()
    {
        var settings = new Experiment(SparseCore.Tests.Data.Samples.Mnist, "lenet5") { Preset = Preset.PaperCode }.Settings();
        Assert.Equal(CommittedRuns("reproduce-mnist"), RunMatrix.Cells(settings, RunMatrix.PaperRows(0.98), 5).SelectMany(cell => cell.Runs).Select(run => run.Plan.FolderName).Order());
    }

    [SparseCore.Tests.Data.FashionFact]
    public void Plans_of_the_committed_large_results_keep_their_hashes()
    {
        var data = SparseCore.Data.DataSource.Load("fashion32", SparseCore.Data.DataFamilies.FashionFolder);
        var settings = new Experiment(data, "resnet50-small") { Widths = [32, 64, 128, 256], Sparsity = 0.8, Steps = 600, BatchSize = 64 }.Settings();
        string[] methods = ["baseline", "small-dense", "prune", "lottery", "scratch", "rigl"];
        var cells = RunMatrix.Cells(settings, RunMatrix.RowsOf(methods, [InitializerNames.Dense]), 2);
        Assert.Equal(CommittedRuns("reproduce-large"), cells.SelectMany(cell => cell.Runs).Select(run => run.Plan.FolderName).Order());
    }

    [Theory]
    [InlineData("dense")]
    [InlineData("Baseline")]
    [InlineData("rigl+")]
    public void Unknown_methods_are_refused_with_the_known_ones(string method)
    {
        var error = Assert.Throws<PlanException>(() => Methods.Plan(Recipe, method, InitializerNames.Dense, 1, 1));
        Assert.Contains(method, error.Message, StringComparison.Ordinal);
        Assert.Contains("baseline, small-dense, prune, lottery", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Methods_of_every_table_are_those_that_can_be_asked_for()
    {
        string[] contract = ["baseline", "small-dense", "lottery", "prune", "scratch", "set", "rigl", "rigl-inverted", "snfs", "snip", "grasp", "synflow"];
        Assert.Equal(contract.Order(), RunMatrix.Cells(Paper, RunMatrix.PaperRows(0.98), 2).Select(cell => cell.Method).Distinct().Order());
        Assert.Subset(Methods.Names.ToHashSet(), contract.ToHashSet());
    }

    [Fact]
    public void Matrix_has_distinct_folders_and_valid_plans()
    {
        var cells = RunMatrix.Cells(Paper, RunMatrix.PaperRows(0.98), 5);
        var runs = PlannedRun.WithParents(cells.SelectMany(cell => cell.Runs));
        Assert.All(runs, run => run.Plan.Validate());
        Assert.Equal(runs.Count, runs.Select(run => run.Plan.Name).Distinct().Count());
        Assert.All(cells, cell => Assert.Equal(5, cell.Runs.Count));
    }

    [Fact]
    public void LotteryExperiment_of_five_seeds_has_25_runs() =>
        Assert.Equal(25, PlannedRun.WithParents(new LotteryExperiment(Recipe, 5).All).Count);

    [Fact]
    public void SmallDense_of_lenet300_has_about_the_parameters_of_the_98_percent_sparse_network()
    {
        var small = LeNet300.Create(LeNet300.SmallDenseWidths, new Shape(1, 28, 28), 10).ParameterCount;
        Assert.Equal(5739, small);
    }

    /// <summary>Folder names in a committed table; each ends with digits of the plan's hash.</summary>
    private static IEnumerable<string> CommittedRuns(string results) =>
        File.ReadLines(Path.Combine(SparseCore.Tests.Data.Samples.Repository, "results", results, "runs.csv")).Skip(1).Select(line => line.Split(',')[0]).Order();

    private static RecipeSettings PaperSettings() => new()
    {
        Data = new DataPlan("mnist", new string('0', 64)),
        Network = new NetworkPlan("lenet5", LeNet5.PaperWidths, new Shape(1, 28, 28), 10),
        SmallNetwork = new NetworkPlan("lenet5", LeNet5.SmallDenseWidths, new Shape(1, 28, 28), 10),
        Sparsity = 0.95,
        Steps = RecipeSettings.PaperSteps,
        RewindStep = 0,
        Preset = Preset.Paper,
        LearningRate = 0.05,
        L2 = 5e-4,
        UpdateInterval = 100,
        BatchSize = 128,
    };
}
