using SparseCore.Data;
using SparseCore.Networks;
using SparseCore.Plans;
using SparseCore.Recipes;

namespace SparseCore.Tests.Recipes;

public class RunMatrixTests
{
    private static readonly DataSplit Images = new(
        SparseCore.Tests.Data.Samples.Random(new Shape(3, 32, 32), 10, 300), SparseCore.Tests.Data.Samples.Random(new Shape(3, 32, 32), 10, 100), "images", new string('b', 64));

    private static RecipeSettings Settings => new Experiment(Images, "resnet50-small") { Steps = 100, Widths = [8, 8, 8, 8] }.Settings();

    [Fact]
    public void Cells_are_those_asked_for_with_valid_plans_in_distinct_folders()
    {
        var cells = RunMatrix.Cells(Settings, RunMatrix.RowsOf(["baseline", "scratch", "rigl"], [InitializerNames.Dense, InitializerNames.NeuronScaled]), 2);
        Assert.Equal(
            [("baseline", null), ("scratch", InitializerNames.Dense), ("scratch", InitializerNames.NeuronScaled), ("rigl", InitializerNames.Dense), ("rigl", InitializerNames.NeuronScaled)],
            cells.Select(cell => (cell.Method, cell.Initializer)));
        var runs = PlannedRun.WithParents(cells.SelectMany(cell => cell.Runs));
        Assert.All(runs, run => run.Plan.Validate());
        Assert.Equal(runs.Count, runs.Select(run => run.Plan.FolderName).Distinct().Count());
        Assert.Equal(2 * 5 + 1, runs.Count); // and one pruning solution, from which all scratch runs derive
    }

    [Fact]
    public void The_lottery_experiment_of_a_large_network_needs_no_further_runs()
    {
        var cells = RunMatrix.Cells(Settings, RunMatrix.RowsOf(["baseline", "small-dense", "prune", "lottery", "scratch", "prune-restart"], [InitializerNames.Dense]), 3);
        var table = PlannedRun.WithParents(cells.SelectMany(cell => cell.Runs)).Select(run => run.Plan.Hash).ToHashSet();
        var experiment = LotteryExperiment.AsInPaper(new Recipe(Settings), 3);
        Assert.All(PlannedRun.WithParents(experiment.All), run => Assert.Contains(run.Plan.Hash, table));
        Assert.Equal((3, 0, 3, 0, 3), (experiment.Lottery.Count, experiment.Scratch.Count, experiment.ScratchDifferent.Count, experiment.Restart.Count, experiment.Pruned.Count));
    }

    [Fact]
    public void An_unknown_method_is_named() => Assert.Contains(
        "Unknown method 'snap'", Assert.Throws<PlanException>(() => RunMatrix.RowsOf(["snap"], [InitializerNames.Dense])).Message, StringComparison.Ordinal);
}
