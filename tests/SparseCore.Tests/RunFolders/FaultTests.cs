using SparseCore.Checkpoints;
using SparseCore.Faults;
using SparseCore.Parameters;
using SparseCore.RunFolders;
using SparseCore.Tests.Checkpoints;

namespace SparseCore.Tests.RunFolders;

/// <summary>Small numbers of the scenarios that `dotnet run -c Release --project tests/faults -- faults` runs in large ones, with real processes.</summary>
public class FaultTests
{
    [Fact]
    public void Killed_runs_go_on_to_the_same_bytes_and_lose_nothing() => Holds(scenarios => scenarios.Kills(10), tried: 10);

    [Fact]
    public void Runs_stopped_by_SIGTERM_or_SIGINT_say_so_and_go_on_to_the_same_bytes() => Holds(scenarios => scenarios.Signals(4), tried: 4);

    [Fact]
    public void Of_two_processes_on_one_run_one_trains_and_the_other_is_refused() => Holds(scenarios => scenarios.TwoProcesses(2), tried: 2);

    [Fact]
    public void Runs_with_a_cut_metrics_file_go_on_to_the_same_bytes() => Holds(scenarios => scenarios.MetricsCut(stride: 100), tried: 10);

    [Fact]
    public void Runs_with_a_damaged_checkpoint_refuse_it_and_go_on_without_it_to_the_same_bytes() =>
        Holds(scenarios => scenarios.DamagedCheckpoint(5), tried: 5);

    [Fact]
    public void Children_outlive_their_parents_folder() => Holds(scenarios => scenarios.ParentDeleted(), tried: 3);

    [Fact]
    public void Runs_do_not_depend_on_the_clock() => Holds(scenarios => scenarios.ClockBackwards(), tried: 5);

    [Fact]
    public void A_file_in_the_place_of_the_folder_is_refused_with_a_sentence() => Holds(scenarios => scenarios.FileInPlaceOfFolder(), tried: 1);

    [Fact]
    public void Links_out_of_a_run_folder_are_refused_and_nothing_outside_is_touched() => Holds(scenarios => scenarios.LinksOut(), tried: 6);

    [Fact]
    public void WriteCheckpoint_that_cannot_write_says_so_and_leaves_the_others_whole()
    {
        using var folder = new TemporaryFolder();
        const string plan = "{}";
        using var run = RunFolder.Acquire(folder.Root, RunFolder.NameOf("full", plan), plan);
        var network = SmallCheckpoints.Network;
        Checkpoint At(int step) => new(step, run.PlanHash, [], MaskSet.Full(network), new ParameterBlock(network), new ParameterBlock(network), 0);
        run.WriteCheckpoint(At(1));

        // A folder in the way refuses as a full disk does, which the scenarios of tests/faults fill.
        Directory.CreateDirectory(AtomicFile.TemporaryName(run.CheckpointPath(2)));
        var error = Assert.Throws<CheckpointException>(() => run.WriteCheckpoint(At(2)));
        Assert.Contains("Free the space or the permission and start the same command again; everything saved before is intact.", error.Message);
        Assert.Equal([1], run.CheckpointSteps());
        Assert.Equal(1, run.ReadLatestCheckpoint(network)!.Step);
        Directory.Delete(AtomicFile.TemporaryName(run.CheckpointPath(2)));
        run.WriteCheckpoint(At(2)); // with room again
        Assert.Equal([1, 2], run.CheckpointSteps());
    }

    [Fact]
    public void Many_runs_in_one_process_leave_no_handles_threads_or_memory()
    {
        // In a process of its own: other tests use memory, files and threads of this one at the same time.
        var (code, output, errors) = OwnProcess.Run(Soak.Verb, "runs=60");
        Assert.True(code == 0, output + errors);
        Assert.Matches(@"\n +60( +[0-9.]+){5}\n$", output.ReplaceLineEndings("\n"));
    }

    [Fact]
    public void Growth_is_what_a_leak_of_any_kind_shows_and_nothing_else()
    {
        SoakMeasurement[] flat = [.. Enumerable.Range(1, 10).Select(part => new SoakMeasurement(6 * part, 800 + (part % 3), 70_000 + part, 75 + (part % 2), 8, 40))];
        Assert.Empty(Soak.Growth(flat));
        SoakMeasurement[] warmingUp = [flat[0] with { ManagedKilobytes = 1, ResidentKilobytes = 1, Handles = 1, Threads = 1, MillisecondsPerRun = 400 }, .. flat[1..]];
        Assert.Empty(Soak.Growth(warmingUp));
        Finds(one => one with { ManagedKilobytes = one.ManagedKilobytes + (3 * one.Runs) }, "managed KiB after 60 runs: expected at most 966.0, found 981.0");
        Finds(one => one with { ResidentKilobytes = one.ResidentKilobytes + (400 * one.Runs) }, "resident KiB");
        Finds(one => one with { Handles = one.Handles + (one.Runs / 3) }, "open files");
        Finds(one => one with { Threads = one.Threads + (one.Runs / 3) }, "threads");
        Finds(one => one with { MillisecondsPerRun = one.MillisecondsPerRun + (one.Runs * one.Runs) }, "milliseconds of processor time a run");

        void Finds(Func<SoakMeasurement, SoakMeasurement> leak, string start) =>
            Assert.StartsWith(start, Assert.Single(Soak.Growth([.. flat.Select(leak)])), StringComparison.Ordinal);
    }

    private static void Holds(Func<FaultScenarios, FaultResult> scenario, int tried)
    {
        using var folder = new TemporaryFolder();
        var result = scenario(new FaultScenarios(folder.Root, seed: 1, steps: 150));
        Assert.Empty(result.Complaints);
        Assert.Equal((0, 0), (result.Mismatches, result.Lost));
        Assert.InRange(result.Tried, tried, int.MaxValue);
    }
}
