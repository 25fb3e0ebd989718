using System.Text;
using SparseCore.Data;
using SparseCore.Plans;
using SparseCore.Recipes;
using SparseCore.RunFolders;
using SparseCore.Schedules;
using SparseCore.Tests.Data;
using SparseCore.Training;

namespace SparseCore.Tests.Training;

public sealed class RunExecutorTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("sparse-runs").FullName;

    public static TheoryData<string> AllMethods => [.. Methods.Names];

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Theory]
    [MemberData(nameof(AllMethods))]
    public void Execute_interrupted_and_resumed_gives_the_bytes_of_the_uninterrupted_run(string method)
    {
        var run = Plan(method);
        MakeAll(run, Path.Combine(root, "whole"));
        var interrupted = Path.Combine(root, "interrupted");
        foreach (var parent in run.Parents)
        {
            MakeAll(parent, interrupted);
        }

        foreach (var stop in (int[])[0, 1, 24, 25, 26, 60, 99, 119])
        {
            using var cancellation = new CancellationTokenSource();
            var progress = new Recorder { OnAdvance = step => { if (step >= stop) { cancellation.Cancel(); } } };
            if (stop == 0)
            {
                cancellation.Cancel();
            }

            Assert.Throws<OperationCanceledException>(() => Executor(interrupted).Execute(run.Plan, progress, cancellation.Token));
        }

        Assert.True(Executor(interrupted).Execute(run.Plan, new Recorder(), CancellationToken.None));
        foreach (var (name, bytes) in Contents(Path.Combine(root, "whole", run.Plan.FolderName)))
        {
            var other = File.ReadAllBytes(Path.Combine(interrupted, run.Plan.FolderName, name));
            if (name.EndsWith(".csv", StringComparison.Ordinal))
            {
                Assert.Equal(Encoding.ASCII.GetString(bytes), Encoding.ASCII.GetString(other));
            }

            Assert.True(bytes.AsSpan().SequenceEqual(other), $"{name} differs");
        }
    }

    [Fact]
    public void Execute_of_a_finished_run_trains_nothing()
    {
        var run = Plan("baseline");
        Assert.True(Executor(root).Execute(run.Plan, new Recorder(), CancellationToken.None));
        var written = File.GetLastWriteTimeUtc(Path.Combine(root, run.Plan.FolderName, "metrics.csv"));
        Assert.False(Executor(root).Execute(run.Plan, new Recorder(), CancellationToken.None));
        Assert.Equal(written, File.GetLastWriteTimeUtc(Path.Combine(root, run.Plan.FolderName, "metrics.csv")));
    }

    /// <summary>So that files are decoded in time; only an evaluation, here two of whole data sets, begins with a slice that nobody could know of.</summary>
    [Fact]
    public void Execute_announces_all_examples_but_the_first_slice_of_an_evaluation()
    {
        var (train, test) = (new AnnouncedExamples(SmallRuns.Data.Train), new AnnouncedExamples(SmallRuns.Data.Test));
        var data = new DataSplit(new SpreadDataset(train, train.Count), new SpreadDataset(test, test.Count), SmallRuns.Data.Name, SmallRuns.Data.ContentHash);
        var plan = Plan("baseline").Plan with { Steps = 40, Logging = new LoggingPlan(20, new ExampleRange(0, 64), 40, []) };
        Assert.True(new RunExecutor(root, data, SmallRuns.Engine).Execute(plan, new Recorder(), CancellationToken.None));
        Assert.InRange(train.Surprises, 1, 64);
        Assert.InRange(test.Surprises, 1, 128);
    }

    [Fact]
    public void Execute_of_a_ticket_starts_from_the_masked_weights_of_the_parents_step()
    {
        var recipe = new Recipe(SmallRuns.Settings with { RewindStep = 25 });
        var prune = recipe.Prune(1).Small();
        var ticket = recipe.Lottery(prune, 1).Small();
        MakeAll(ticket, root);
        var network = ticket.Plan.Network.Build();
        var executor = Executor(root);
        var end = executor.ReadParent(prune.Plan.AtEnd(), network);
        var rewound = executor.ReadParent(prune.Plan.At(25), network).Parameters.Clone();
        rewound.Apply(end.Masks);
        var start = executor.ReadParent(ticket.Plan.At(0), network);
        Assert.Equal(end.Masks, start.Masks);
        Assert.Equal(rewound.Values, start.Parameters.Values);
        Assert.All(start.Momentum.Values, value => Assert.Equal(0f, value));
        Assert.Equal(["mask", "weights"], start.Parents.Select(parent => parent.Role));
        Assert.Equal(end.ContentHash, start.Parents[0].ContentHash);
    }

    [Fact]
    public void Execute_of_gradual_pruning_meets_every_count_and_nests_its_masks()
    {
        var prune = Plan("prune");
        MakeAll(prune, root);
        var network = prune.Plan.Network.Build();
        var masks = (int[])[0, 25, 50, 75, 100, 120];
        var saved = masks.Select(step => Executor(root).ReadParent(prune.Plan.At(step), network).Masks).ToList();
        Assert.True(saved[0].IsFull);
        for (var index = 1; index < saved.Count; index++)
        {
            Assert.All(Enumerable.Range(0, 3), layer => Assert.True(saved[index][layer].IsSubsetOf(saved[index - 1][layer])));
        }

        // 30% of 192, 96 and 24 weights: 57.6, 28.8 and 7.2.
        Assert.Equal([58, 29, 7], Enumerable.Range(0, 3).Select(layer => saved[^1][layer].ActiveCount));
    }

    [Theory]
    [InlineData("set")]
    [InlineData("rigl")]
    [InlineData("rigl-inverted")]
    [InlineData("snfs")]
    public void Execute_of_dynamic_sparse_training_moves_masks_and_keeps_counts(string method)
    {
        var run = Plan(method);
        MakeAll(run, root);
        var network = run.Plan.Network.Build();
        var start = Executor(root).ReadParent(run.Plan.At(0), network);
        var end = Executor(root).ReadParent(run.Plan.AtEnd(), network);
        Assert.Equal([58, 29, 7], Enumerable.Range(0, 3).Select(layer => end.Masks[layer].ActiveCount));
        Assert.NotEqual(start.Masks, end.Masks);
        Assert.True(end.Explored!.ActiveCount > end.Masks.ActiveCount);
    }

    [Fact]
    public void Execute_learns_the_toy_problem()
    {
        var run = Plan("baseline");
        MakeAll(run, root);
        var accuracy = MetricsFile.Read(Path.Combine(root, run.Plan.FolderName, "metrics.csv")).Last(row => row.Metric == "test_accuracy").Value;
        Assert.True(accuracy > 0.9, $"accuracy {accuracy}");
    }

    [Theory]
    [InlineData("scratch", 120 * 16 * 3 * 188)] // every step 3 f_S for 16 examples; f_S = 2 x (58 + 29 + 7) active weights
    [InlineData("set", 120 * 16 * 3 * 188)]
    [InlineData("rigl", (120 * 16 * 3 * 188) + (12 * 16 * ((2 * 188) + 624)))] // and 12 dense gradients of a batch; f_D = 2 x (192 + 96 + 24)
    [InlineData("snfs", 120 * 16 * ((2 * 188) + 624))]
    public void Execute_counts_the_operations_of_every_step(string method, double expected)
    {
        var run = Plan(method);
        MakeAll(run, root);
        var metrics = MetricsFile.Read(Path.Combine(root, run.Plan.FolderName, "metrics.csv"));
        Assert.Equal(expected, metrics.Last(row => row.Metric == "train_flops").Value);
    }

    [Fact]
    public void Execute_that_diverges_names_step_and_layer_and_keeps_what_was_saved()
    {
        var dense = Plan("baseline");
        var plan = dense.Plan with { Optimizer = dense.Plan.Optimizer with { LearningRate = new LearningRateSchedule.Constant(1e30) } };
        var error = Assert.Throws<TrainingException>(() => Executor(root).Execute(plan, new Recorder(), CancellationToken.None));
        Assert.Matches("The loss is .* at step [0-9]+; the first layer that is not finite is 'fc[123]'", error.Message);
        Assert.True(File.Exists(Path.Combine(root, plan.FolderName, "checkpoints", "000000.safetensors")));
        using var folder = RunFolder.Open(Path.Combine(root, plan.FolderName));
        Assert.Equal(RunStatus.Failed, folder.ReadRecord()!.Status);
    }

    [Fact]
    public void Execute_of_a_network_without_a_path_is_refused()
    {
        var run = Plan("random");
        var plan = run.Plan with { Mask = (MaskPlan.AtInitialization)run.Plan.Mask with { Sparsity = 0.997 } };
        var error = Assert.Throws<TrainingException>(() => Executor(root).Execute(plan, new Recorder(), CancellationToken.None));
        Assert.Contains("cut off at step 0", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Execute_with_other_data_is_refused()
    {
        var plan = Plan("baseline").Plan with { Data = new DataPlan("other", new string('b', 64)) };
        var error = Assert.Throws<PlanException>(() => Executor(root).Execute(plan, new Recorder(), CancellationToken.None));
        Assert.Contains("planned for data 'other' (bbbbbbbb), found 'toy' (aaaaaaaa)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Execute_goes_on_when_the_parent_has_been_deleted()
    {
        var ticket = Plan("lottery");
        MakeAll(ticket.Parents[0], root);
        using var cancellation = new CancellationTokenSource();
        var progress = new Recorder { OnAdvance = step => { if (step == 30) { cancellation.Cancel(); } } };
        Assert.Throws<OperationCanceledException>(() => Executor(root).Execute(ticket.Plan, progress, cancellation.Token));
        Directory.Delete(Path.Combine(root, ticket.Parents[0].Plan.FolderName), recursive: true);
        Assert.True(Executor(root).Execute(ticket.Plan, new Recorder(), CancellationToken.None));
    }

    [Fact]
    public void Graph_isolates_a_failed_run_and_what_derives_from_it()
    {
        var good = Plan("baseline");
        var prune = Plan("prune");
        var broken = new PlannedRun(prune.Plan with { Optimizer = prune.Plan.Optimizer with { LearningRate = new LearningRateSchedule.Constant(1e30) } });
        var ticket = SmallRuns.Recipe.Lottery(broken, 1).Small();
        var progress = new Recorder();
        var failed = RunGraph.Execute([ticket, good], Executor(root), 2, progress, CancellationToken.None);
        Assert.Equal([broken.Plan.FolderName, ticket.Plan.FolderName], failed.Select(run => run.Plan.FolderName));
        Assert.Contains("failed", failed[1].Reason, StringComparison.Ordinal);
        Assert.Equal([good.Plan.FolderName], progress.FinishedFolders);
    }

    [Fact]
    public void Graph_makes_the_longest_run_first()
    {
        var (sparse, dense) = (Plan("set"), Plan("baseline"));
        var progress = new Recorder();
        Assert.Empty(RunGraph.Execute([sparse, dense], Executor(root), 1, progress, CancellationToken.None));
        Assert.Equal([dense.Plan.FolderName, sparse.Plan.FolderName], progress.FinishedFolders);
    }

    [Fact]
    public void Graph_gives_the_same_bytes_for_any_number_of_jobs()
    {
        PlannedRun[] runs = [Plan("lottery"), Plan("rigl"), Plan("scratch"), Plan("set")];
        foreach (var jobs in (int[])[1, 3])
        {
            Assert.Empty(RunGraph.Execute(runs, Executor(Path.Combine(root, $"{jobs}")), jobs, new Recorder(), CancellationToken.None));
        }

        foreach (var run in PlannedRun.WithParents(runs))
        {
            foreach (var (name, bytes) in Contents(Path.Combine(root, "1", run.Plan.FolderName)))
            {
                Assert.True(bytes.AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(root, "3", run.Plan.FolderName, name))), $"{name} of {run.Plan.Name} differs");
            }
        }
    }

    [Fact]
    public void Graph_that_is_stopped_throws_and_goes_on_later()
    {
        PlannedRun[] runs = [Plan("lottery"), Plan("baseline")];
        using var cancellation = new CancellationTokenSource();
        var progress = new Recorder { OnAdvance = step => { if (step == 50) { cancellation.Cancel(); } } };
        Assert.ThrowsAny<OperationCanceledException>(() => RunGraph.Execute(runs, Executor(root), 2, progress, cancellation.Token));
        Assert.Empty(RunGraph.Execute(runs, Executor(root), 2, new Recorder(), CancellationToken.None));
    }

    private static PlannedRun Plan(string method)
    {
        var planned = Methods.Plan(SmallRuns.Recipe, method, InitializerNames.NeuronScaled, 1, 1);
        var run = planned.Small();
        if (run.Plan.Mask is MaskPlan.AtInitialization pruned)
        {
            return new PlannedRun(run.Plan with { Mask = pruned with { Examples = new ExampleRange(0, 32) } });
        }

        if (run.Plan.Mask is not MaskPlan.FromRun)
        {
            return run;
        }

        var prune = SmallRuns.Recipe.Prune(1).Small();
        return (method switch
        {
            "lottery" => SmallRuns.Recipe.Lottery(prune, 1),
            "scratch" => SmallRuns.Recipe.Scratch(prune, InitializerNames.NeuronScaled, 1, 1),
            _ => SmallRuns.Recipe.PruneRestart(prune, 1),
        }).Small();
    }

    private static RunExecutor Executor(string folder) => new(folder, SmallRuns.Data, SmallRuns.Engine);

    private static void MakeAll(PlannedRun run, string folder) =>
        Assert.Empty(RunGraph.Execute([run], Executor(folder), 1, new Recorder(), CancellationToken.None));

    /// <summary>Everything that must not differ between equal runs.</summary>
    private static Dictionary<string, byte[]> Contents(string folder) => Directory
        .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Where(path => Path.GetFileName(path) is not ("run.json" or "lock"))
        .ToDictionary(path => Path.GetRelativePath(folder, path), File.ReadAllBytes);

    private sealed class Recorder : IRunProgress
    {
        private readonly Lock gate = new();
        private readonly List<string> finished = [];

        public Action<int> OnAdvance { get; init; } = _ => { };

        public IReadOnlyList<string> FinishedFolders => finished;

        public void Started(TrainingPlan plan, int step)
        {
        }

        public void Advanced(TrainingPlan plan, int step) => OnAdvance(step);

        public void Finished(TrainingPlan plan, bool trained)
        {
            lock (gate)
            {
                finished.Add(plan.FolderName);
            }
        }

        public void Failed(TrainingPlan plan, string reason)
        {
        }

        public void Warned(TrainingPlan plan, string message)
        {
        }
    }
}
