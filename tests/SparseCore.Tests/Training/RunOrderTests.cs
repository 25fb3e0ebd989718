using SparseCore.Allocation;
using SparseCore.Plans;
using SparseCore.Recipes;
using SparseCore.Training;

namespace SparseCore.Tests.Training;

public class RunOrderTests
{
    private static readonly PlannedRun First = SmallRuns.Recipe.Prune(1);

    private static readonly PlannedRun Second = SmallRuns.Recipe.Prune(2);

    private static readonly PlannedRun Ticket = SmallRuns.Recipe.Lottery(Second, 1);

    [Fact]
    public void LongestPathFirst_puts_long_runs_first() =>
        Assert.Equal([Second, First], RunOrder.LongestPathFirst([First, Second], run => run == Second ? 2 : 1));

    [Fact]
    public void LongestPathFirst_of_equal_runs_keeps_their_order()
    {
        PlannedRun[] runs = [.. Enumerable.Range(1, 20).Select(SmallRuns.Recipe.Prune)];
        Assert.Equal(runs, RunOrder.LongestPathFirst(runs, _ => 3));
    }

    // Paths: First 4; Second 3 + 2, because a ticket waits for it; the ticket 2.
    [Fact]
    public void LongestPathFirst_counts_what_waits_for_a_run() =>
        Assert.Equal([Second, First, Ticket], RunOrder.LongestPathFirst([First, Second, Ticket], run => run == Ticket ? 2 : run == First ? 4 : 3));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void LongestPathFirst_keeps_parents_before_children_that_cost_more(double parentCost) =>
        Assert.Equal([Second, Ticket, First], RunOrder.LongestPathFirst([First, Second, Ticket], run => run == Ticket ? 5 : run == Second ? parentCost : 1));

    [Fact]
    public void The_long_runs_of_the_lottery_experiment_are_begun_before_its_tickets()
    {
        PlannedRun[] runs = [.. PlannedRun.WithParents(new LotteryExperiment(SmallRuns.Recipe, 3).All)];
        var order = RunOrder.LongestPathFirst(runs, run => new RunCost(run).Total);
        Assert.Equal(["prune", "prune", "prune"], order.Take(3).Select(run => run.Plan.Method));
        Assert.Equal(runs.Where(run => run.Plan.Method != "prune"), order.Skip(3));
    }

    [Fact]
    public void Cost_of_a_dense_run_grows_with_steps_and_batch()
    {
        var plan = Methods.Plan(SmallRuns.Recipe, "baseline", InitializerNames.Dense, 1, 1).Plan;
        var cost = new RunCost(new PlannedRun(plan)).Total;
        Assert.Equal(2 * cost, new RunCost(new PlannedRun(plan with { Steps = 2 * plan.Steps })).Total, 1e-9 * cost);
        Assert.Equal(3 * cost, new RunCost(new PlannedRun(plan with { BatchSize = 3 * plan.BatchSize })).Total, 1e-9 * cost);
        Assert.Equal(cost / 4, new RunCost(new PlannedRun(plan)).OfFirst(plan.Steps / 4), 1e-9 * cost);
    }

    [Fact]
    public void Cost_of_masked_runs_follows_their_density()
    {
        var dense = Methods.Plan(SmallRuns.Recipe, "baseline", InitializerNames.Dense, 1, 1).Plan;
        var half = new RunCost(new PlannedRun(dense with { Mask = new MaskPlan.RandomMasks(new UniformAllocation(), 0.5, 1) })).Total;
        var tenth = new RunCost(new PlannedRun(dense with { Mask = new MaskPlan.RandomMasks(new UniformAllocation(), 0.9, 1) })).Total;
        var whole = new RunCost(new PlannedRun(dense)).Total;
        Assert.Equal((whole - half) / 0.5, (whole - tenth) / 0.9, 1e-9 * whole);
        Assert.InRange(tenth, 0.1 * whole, half);
    }

    [Fact]
    public void Cost_of_a_ticket_follows_the_density_at_which_pruning_ended()
    {
        var dense = Methods.Plan(SmallRuns.Recipe, "baseline", InitializerNames.Dense, 1, 1).Plan;
        var masked = dense with { Mask = new MaskPlan.RandomMasks(new UniformAllocation(), SmallRuns.Settings.Sparsity, 1) };
        Assert.Equal(new RunCost(new PlannedRun(masked)).Total, new RunCost(Ticket).Total, 1e-6);
    }

    [Fact]
    public void Cost_of_pruning_is_spent_before_and_while_it_prunes()
    {
        var cost = new RunCost(First);
        Assert.InRange(cost.Total, new RunCost(Ticket).Total, new RunCost(new PlannedRun(Methods.Plan(SmallRuns.Recipe, "baseline", InitializerNames.Dense, 1, 1).Plan)).Total);
        Assert.True(cost.OfFirst(First.Plan.Steps / 2) > 0.6 * cost.Total);
        Assert.Equal(0, cost.OfFirst(0));
    }
}
