using SparseCore.Faults;
using SparseCore.Plans;
using SparseCore.RunFolders;
using SparseCore.Tests.Checkpoints;
using SparseCore.Training;
using SparseCore.Verification;

namespace SparseCore.Tests.Training;

/// <summary>A run that is told to stop keeps where it is, and goes on as if it had never stopped.</summary>
public sealed class StopTests : IDisposable
{
    private const int Steps = 200, SaveInterval = 50;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("baseline")]
    [InlineData("set")]
    [InlineData("rigl")]
    [InlineData("rigl-inverted")]
    [InlineData("snfs")]
    [InlineData("prune")]
    [InlineData("lottery")]
    [InlineData("snip")]
    public void A_run_that_is_stopped_anywhere_ends_with_the_same_bytes(string method)
    {
        var run = ToyRuns.Plan(method, Steps, SaveInterval);
        var (whole, cut) = (folder.File("whole"), folder.File("cut"));
        Finish(run, whole);
        Array.ForEach([.. run.Parents], parent => Finish(parent, cut));
        foreach (var step in new[] { 1, 37, 38, 50, 110, 111, 199 })
        {
            Stop(run, cut, step);
            Assert.Equal(step % SaveInterval != 0, File.Exists(Stopped(cut, run)));
            Assert.StartsWith("ok ", Verifier.Verify(Path.Combine(cut, run.Plan.FolderName), replay: step == 111).ToString(), StringComparison.Ordinal);
            Assert.Equal(step, StartOf(run, cut, step));
        }

        Finish(run, cut);
        Assert.Empty(RunFiles.Differences(whole, cut));
        Assert.False(File.Exists(Stopped(cut, run)));
        Assert.Equal(Record(whole, run).Warnings ?? [], Record(cut, run).Warnings ?? []);
        Assert.StartsWith("ok ", Verifier.Verify(Path.Combine(cut, run.Plan.FolderName), replay: true).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Where_a_run_was_stopped_is_no_checkpoint_for_others()
    {
        var run = ToyRuns.Plan("set", Steps, SaveInterval);
        Array.ForEach([.. run.Parents], parent => Finish(parent, folder.Root));
        Stop(run, folder.Root, 60);
        using var opened = RunFolder.Open(folder.Root, run.Plan.FolderName);
        Assert.Equal([0, 50], opened.CheckpointSteps());
        Assert.Equal(60, opened.ReadLatestCheckpoint(run.Plan.Network.Build())!.Step);
    }

    [Fact]
    public void What_counts_losses_knows_that_a_stop_goes_with_the_next_checkpoint()
    {
        var run = ToyRuns.Plan("set", Steps, SaveInterval);
        Array.ForEach([.. run.Parents], parent => Finish(parent, folder.Root));
        var saved = new SavedWork();
        foreach (var step in new[] { 60, 70, 110 })
        {
            Stop(run, folder.Root, step);
            Assert.Equal(0, saved.CountLost(folder.Root));
        }

        // Without it the run would go on from step 100; a changed checkpoint is a loss of its own.
        File.Delete(Stopped(folder.Root, run));
        Assert.Equal(1, saved.CountLost(folder.Root));
        Stop(run, folder.Root, 120);
        Assert.Equal(0, saved.CountLost(folder.Root));
        File.WriteAllText(Stopped(folder.Root, run), "damaged");
        File.AppendAllText(Open(folder.Root, run).CheckpointPath(50), "x");
        Assert.Equal(2, saved.CountLost(folder.Root));
        File.Delete(Open(folder.Root, run).CheckpointPath(100));
        Assert.Equal(2, saved.CountLost(folder.Root)); // gone, and back to step 50
    }

    [Fact]
    public void What_was_measured_is_seen_before_a_checkpoint_is_due_and_is_taken_back_when_the_run_stops()
    {
        var run = ToyRuns.Plan("set", Steps, SaveInterval);
        var (whole, cut) = (folder.File("whole"), folder.File("cut"));
        Finish(run, whole);
        Array.ForEach([.. run.Parents], parent => Finish(parent, cut));
        using var stop = new CancellationTokenSource();
        var seen = 0;
        var watcher = new SlowWatcher(run.Plan, step =>
        {
            // Step 50 is the last that is saved before it.
            seen = Math.Max(seen, Open(cut, run).ReadMetricsSoFar().Select(row => row.Step).DefaultIfEmpty().Max());
            if (step == 95)
            {
                stop.Cancel();
            }
        });
        Assert.ThrowsAny<OperationCanceledException>(() => RunGraph.Execute([run], ToyRuns.Executor(cut), 1, watcher, stop.Token));
        Assert.InRange(seen, SaveInterval + 1, 95);
        Assert.Equal(SaveInterval, Open(cut, run).ReadMetrics().Max(row => row.Step));
        Finish(run, cut);
        Assert.Empty(RunFiles.Differences(whole, cut));
    }

    [Fact]
    public void Where_a_run_was_stopped_may_be_deleted_or_damaged()
    {
        var run = ToyRuns.Plan("set", Steps, SaveInterval);
        var (whole, cut) = (folder.File("whole"), folder.File("cut"));
        Finish(run, whole);
        Array.ForEach([.. run.Parents], parent => Finish(parent, cut));
        Stop(run, cut, 60);
        File.WriteAllText(Stopped(cut, run), "damaged");
        var failed = Assert.Single(RunGraph.Execute([run], ToyRuns.Executor(cut), 1, new SilentProgress(), CancellationToken.None));
        Assert.Contains("stopped.safetensors", failed.Reason);
        Assert.Contains("Delete the file to go on from the last checkpoint before it.", failed.Reason);
        File.Delete(Stopped(cut, run));
        Finish(run, cut);
        Assert.Empty(RunFiles.Differences(whole, cut));
    }

    private static string Stopped(string root, PlannedRun run) => Path.Combine(root, run.Plan.FolderName, RunFolder.StoppedName);

    private static RunFolder Open(string root, PlannedRun run) => RunFolder.Open(root, run.Plan.FolderName);

    private static RunRecord Record(string root, PlannedRun run)
    {
        using var opened = RunFolder.Open(root, run.Plan.FolderName);
        return opened.ReadRecord()!;
    }

    private static RunVerifier Verifier { get; } = new(ToyRuns.Data, ToyRuns.Engine(1));

    private static void Finish(PlannedRun run, string root) =>
        Assert.Empty(RunGraph.Execute([run], ToyRuns.Executor(root), 1, new SilentProgress(), CancellationToken.None));

    private static void Stop(PlannedRun run, string root, int step)
    {
        using var stop = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(
            () => RunGraph.Execute([run], ToyRuns.Executor(root), 1, new Watcher(run.Plan, step, stop.Cancel), stop.Token));
    }

    /// <summary>The step that the run goes on from; it is stopped there again at once.</summary>
    private static int StartOf(PlannedRun run, string root, int step)
    {
        using var stop = new CancellationTokenSource();
        var start = new StartWatcher(run.Plan, stop.Cancel);
        Assert.ThrowsAny<OperationCanceledException>(() => RunGraph.Execute([run], ToyRuns.Executor(root), 1, start, stop.Token));
        Assert.Equal(step % SaveInterval != 0, File.Exists(Stopped(root, run)));
        return start.Step;
    }

    /// <summary>Makes every step take a while.</summary>
    private sealed class SlowWatcher(TrainingPlan run, Action<int> advanced) : IRunProgress
    {
        public void Started(TrainingPlan plan, int step)
        {
            // The steps tell.
        }

        public void Advanced(TrainingPlan plan, int step)
        {
            if (plan.Hash == run.Hash)
            {
                Thread.Sleep(25);
                advanced(step);
            }
        }

        public void Finished(TrainingPlan plan, bool trained)
        {
            // Parents only.
        }

        public void Failed(TrainingPlan plan, string reason) => Assert.Fail(reason);

        public void Warned(TrainingPlan plan, string message)
        {
            // Warnings change nothing.
        }
    }

    private sealed class StartWatcher(TrainingPlan run, Action started) : IRunProgress
    {
        public int Step { get; private set; }

        public void Started(TrainingPlan plan, int step)
        {
            if (plan.Hash == run.Hash)
            {
                Step = step;
                started();
            }
        }

        public void Advanced(TrainingPlan plan, int step) => Assert.Fail("it was stopped before its first step");

        public void Finished(TrainingPlan plan, bool trained)
        {
            // Parents only.
        }

        public void Failed(TrainingPlan plan, string reason) => Assert.Fail(reason);

        public void Warned(TrainingPlan plan, string message)
        {
            // Warnings change nothing.
        }
    }
}
