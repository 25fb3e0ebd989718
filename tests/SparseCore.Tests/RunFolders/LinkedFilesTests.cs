using SparseCore.Checkpoints;
using SparseCore.Data;
using SparseCore.Plans;
using SparseCore.RunFolders;
using SparseCore.Tests.Checkpoints;
using SparseCore.Tests.Training;
using SparseCore.Training;
using SparseCore.Verification;

namespace SparseCore.Tests.RunFolders;

/// <summary>
/// Symbolic links count as what they lead to where a user makes them: data, files to import, run folders. Inside a run folder, which may come from anyone, they are
/// refused.
/// </summary>
public sealed class LinkedFilesTests : IDisposable
{
    private static readonly TrainingPlan Plan = SmallRuns.Recipe.Dense(1).Small().Plan with { Steps = 20 };

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Runs_in_a_linked_folder_of_runs_are_trained_once_and_read()
    {
        Directory.CreateDirectory(folder.File("store"));
        Directory.CreateSymbolicLink(folder.File("runs"), folder.File("store"));
        Assert.True(Train("runs"));
        Assert.False(Train("store"));
        Assert.Equal(20, Read("runs").Step);
        Assert.Equal(VerificationStatus.Ok, Verify(Assert.Single(RunFolder.List(folder.File("runs")))).Status);
    }

    [Fact]
    public void A_linked_run_folder_is_the_run()
    {
        Assert.True(Train("store"));
        Directory.CreateDirectory(folder.File("runs"));
        Directory.CreateSymbolicLink(folder.File($"runs/{Plan.FolderName}"), $"../store/{Plan.FolderName}");
        Assert.False(Train("runs"));
        Assert.Equal(20, Read("runs").Step);
        Assert.Single(RunFolder.ListForVerification(folder.File("runs")));
        Assert.Equal(VerificationStatus.Ok, Verify(Assert.Single(RunFolder.List(folder.File("runs")))).Status);
    }

    [Theory]
    [InlineData("plan.json")]
    [InlineData("run.json")]
    [InlineData("metrics.csv")]
    [InlineData("lock")]
    [InlineData("checkpoints")]
    public void A_link_inside_a_run_folder_is_refused_by_name_for_reading_and_writing(string name)
    {
        Assert.True(Train("runs"));
        var entry = folder.File($"runs/{Plan.FolderName}/{name}");
        var outside = folder.File("outside");
        Directory.Move(entry, outside);
        File.CreateSymbolicLink(entry, outside);
        var before = Contents(outside);
        var expected = $"{entry}: kind: expected {(name == "checkpoints" ? "a folder" : "a file")}, found a link to '{outside}'. "
            + "Nothing inside a run folder is followed out of it; put a copy in its place, or delete it.";
        Assert.Equal(expected, Assert.Throws<RunFolderException>(() => RunFolder.Open(folder.File("runs"), Plan.FolderName)).Message);
        Assert.Equal(expected, Assert.Throws<RunFolderException>(() => RunFolder.Acquire(folder.File("runs"), Plan.FolderName, Plan.ToCanonicalJson())).Message);
        Assert.Equal(expected, Assert.Throws<RunFolderException>(() => Train("runs")).Message);
        var finding = Assert.Single(Verify(folder.File($"runs/{Plan.FolderName}")).Findings);
        Assert.Equal((name, $"a link to '{outside}'"), (finding.File, finding.Found));
        Assert.Equal(before, Contents(outside));
    }

    [Fact]
    public void A_linked_checkpoint_is_refused_by_name_for_reading_and_writing()
    {
        Assert.True(Train("runs"));
        using var run = RunFolder.Acquire(folder.File("runs"), Plan.FolderName, Plan.ToCanonicalJson());
        var network = Plan.Network.Build();
        var checkpoint = run.ReadCheckpoint(20, network);
        var outside = folder.File("outside");
        File.Move(run.CheckpointPath(20), outside);
        File.CreateSymbolicLink(run.CheckpointPath(20), outside);
        var before = Contents(outside);
        Assert.Contains($"found a link to '{outside}'", Assert.Throws<CheckpointException>(() => run.ReadCheckpoint(20, network)).Message);
        Assert.Contains($"found a link to '{outside}'", Assert.Throws<CheckpointException>(() => run.ReadCheckpointHeader(20)).Message);
        Assert.Contains($"found a link to '{outside}'", Assert.Throws<CheckpointException>(() => run.WriteCheckpoint(checkpoint)).Message);
        Assert.Contains("checkpoints/000020.safetensors", Assert.Single(Verify(run.FolderPath).Findings).File);
        Assert.Equal(before, Contents(outside));
    }

