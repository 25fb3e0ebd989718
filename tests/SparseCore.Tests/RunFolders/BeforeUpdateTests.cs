using SparseCore.Checkpoints;
using SparseCore.Connectivity;
using SparseCore.Data;
using SparseCore.Plans;
using SparseCore.Recipes;
using SparseCore.RunFolders;
using SparseCore.Schedules;
using SparseCore.Tests.Checkpoints;
using SparseCore.Tests.Training;
using SparseCore.Training;
using SparseCore.Verification;

namespace SparseCore.Tests.RunFolders;

/// <summary>Mask updates seen from both sides.</summary>
public sealed class BeforeUpdateTests : IDisposable
{
    private const int Update = 60;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("rigl")]
    [InlineData("set")]
    [InlineData("rigl-inverted")]
    public void The_moment_before_an_update_is_that_of_a_run_without_it(string method)
    {
        var plan = Plan(method);
        var saving = plan.SavingUpdates([Update]);
        Assert.Equal([59, 60], saving.Logging.ExtraSaves);

        // The same run whose last update came before: 60 is then a plain step.
        var without = plan with
        {
            Connectivity = (DropAndGrow)plan.Connectivity with { Updates = new UpdateSchedule(10, Update - 1, 10) },
            Logging = plan.Logging with { ExtraSaves = [Update] },
        };
        var expected = Executed(without, Update);
        var (masks, parameters) = BeforeUpdate.Compute(saving, Executed(saving, Update - 1), SmallRuns.Data, SmallRuns.Engine);
        Assert.Equal(expected.Masks, masks);
        Assert.True(parameters.Values.AsSpan().SequenceEqual(expected.Parameters.Values));

        // On this toy the weights of the smallest gradients are those that were just dropped.
        Assert.Equal(method == "rigl-inverted", expected.Masks.Equals(Executed(saving, Update).Masks));
    }

    [Fact]
    public void A_plan_that_saves_updates_trains_as_it_did_and_is_verified_with_the_same_bits()
    {
        var plan = Plan("rigl");
        var saving = plan.SavingUpdates([10, Update]);
        Assert.NotEqual(plan.Hash, saving.Hash);
        Assert.Equal(plan.Hash, plan.SavingUpdates([]).Hash);
        Assert.True(Executed(plan, plan.Steps).Parameters.Values.AsSpan().SequenceEqual(Executed(saving, plan.Steps).Parameters.Values));
        var verification = new RunVerifier(SmallRuns.Data, SmallRuns.Engine).Verify(Path.Combine(folder.Root, saving.FolderName), replay: true);
        Assert.Empty(verification.Findings);
    }

    [Fact]
    public void What_has_no_update_is_refused_with_the_steps_that_have_one()
    {
        var plan = Plan("rigl");
        Assert.Matches(
            "expected a mask update after step 61, found updates at 10, 20, 30, .*\\.$",
            Assert.Throws<PlanException>(() => plan.SavingUpdates([Update, 61])).Message);
        Assert.Throws<PlanException>(() => plan.SavingUpdates([0]));
        Assert.EndsWith("found masks that never change.", Assert.Throws<PlanException>(() => SmallRuns.Recipe.Dense(1).Plan.SavingUpdates([10])).Message, StringComparison.Ordinal);
        Assert.EndsWith("found a method that prunes before steps.", Assert.Throws<PlanException>(() => SmallRuns.Recipe.Prune(1).Plan.SavingUpdates([10])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_run_and_other_data_are_refused()
    {
        var plan = Plan("rigl").SavingUpdates([Update]);
        var previous = Executed(plan, Update - 1);
        var other = new DataSplit(SmallRuns.Data.Train, SmallRuns.Data.Test, "other", new string('b', 64));
        Assert.Contains("found 'other'", Assert.Throws<PlanException>(() => BeforeUpdate.Compute(plan, previous, other, SmallRuns.Engine)).Message, StringComparison.Ordinal);
        Assert.Contains(
            "expected an engine of the arithmetic 'torch'",
            Assert.Throws<PlanException>(() => BeforeUpdate.Compute(plan with { Numerics = "torch" }, Again(previous, plan with { Numerics = "torch" }), SmallRuns.Data, SmallRuns.Engine)).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "needs a checkpoint of its own",
            Assert.Throws<PlanException>(() => BeforeUpdate.Compute(Plan("set").SavingUpdates([Update]), previous, SmallRuns.Data, SmallRuns.Engine)).Message,
            StringComparison.Ordinal);
    }

    private static Checkpoint Again(Checkpoint checkpoint, TrainingPlan plan) =>
        new(checkpoint.Step, plan.Hash, checkpoint.Parents, checkpoint.Masks, checkpoint.Parameters, checkpoint.Momentum, checkpoint.MetricsLength);

    private static TrainingPlan Plan(string method) => Methods.Plan(SmallRuns.Recipe, method, InitializerNames.Dense, 1, 1).Small().Plan;

    private Checkpoint Executed(TrainingPlan plan, int step)
    {
        var executor = new RunExecutor(folder.Root, SmallRuns.Data, SmallRuns.Engine);
        executor.Execute(plan, new SilentProgress(), CancellationToken.None);
        using var run = RunFolder.Open(executor.PathOf(plan));
        return run.ReadCheckpoint(step, plan.Network.Build());
    }
}
