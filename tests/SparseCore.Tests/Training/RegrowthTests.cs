using SparseCore.Checkpoints;
using SparseCore.Connectivity;
using SparseCore.Data;
using SparseCore.Plans;
using SparseCore.Recipes;
using SparseCore.RunFolders;
using SparseCore.Tests.Checkpoints;
using SparseCore.Training;
using SparseCore.Verification;

namespace SparseCore.Tests.Training;

/// <summary>Weights that one mask update drops and grows again.</summary>
public sealed class RegrowthTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Keep_of_a_rule_that_grows_just_what_was_dropped_is_static_training()
    {
        var (kept, _) = Train(Regrowth.Keep);
        Assert.True(kept.Parameters.Values.AsSpan().SequenceEqual(TrainStatic().Parameters.Values));
    }

    [Fact]
    public void Reset_begins_again_at_0_with_the_same_masks()
    {
        var (kept, keptAtUpdate) = Train(Regrowth.Keep);
        var (reset, atUpdate) = Train(Regrowth.Reset);
        Assert.Equal(kept.Masks, reset.Masks);
        Assert.False(kept.Parameters.Values.AsSpan().SequenceEqual(reset.Parameters.Values));

        // 30% of each layer's active weights were dropped and grown at step 10; biases never.
        for (var layer = 0; layer < atUpdate.Masks.Count; layer++)
        {
            var active = atUpdate.Masks[layer].ActiveIndices();
            var zeros = active.Count(index => atUpdate.Parameters.Weights(layer)[index] == 0);
            Assert.Equal((int)(active.Length * Fraction(10)), zeros);
            Assert.Equal(zeros, active.Count(index => atUpdate.Momentum.Weights(layer)[index] == 0));
            Assert.Equal(keptAtUpdate.Momentum.Biases(layer).ToArray(), atUpdate.Momentum.Biases(layer).ToArray());
        }
    }

    [Fact]
    public void Reset_stands_in_the_plan_and_Keep_does_not()
    {
        Assert.Contains("\"regrown\": \"reset\"", Plan(Regrowth.Reset, "gradient").ToCanonicalJson(), StringComparison.Ordinal);
        Assert.DoesNotContain("regrown", Plan(Regrowth.Keep, "gradient").ToCanonicalJson(), StringComparison.Ordinal);
        var plan = Plan(Regrowth.Reset, "gradient");
        Assert.Equal(plan.Hash, TrainingPlan.Parse(plan.ToCanonicalJson()).Hash);
    }

    [Fact]
    public void A_run_with_Reset_is_verified_and_replayed_to_the_same_bits()
    {
        var plan = Plan(Regrowth.Reset, "gradient");
        var executor = new RunExecutor(folder.Root, SmallRuns.Data, SmallRuns.Engine);
        executor.Execute(plan, new SilentProgress(), CancellationToken.None);
        var verification = new RunVerifier(SmallRuns.Data, SmallRuns.Engine).Verify(executor.PathOf(plan), replay: true);
        Assert.Equal(VerificationStatus.Ok, verification.Status);
    }

    private static double Fraction(int step)
    {
        var plan = Plan(Regrowth.Keep, "gradient");
        return ((DropAndGrow)plan.Connectivity).DropFraction.At(step, plan.Optimizer.LearningRate);
    }

    static RegrowthTests() => GrowthScores.Registry.Add("same", new SameGrowth());

    private static TrainingPlan Plan(Regrowth regrown, string growth)
    {
        var recipe = new Recipe(SmallRuns.Settings with { Steps = 30, Regrown = regrown, Logging = new LoggingPlan(30, new ExampleRange(0, 64), 10, []) });
        return recipe.Dynamic(growth, growth, InitializerNames.Dense, recipe.Prune(1), 1).Plan;
    }

    private (Checkpoint End, Checkpoint AtUpdate) Train(Regrowth regrown)
    {
        var plan = Plan(regrown, new SameGrowth().Name);
        var executor = new RunExecutor(folder.Root, SmallRuns.Data, SmallRuns.Engine);
        executor.Execute(plan, new SilentProgress(), CancellationToken.None);
        using var run = RunFolder.Open(executor.PathOf(plan));
        return (run.ReadCheckpoint(30, plan.Network.Build()), run.ReadCheckpoint(10, plan.Network.Build()));
    }

    private Checkpoint TrainStatic()
    {
        var plan = Plan(Regrowth.Keep, "gradient") with { Connectivity = new StaticMasks() };
        var executor = new RunExecutor(folder.Root, SmallRuns.Data, SmallRuns.Engine);
        executor.Execute(plan, new SilentProgress(), CancellationToken.None);
        using var run = RunFolder.Open(executor.PathOf(plan));
        return run.ReadCheckpoint(30, plan.Network.Build());
    }

    /// <summary>Grows the weights that are active: of those not kept, the ones just dropped.</summary>
    private sealed class SameGrowth : IGrowthScore
    {
        public string Name => "same";

        public GrowthSignal Signal => GrowthSignal.None;

        public float[] Score(GrowthContext context, int layer) =>
            [.. Enumerable.Range(0, context.Masks[layer].Length).Select(index => context.Masks[layer][index] ? 1f : 0f)];
    }
}
