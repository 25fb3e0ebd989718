using SparseCore.Faults;
using SparseCore.Plans;
using SparseCore.Tests.Checkpoints;
using SparseCore.Tests.Training;
using SparseCore.Training;
using SparseCore.Verification;

namespace SparseCore.Tests.Verification;

/// <summary>Runs are trained again by an engine that does not repeat their bits: what differs by rounding passes, what differs by more does not.</summary>
public sealed class ToleranceTests : IDisposable
{
    private const float Rounding = 1 + 1e-5f;
    private const float Wrong = 3;
    private const string Note = "trained again within a tolerance of 0.05";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("baseline")]
    [InlineData("rigl")]
    [InlineData("lottery")]
    public void A_run_of_the_CPU_engine_passes_a_replay_of_other_rounding(string method)
    {
        var path = Train(Plan(method, numerics: null), new RunExecutor(folder.Root, ToyRuns.Data, ToyRuns.Engine(1)));
        Passes(path, Rounding);
    }

    [Fact]
    public void A_replay_by_a_wrong_engine_fails_and_names_what_differs()
    {
        var path = Train(Plan("baseline", numerics: null), new RunExecutor(folder.Root, ToyRuns.Data, ToyRuns.Engine(1)));
        var verification = new RunVerifier(ToyRuns.Data, new OtherEngines(Wrong)).Verify(path, replay: true);
        Assert.Equal(VerificationStatus.Failed, verification.Status);
        Assert.Matches("replay from step 0: [a-z0-9]+: weight [0-9]+: expected", verification.ToString());
    }

    [Fact]
    public void A_run_of_an_engine_without_bits_passes_its_own_replay_and_that_of_the_CPU_engine()
    {
        var path = Train(Plan("rigl", OtherEngines.Numerics), new RunExecutor(folder.Root, ToyRuns.Data, new OtherEngines(Rounding)));
        Passes(path, Rounding);
        var verification = new RunVerifier(ToyRuns.Data, ToyRuns.Engine(1)).Verify(path, replay: true);
        Assert.Equal(VerificationStatus.Ok, verification.Status);
        Assert.Contains(Note, verification.ToString());
    }

    private static PlannedRun Plan(string method, string? numerics)
    {
        var run = ToyRuns.Plan(method, 60, 30);
        return numerics is null ? run : new PlannedRun(run.Plan with { Numerics = numerics }, run.Parents);
    }

    private static void Passes(string path, float stretch)
    {
        var verification = new RunVerifier(ToyRuns.Data, new OtherEngines(stretch)).Verify(path, replay: true);
        Assert.Equal(VerificationStatus.Ok, verification.Status);
        Assert.Contains(Note, verification.ToString());
    }

    private static string Train(PlannedRun run, RunExecutor executor)
    {
        Assert.Empty(RunGraph.Execute([run], executor, 1, new SilentProgress(), CancellationToken.None));
        return executor.PathOf(run.Plan);
    }
}
