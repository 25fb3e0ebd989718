using SparseCore.Allocation;
using SparseCore.Connectivity;
using SparseCore.Data;
using SparseCore.Parameters;
using SparseCore.Plans;
using SparseCore.Recipes;
using SparseCore.RunFolders;
using SparseCore.Schedules;
using SparseCore.Tests.Checkpoints;
using SparseCore.Tests.Training;
using SparseCore.Training;
using SparseCore.Verification;

namespace SparseCore.Tests.Connectivity;

public sealed class AlternatingPhasesTests : IDisposable
{
    private static readonly AlternatingPhases Phases = new(0.7, new UpdateSchedule(10, 95, 20));

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Phases_alternate_after_the_warm_up_and_the_last_is_sparse()
    {
        Assert.Equal([10, 30, 50, 70, 90], Phases.UpdateSteps(1000));
        Assert.Equal(90, Phases.LastSparsePhase);
        bool[] sparse = [.. new[] { 0, 9, 10, 29, 30, 49, 50, 69, 70, 89, 90, 500 }.Select(Phases.IsSparse)];
        Assert.Equal([false, false, true, true, false, false, true, true, false, false, true, true], sparse);
        Assert.Equal((null, 30, 90), (Phases.LastUpdate(9), Phases.LastUpdate(49), Phases.LastUpdate(1000)));
    }

    [Theory]
    [InlineData(29, 10)] // a dense phase begins at step 20 and no sparse one after it: the run ends sparse
    [InlineData(30, 30)]
    public void A_dense_phase_that_no_sparse_one_would_follow_never_begins(int last, int lastSparse) =>
        Assert.Equal(lastSparse, new AlternatingPhases(0.5, new UpdateSchedule(10, last, 10)).LastSparsePhase);

    [Fact]
    public void A_run_has_exact_counts_in_sparse_phases_all_weights_in_dense_ones_and_verifies()
    {
        var plan = Plan();
        using var run = Train(plan);
        var network = plan.Network.Build();
        var all = network.Layers.Sum(layer => layer.WeightCount);
        var sparse = TopK.KeepCount(0.7, all);
        foreach (var (step, count) in new[] { (0, all), (25, sparse), (50, sparse), (75, all), (100, sparse), (120, sparse) })
        {
            Assert.Equal(count, run.ReadCheckpoint(step, network).Masks.ActiveCount);
        }

        Assert.Equal(5, run.ReadMetrics().Count(row => row.Metric == "mask_churn"));
        var verification = new RunVerifier(SmallRuns.Data, SmallRuns.Engine).Verify(run.FolderPath, replay: true);
        Assert.Equal((VerificationStatus.Ok, ""), (verification.Status, string.Join("; ", verification.Findings)));
    }

    [Fact]
    public void Weights_of_largest_magnitude_of_the_whole_network_are_kept_and_dense_phases_start_the_others_at_0_without_momentum()
    {
        var plan = Plan() with { Logging = new LoggingPlan(20, new ExampleRange(0, 64), 1, []) };
        using var run = Train(plan);
        var network = plan.Network.Build();
        var (before, pruned) = (run.ReadCheckpoint(9, network), run.ReadCheckpoint(10, network));
        var smallestKept = Magnitudes(pruned.Parameters).Where(value => value > 0).Min();
        Assert.True(pruned.Masks.ActiveCounts().Zip(network.Layers, (count, layer) => (double)count / layer.WeightCount).Distinct().Count() > 1, "layers compete");
        Assert.Equal(pruned.Masks.ActiveCount, Magnitudes(pruned.Parameters).Count(value => value >= smallestKept));
        Assert.True(before.Masks.IsFull);

        var dense = run.ReadCheckpoint(30, network);
        Assert.All(dense.Momentum.Values, value => Assert.Equal(0f, value));
        for (var layer = 0; layer < network.Layers.Count; layer++)
        {
            var weights = dense.Parameters.Weights(layer);
            for (var index = 0; index < weights.Length; index++)
            {
                Assert.True(pruned.Masks[layer][index] || weights[index] == 0);
            }
        }

        IEnumerable<float> Magnitudes(ParameterBlock block) =>
            Enumerable.Range(0, network.Layers.Count).SelectMany(layer => block.Weights(layer).ToArray()).Select(MathF.Abs);
    }

    [Fact]
    public void Layers_keep_what_a_sparsity_distribution_gives_them_where_one_is_asked_for()
    {
        var updater = Phases with { Allocation = new UniformAllocation("fc1") };
        var plan = Plan() with { Connectivity = updater };
        using var run = Train(plan);
        var network = plan.Network.Build();
        Assert.Equal(updater.Allocation.ActiveCounts(network, 0.7), run.ReadCheckpoint(120, network).Masks.ActiveCounts());
    }

    [Fact]
    public void Plans_that_make_no_sense_are_refused()
    {
        var rigl = SmallRuns.Recipe.Dynamic("rigl", "gradient", InitializerNames.Dense, SmallRuns.Recipe.Prune(1), 1).Plan;
        Assert.Contains("a dense start", Assert.Throws<PlanException>((rigl with { Connectivity = Phases }).Validate).Message, StringComparison.Ordinal);
        var late = Plan() with { Connectivity = new AlternatingPhases(0.7, new UpdateSchedule(120, 200, 10)) };
        Assert.Contains("last sparse phase would begin at step 200", Assert.Throws<PlanException>(late.RequireEffect).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new AlternatingPhases(0, new UpdateSchedule(1, 2, 1)));
    }

    private static TrainingPlan Plan() => SmallRuns.Recipe.Alternating(1).Small().Plan with { Connectivity = Phases };

    private RunFolder Train(TrainingPlan plan)
    {
        var executor = new RunExecutor(folder.Root, SmallRuns.Data, SmallRuns.Engine);
        Assert.True(executor.Execute(plan, new SilentProgress(), CancellationToken.None));
        return RunFolder.Open(executor.PathOf(plan));
    }
}