    [Fact]
    public void Temporary_files_that_are_links_are_deleted_and_what_they_lead_to_is_kept()
    {
        Assert.True(Train("runs"));
        File.WriteAllText(folder.File("outside"), "kept");
        string[] links = [folder.File($"runs/{Plan.FolderName}/run.json.tmp"), folder.File($"runs/{Plan.FolderName}/checkpoints/000020.safetensors.tmp")];
        File.CreateSymbolicLink(links[0], folder.File("outside"));
        File.CreateSymbolicLink(links[1], folder.File("outside"));
        RunFolder.Acquire(folder.File("runs"), Plan.FolderName, Plan.ToCanonicalJson()).Dispose();
        Assert.All(links, link => Assert.Null(RegularFile.Describe(link, followLinks: false)));
        Assert.Equal("kept", File.ReadAllText(folder.File("outside")));
    }

    [Fact]
    public void Entries_of_a_run_folder_of_another_kind_are_refused_by_name()
    {
        Assert.True(Train("runs"));
        var plan = folder.File($"runs/{Plan.FolderName}/plan.json");
        File.Delete(plan);
        Directory.CreateDirectory(plan);
        Assert.StartsWith($"{plan}: kind: expected a file, found a folder.", Assert.Throws<RunFolderException>(() => Train("runs")).Message, StringComparison.Ordinal);
        Directory.Delete(plan);
        NamedPipe.Make(plan);
        Assert.Contains("found a named pipe", Assert.Throws<RunFolderException>(() => Train("runs")).Message);
        Assert.Contains("found a named pipe", Assert.Throws<RunFolderException>(() => RunFolder.Open(folder.File("runs"), Plan.FolderName)).Message);
        File.Delete(plan);
        var checkpoints = folder.File($"runs/{Plan.FolderName}/checkpoints");
        Directory.Delete(checkpoints, recursive: true);
        File.WriteAllText(checkpoints, "");
        Assert.StartsWith($"{checkpoints}: kind: expected a folder, found a file.", Assert.Throws<RunFolderException>(() => Train("runs")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_begun_anew_leaves_a_copy_by_hard_link_as_it_was()
    {
        File.WriteAllText(folder.File("copy"), "kept");
        using (var linked = System.Diagnostics.Process.Start("ln", [folder.File("copy"), folder.File("metrics.csv")]))
        {
            linked.WaitForExit();
            Assert.Equal(0, linked.ExitCode);
        }

        using (var table = MetricsFile.Create(folder.File("metrics.csv")))
        {
            table.Flush();
        }

        Assert.Equal("kept", File.ReadAllText(folder.File("copy")));
    }

    [Fact]
    public void A_folder_of_runs_that_is_a_link_to_nothing_is_refused()
    {
        Directory.CreateSymbolicLink(folder.File("runs"), "/no/such/folder");
        Assert.Contains(folder.File("runs"), Assert.Throws<RunFolderException>(() => Train("runs")).Message);
    }

    [Fact]
    public void A_linked_safetensors_file_is_imported_as_the_file_it_leads_to()
    {
        Assert.True(Train("runs"));
        using var run = RunFolder.Open(folder.File("runs"), Plan.FolderName);
        var file = folder.File("net.safetensors");
        DenseExport.Write(file, run.ReadCheckpoint(20, Plan.Network.Build()));
        var direct = ImportPlan.Import(folder.File("runs"), file, Plan.Network, masksFromZeros: false).FolderPath;
        File.Move(file, folder.File("kept"));
        File.CreateSymbolicLink(file, "kept");
        Assert.Equal(direct, ImportPlan.Import(folder.File("runs"), file, Plan.Network, masksFromZeros: false).FolderPath);
    }

    [Fact]
    public void A_linked_IDX_file_is_the_file_it_leads_to()
    {
        File.WriteAllBytes(folder.File("labels"), [0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3]);
        File.CreateSymbolicLink(folder.File("link"), "labels");
        Assert.Equal([1, 2, 3], IdxReader.Read(folder.File("link")).Bytes);
    }

    private bool Train(string runs) =>
        new RunExecutor(folder.File(runs), SmallRuns.Data, SmallRuns.Engine).Execute(Plan, new SilentProgress(), CancellationToken.None);

    private Checkpoint Read(string runs)
    {
        using var run = RunFolder.Open(folder.File(runs), Plan.FolderName);
        Assert.NotEmpty(run.ReadMetrics());
        Assert.Equal(RunStatus.Finished, run.ReadRecord()!.Status);
        return run.ReadLatestCheckpoint(Plan.Network.Build())!;
    }

    /// <summary>Names, times and bytes of everything at a path.</summary>
    private static string[] Contents(string path) =>
    [
        .. (File.Exists(path) ? [path] : Directory.GetFiles(path)).Order(StringComparer.Ordinal)
            .Select(file => $"{file} {File.GetLastWriteTimeUtc(file).Ticks} {Convert.ToHexString(File.ReadAllBytes(file))}"),
    ];

    private static RunVerification Verify(string path) => new RunVerifier(SmallRuns.Data, SmallRuns.Engine).Verify(path, replay: false);
}
