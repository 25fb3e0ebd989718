using System.Security.Cryptography;
using SparseCore.Engine;
using SparseCore.Faults;
using SparseCore.Plans;
using SparseCore.RunFolders;
using SparseCore.Tests.Checkpoints;
using SparseCore.Tests.Training;
using SparseCore.Training;
using SparseCore.Verification;

namespace SparseCore.Torch.Tests.Training;

/// <summary>Whole runs on libtorch: folders, checkpoints, resuming and verification are those of the CPU engine.</summary>
public sealed class TorchRunsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("baseline")]
    [InlineData("rigl")]
    [InlineData("set")]
    [InlineData("snfs")]
    [InlineData("snip")]
    [InlineData("lottery")]
    [InlineData("prune")]
    [InlineData("grasp")]
    [InlineData("synflow")]
    [InlineData("acdc")]
    [InlineData("dsr")]
    public void Every_kind_of_run_is_replayed_to_the_bit_by_its_own_engine_and_within_tolerances_by_the_other(string method)
    {
        var engines = TestEngines.OnCpu();
        var path = Train(Planned(method, engines, 60), Executor(engines));
        var own = new RunVerifier(ToyRuns.Data, TestEngines.OnCpu()).Verify(path, replay: true);
        Assert.Equal($"ok {path}", own.ToString());
        foreach (var others in new IEngineFactory[] { ToyRuns.Engine(1), TestEngines.OnCpu(2) })
        {
            var other = new RunVerifier(ToyRuns.Data, others).Verify(path, replay: true);
            Assert.Equal(VerificationStatus.Ok, other.Status);
            Assert.Contains("within a tolerance", other.ToString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("rigl", 25)]
    [InlineData("rigl", 30)]
    [InlineData("baseline", 47)]
    public void A_run_that_was_stopped_goes_on_to_the_same_bits(string method, int stopAt)
    {
        var engines = TestEngines.OnCpu();
        var whole = Train(Planned(method, engines, 60), Executor(engines));
        var expected = LastCheckpoint(whole);
        var metrics = File.ReadAllText(Path.Combine(whole, "metrics.csv"));
        Directory.Delete(whole, recursive: true);
        var run = Planned(method, engines, 60);
        using (var stop = new CancellationTokenSource())
        {
            Assert.ThrowsAny<OperationCanceledException>(() => RunGraph.Execute([run], Executor(engines), 1, new Watcher(run.Plan, stopAt, stop.Cancel), stop.Token));
        }

        Assert.Equal(whole, Train(run, Executor(TestEngines.OnCpu())));
        Assert.Equal(expected, LastCheckpoint(whole));
        Assert.Equal(metrics, File.ReadAllText(Path.Combine(whole, "metrics.csv")));
    }

    [Fact]
    public void A_run_of_one_engine_is_not_taken_for_that_of_another()
    {
        var engines = TestEngines.OnCpu();
        var (cpu, torch) = (ToyRuns.Plan("rigl", 60, 30), Planned("rigl", engines, 60));
        Assert.NotEqual(cpu.Plan.FolderName, torch.Plan.FolderName);
        var error = Assert.Throws<PlanException>(() => Executor(engines).Execute(cpu.Plan, new SilentProgress(), CancellationToken.None));
        Assert.Contains("torch-2.10.0-cpu-float32", error.Message, StringComparison.Ordinal);
        Assert.Contains("torch-2.10.0-cpu-float32", Assert.Throws<PlanException>(() =>
            ToyRuns.Executor(folder.Root).Execute(torch.Plan, new SilentProgress(), CancellationToken.None)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_record_names_device_and_library_and_both_devices_of_a_run_that_moved()
    {
        var engines = TestEngines.OnCpu();
        var path = Train(Planned("baseline", engines, 30), Executor(engines));
        using (var opened = RunFolder.Open(path))
        {
            Assert.Equal(EngineRecord.Of(engines.Identity), opened.ReadRecord()!.Engine);
            Assert.Matches("^cpu .*-bit vectors, 1 thread(, without oneDNN)?$", opened.ReadRecord()!.Engine!.Device);
        }

        var here = new EngineRecord("cpu A", "libtorch");
        var there = new EngineRecord("cuda:0 B", "libtorch");
        Assert.Equal(here, here.After(null));
        Assert.Equal(here, here.After(here));
        Assert.Equal("cpu A, then cuda:0 B", there.After(here).Device);
        Assert.Equal("cpu A, then cuda:0 B", there.After(there.After(here)).Device);
    }

    [Fact]
    public void Bits_are_not_asked_of_another_device()
    {
        var engines = TestEngines.OnCpu();
        var path = Train(Planned("baseline", engines, 30), Executor(engines));
        var record = Path.Combine(path, "run.json");
        File.WriteAllText(record, File.ReadAllText(record).Replace(engines.Identity.Device, "cpu of another maker", StringComparison.Ordinal));
        var verification = new RunVerifier(ToyRuns.Data, engines).Verify(path, replay: true);
        Assert.Equal(VerificationStatus.Ok, verification.Status);
        Assert.Contains("within a tolerance", verification.ToString(), StringComparison.Ordinal);
    }

    private static PlannedRun Planned(string method, IEngineFactory engines, int steps) => OnEngine(ToyRuns.Plan(method, steps, 30), engines.Identity.Numerics!);

    /// <summary>The run and all it derives from, planned for another arithmetic.</summary>
    private static PlannedRun OnEngine(PlannedRun run, string numerics)
    {
        var parents = run.Parents.Select(parent => OnEngine(parent, numerics)).ToArray();
        var names = run.Parents.Zip(parents, (before, after) => (before.Plan.Hash, after.Plan)).ToDictionary(pair => pair.Hash, pair => pair.Plan);
        RunReference Moved(RunReference reference) => names[reference.PlanHash].At(reference.Step);
        return new PlannedRun(
            run.Plan with
            {
                Numerics = numerics,
                Mask = run.Plan.Mask is MaskPlan.FromRun mask ? mask with { Run = Moved(mask.Run) } : run.Plan.Mask,
                Weights = run.Plan.Weights is WeightPlan.FromRun weights ? weights with { Run = Moved(weights.Run) } : run.Plan.Weights,
            },
            parents);
    }

    private RunExecutor Executor(IEngineFactory engines) => new(folder.Root, ToyRuns.Data, engines);

    private static string Train(PlannedRun run, RunExecutor executor)
    {
        Assert.Empty(RunGraph.Execute([run], executor, 1, new SilentProgress(), CancellationToken.None));
        return executor.PathOf(run.Plan);
    }

    private static string LastCheckpoint(string path)
    {
        using var opened = RunFolder.Open(path);
        return Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(opened.CheckpointPath(opened.CheckpointSteps()[^1]))));
    }
}
