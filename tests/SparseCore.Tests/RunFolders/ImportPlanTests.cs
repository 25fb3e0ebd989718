using SparseCore.Checkpoints;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Plans;
using SparseCore.RunFolders;
using SparseCore.Tests.Checkpoints;
using SparseCore.Tests.Training;
using SparseCore.Training;
using SparseCore.Verification;

namespace SparseCore.Tests.RunFolders;

public sealed class ImportPlanTests : IDisposable
{
    private static readonly NetworkPlan Plan = SmallRuns.Settings.Network;

    private readonly TemporaryFolder folder = new();

    private string Runs => folder.File("runs");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Import_makes_a_finished_run_of_one_checkpoint_with_the_files_hash()
    {
        var file = Export(zeros: true);
        var path = ImportPlan.Import(Runs, file, Plan, masksFromZeros: true).FolderPath;
        using var run = RunFolder.Open(path);
        Assert.StartsWith("lenet300-imported-my-net-", run.Name, StringComparison.Ordinal);
        Assert.Equal([0], run.CheckpointSteps());
        var network = NetworkPlan.OfPlanJson(run.PlanJson).Build();
        Assert.Equal(network.Layers[0].WeightCount - 3, run.ReadCheckpoint(0, network).Masks[0].ActiveCount);
        Assert.Equal(RunStatus.Finished, run.ReadRecord()!.Status);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file))), ImportPlan.TryParse(run.PlanJson)!.FileHash);
        Assert.Empty(run.ReadMetrics());
    }

    [Fact]
    public void Import_of_the_same_file_again_changes_nothing()
    {
        var file = Export(zeros: false);
        var path = ImportPlan.Import(Runs, file, Plan, masksFromZeros: false).FolderPath;
        var time = File.GetLastWriteTimeUtc(Path.Combine(path, "run.json"));
        Assert.Equal(path, ImportPlan.Import(Runs, file, Plan, masksFromZeros: false).FolderPath);
        Assert.Equal(time, File.GetLastWriteTimeUtc(Path.Combine(path, "run.json")));
        Assert.NotEqual(path, ImportPlan.Import(Runs, file, Plan, masksFromZeros: true).FolderPath);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Verification_of_an_imported_run_is_unchecked_and_says_what_of_it(bool zeros)
    {
        var file = Export(zeros);
        var path = ImportPlan.Import(Runs, file, Plan, masksFromZeros: zeros).FolderPath;
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)));
        Assert.Equal($"unchecked {path}: how it was trained: it was imported from 'my net.safetensors', SHA-256 {hash}", Verify(path));
        File.Delete(Path.Combine(path, "checkpoints", "000000.safetensors"));
        Assert.StartsWith($"FAILED {path}: checkpoints/000000.safetensors: reading: ", Verify(path), StringComparison.Ordinal);
    }

    [Fact]
    public void Verification_finds_an_import_that_calls_itself_a_ticket()
    {
        var path = ImportPlan.Import(Runs, Export(zeros: false), Plan, masksFromZeros: false).FolderPath;
        var json = File.ReadAllText(Path.Combine(path, "plan.json")).Replace("lenet300-imported-my-net", "lenet300-lottery-1");
        var ticket = Path.Combine(Runs, RunFolder.NameOf("lenet300-lottery-1", json));
        Directory.Move(path, ticket);
        File.WriteAllText(Path.Combine(ticket, "plan.json"), json);
        File.WriteAllText(Path.Combine(ticket, "run.json"), """{"garbage": true}""");
        File.WriteAllText(Path.Combine(ticket, "metrics.csv"), "metric,step,value\ntest_accuracy,0,0.99\n");
        var findings = new RunVerifier(SmallRuns.Data, SmallRuns.Engine).Verify(ticket, replay: false).Findings.Select(finding => $"{finding}").ToList();
        Assert.Contains("plan.json: name: expected 'lenet300-imported-my-net', as the network was imported, found 'lenet300-lottery-1'", findings);
        Assert.Contains("metrics.csv: rows: expected none, as the run was imported, found 1", findings);
        Assert.Contains(findings, finding => finding.StartsWith("run.json: reading: expected a run record (JSON)", StringComparison.Ordinal));
        Assert.Contains(findings, finding => finding.StartsWith("checkpoints/000000.safetensors: plan hash: ", StringComparison.Ordinal));
    }

    [Fact]
    public void Training_can_go_on_from_an_imported_run()
    {
        var path = ImportPlan.Import(Runs, Export(zeros: true), Plan, masksFromZeros: true).FolderPath;
        using var parent = RunFolder.Open(path);
        var reference = new RunReference(parent.Name, parent.PlanHash, 0);
        var plan = SmallRuns.Recipe.Dense(1).Small().Plan with
        {
            Steps = 5,
            Mask = new MaskPlan.FromRun(reference, null),
            Weights = new WeightPlan.FromRun(reference),
        };
        var executor = new RunExecutor(Runs, SmallRuns.Data, SmallRuns.Engine);
        Assert.True(executor.Execute(plan, new SilentProgress(), CancellationToken.None));
        using var run = RunFolder.Open(executor.PathOf(plan));
        Assert.Equal(parent.PlanHash, run.ReadCheckpoint(5, Plan.Build()).Parents[0].PlanHash);
    }

    [Fact]
    public void Import_that_was_killed_before_its_record_is_finished_by_the_next()
    {
        var file = Export(zeros: false);
        var path = ImportPlan.Import(Runs, file, Plan, masksFromZeros: false).FolderPath;
        File.Delete(Path.Combine(path, "run.json"));
        Assert.Equal(path, ImportPlan.Import(Runs, file, Plan, masksFromZeros: false).FolderPath);
        using var run = RunFolder.Open(path);
        Assert.Equal(RunStatus.Finished, run.ReadRecord()!.Status);
    }

    [Fact]
    public void A_file_of_another_network_leaves_no_folder_behind()
    {
        var file = Export(zeros: false);
        Assert.Throws<CheckpointException>(() => ImportPlan.Import(Runs, file, Plan with { Widths = [13, 8] }, masksFromZeros: false));
        Assert.Throws<CheckpointException>(() => ImportPlan.Import(Runs, folder.File("nothing.safetensors"), Plan, masksFromZeros: false));
        Assert.False(Directory.Exists(Runs));
    }

    [Fact]
    public void TryParse_leaves_plans_of_trainings_alone() => Assert.Null(ImportPlan.TryParse(SmallRuns.Recipe.Dense(1).Plan.ToCanonicalJson()));

    [Fact]
    public void TryParse_refuses_a_repeated_key()
    {
        var path = ImportPlan.Import(Runs, Export(zeros: false), Plan, masksFromZeros: false).FolderPath;
        var json = File.ReadAllText(Path.Combine(path, "plan.json"));
        Assert.NotNull(ImportPlan.TryParse(json));
        Assert.Null(ImportPlan.TryParse(json.Replace("\"classes\": 3", "\"classes\": 4,\n    \"classes\": 3")));
    }

    private static string Verify(string path) => new RunVerifier(SmallRuns.Data, SmallRuns.Engine).Verify(path, replay: true).ToString();

    private string Export(bool zeros)
    {
        var network = Plan.Build();
        var parameters = new ParameterBlock(network);
        Array.Fill(parameters.Values, 0.25f);
        if (zeros)
        {
            parameters.Weights(0)[..3].Clear();
        }

        var path = folder.File("my net.safetensors");
        DenseExport.Write(path, new Checkpoint(0, new string('a', 64), [], MaskSet.Full(network), parameters, new ParameterBlock(network), 0));
        return path;
    }
}
