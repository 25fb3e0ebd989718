using SparseCore.Faults;
using SparseCore.Plans;
using SparseCore.RunFolders;
using SparseCore.Tests.Checkpoints;
using SparseCore.Training;

namespace SparseCore.Tests.Training;

/// <summary>Several executors of one process stand for processes: the lock of a run holds between them as well.</summary>
public sealed class SharedWorkTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Processes_that_share_a_folder_make_every_run_once_and_all_end_with_everything()
    {
        PlannedRun[] runs = [.. from method in new[] { "baseline", "lottery", "scratch", "set", "rigl", "snip" } from seed in new[] { 1, 2 } select Plan(method, seed)];
        var (alone, shared) = (folder.File("alone"), folder.File("shared"));
        Assert.Empty(RunGraph.Execute(runs, ToyRuns.Executor(alone), 2, new SilentProgress(), CancellationToken.None));
        var workers = Enumerable.Range(0, 4).Select(_ => new Counter()).ToList();
        var outcomes = await Task.WhenAll(workers.Select(worker =>
            Task.Run(() => RunGraph.Share(runs, Executor(shared), 1, worker, CancellationToken.None))));
        Assert.All(outcomes, outcome => Assert.Empty(outcome.Failed));
        Assert.All(outcomes, outcome => Assert.Empty(outcome.Busy));
        Assert.Equal(PlannedRun.WithParents(runs).Count, workers.Sum(worker => worker.Trained));
        Assert.All(workers, worker => Assert.Equal(PlannedRun.WithParents(runs).Count, worker.Trained + worker.Found));
        Assert.Empty(RunFiles.Differences(alone, shared));
    }

    [Fact]
    public void A_run_that_others_make_is_busy_when_waiting_ends_and_so_is_what_derives_from_it()
    {
        var run = Plan("lottery", 1);
        var parent = run.Parents[0];
        using var held = RunFolder.Acquire(folder.Root, parent.Plan.FolderName, parent.Plan.ToCanonicalJson());
        var free = Plan("set", 1);
        var outcome = RunGraph.Share([run, free], Executor(folder.Root, TimeSpan.Zero), 2, new SilentProgress(), CancellationToken.None);
        Assert.Empty(outcome.Failed);
        Assert.Equal([run.Plan.FolderName, parent.Plan.FolderName], outcome.Busy.Select(busy => busy.Plan.FolderName).Order(StringComparer.Ordinal));
        Assert.Contains($"process {Environment.ProcessId}", outcome.Busy.Single(busy => busy.Plan.Hash == parent.Plan.Hash).Reason);
        Assert.Equal($"waits for '{parent.Plan.FolderName}'", outcome.Busy.Single(busy => busy.Plan.Hash == run.Plan.Hash).Reason);
        Assert.True(ToyRuns.Executor(folder.Root).IsFinished(free.Plan));
        Assert.Null(Record(parent)); // it was not touched
    }

    [Fact]
    public async Task A_run_that_becomes_free_is_made()
    {
        var run = Plan("baseline", 1);
        var held = RunFolder.Acquire(folder.Root, run.Plan.FolderName, run.Plan.ToCanonicalJson());
        var progress = new Counter();
        var work = Task.Run(() => RunGraph.Share([run], Executor(folder.Root), 1, progress, CancellationToken.None));
        Assert.True(SpinWait.SpinUntil(() => progress.BusyRuns == 1, TimeSpan.FromSeconds(60)));
        held.Dispose();
        var outcome = await work;
        Assert.Empty(outcome.Busy);
        Assert.Equal(1, progress.Trained);
    }

    [Fact]
    public void A_failure_that_others_found_while_this_process_worked_is_not_tried_again()
    {
        var run = Plan("baseline", 1);
        var executor = Executor(folder.Root);
        using (var other = RunFolder.Acquire(folder.Root, run.Plan.FolderName, run.Plan.ToCanonicalJson()))
        {
            other.WriteRecord(RunRecord.Start(run.Plan.Hash) with { Status = RunStatus.Failed, Error = "The loss is NaN.", Worker = new Worker("elsewhere", 7, "12_3") });
        }

        var failed = Assert.Single(RunGraph.Share([run], executor, 1, new SilentProgress(), CancellationToken.None).Failed);
        Assert.Equal("The loss is NaN. (found by elsewhere, process 7, job 12_3)", failed.Reason);

        // Found before, it is tried again.
        File.SetLastWriteTimeUtc(folder.File(run.Plan.FolderName + "/run.json"), DateTime.UtcNow.AddMinutes(-1));
        Assert.Empty(RunGraph.Share([run], Executor(folder.Root), 1, new SilentProgress(), CancellationToken.None).Failed);
    }

    [Fact]
    public void Another_version_of_the_toolkit_at_work_in_the_folder_is_refused()
    {
        var run = Plan("baseline", 1);
        using var held = RunFolder.Acquire(folder.Root, run.Plan.FolderName, run.Plan.ToCanonicalJson());
        var holder = Path.Combine(held.FolderPath, "holder.json");
        File.WriteAllText(holder, File.ReadAllText(holder).Replace(RunRecord.CurrentCodeVersion, "0.0.1+other", StringComparison.Ordinal));
        var refused = Assert.Throws<RunFolderException>(() => RunGraph.Share([run], Executor(folder.Root), 1, new SilentProgress(), CancellationToken.None));
        Assert.Contains("0.0.1+other", refused.Message);
        Assert.Contains("Use the same checkout everywhere", refused.Message);
    }

    [Fact]
    public async Task A_parent_that_is_seen_late_is_waited_for()
    {
        var run = Plan("lottery", 1);
        var parent = run.Parents[0];
        Assert.Empty(RunGraph.Execute([parent], ToyRuns.Executor(folder.Root), 1, new SilentProgress(), CancellationToken.None));
        var mask = run.Plan.Parents.First(reference => reference.PlanHash == parent.Plan.Hash);
        var checkpoint = folder.File($"{mask.Folder}/checkpoints/{mask.Step:D6}.safetensors");
        File.Move(checkpoint, folder.File("hidden"));
        var work = Task.Run(() => Executor(folder.Root).Execute(run.Plan, new SilentProgress(), CancellationToken.None));
        await Task.Delay(300);
        Assert.False(work.IsCompleted);
        File.Move(folder.File("hidden"), checkpoint);
        Assert.True(await work);
    }

    [Fact]
    public void Two_that_hold_one_run_write_the_same_and_the_overtaken_one_leaves_it_to_the_other()
    {
        var run = Plan("rigl", 1);
        var (alone, shared) = (folder.File("alone"), folder.File("shared"));
        Assert.Empty(RunGraph.Execute([run], ToyRuns.Executor(alone), 1, new SilentProgress(), CancellationToken.None));
        Assert.Empty(RunGraph.Execute(run.Parents, ToyRuns.Executor(shared), 1, new SilentProgress(), CancellationToken.None));
        var overtaken = new Watcher(run.Plan, 30, () =>
        {
            // As where locks do not reach from machine to machine, and this one slept: another process gets the lock, too, and makes the run.
            File.Delete(Path.Combine(shared, run.Plan.FolderName, "lock"));
            Assert.True(Executor(shared).Execute(run.Plan, new SilentProgress(), CancellationToken.None));
        });
        var outcome = RunGraph.Share([run], Executor(shared), 1, overtaken, CancellationToken.None);
        Assert.Empty(outcome.Failed);
        Assert.Empty(outcome.Busy);
        Assert.Empty(RunFiles.Differences(alone, shared));
    }

    [Fact]
    public void The_record_of_a_run_says_who_made_it()
    {
        var run = Plan("baseline", 1);
        Assert.Empty(RunGraph.Execute([run], ToyRuns.Executor(folder.Root), 1, new SilentProgress(), CancellationToken.None));
        Assert.Equal(Worker.Current, Record(run)!.Worker);
    }

    private static PlannedRun Plan(string method, int seed) => ToyRuns.Plan(method, 100, 25, seed);

    private static RunExecutor Executor(string root, TimeSpan? wait = null) =>
        new(root, ToyRuns.Data, ToyRuns.Engine(1)) { Shared = new SharedWork(root, wait) };

    private RunRecord? Record(PlannedRun run)
    {
        using var opened = RunFolder.Open(folder.Root, run.Plan.FolderName);
        return opened.ReadRecord();
    }

    private sealed class Counter : IRunProgress
    {
        private int trained;
        private int found;
        private int busy;

        public int Trained => trained;

        public int Found => found;

        public int BusyRuns => Volatile.Read(ref busy);

        public void Started(TrainingPlan plan, int step)
        {
            // Ends are counted.
        }

        public void Advanced(TrainingPlan plan, int step)
        {
            // Ends are counted.
        }

        public void Finished(TrainingPlan plan, bool isTrained) => Interlocked.Increment(ref isTrained ? ref trained : ref found);

        public void Failed(TrainingPlan plan, string reason) => Assert.Fail(reason);

        public void Busy(TrainingPlan plan, string reason) => Interlocked.Increment(ref busy);

        public void Warned(TrainingPlan plan, string message)
        {
            // Warnings change nothing.
        }
    }
}
