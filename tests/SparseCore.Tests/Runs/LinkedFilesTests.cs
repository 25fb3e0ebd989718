using SparseCore.Checkpoints;
using SparseCore.Connectivity;
using SparseCore.Data;
using SparseCore.Runs;
using SparseCore.Tests.Checkpoints;
using SparseCore.Tests.Training;
using SparseCore.Training;

namespace SparseCore.Tests.Runs;

/// <summary>Symbolic links count as what they lead to, wherever files are read; those that lead nowhere are a sentence.</summary>
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

    [Fact]
    public void Linked_files_of_a_run_are_read()
    {
        Assert.True(Train("runs"));
        foreach (var file in Directory.GetFiles(folder.File($"runs/{Plan.FolderName}"), "*.*", SearchOption.AllDirectories))
        {
            var target = folder.File(Path.GetFileName(file));
            File.Move(file, target);
            File.CreateSymbolicLink(file, target);
        }

        Assert.Equal(20, Read("runs").Step);
        Assert.Equal(VerificationStatus.Ok, Verify(Assert.Single(RunFolder.List(folder.File("runs")))).Status);
    }

    [Fact]
    public void Files_of_a_run_that_are_links_to_nothing_are_named()
    {
        Assert.True(Train("runs"));
        using var run = RunFolder.Open(folder.File("runs"), Plan.FolderName);
        var network = Plan.Network.Build();
        Break(run.CheckpointPath(20));
        Assert.Contains("000020.safetensors", Assert.Throws<CheckpointException>(() => run.ReadCheckpoint(20, network)).Message);
        Break(Path.Combine(run.FolderPath, "metrics.csv"));
        Assert.Contains("metrics.csv", Assert.Throws<RunFolderException>(run.ReadMetrics).Message);
        Break(Path.Combine(run.FolderPath, "run.json"));
        Assert.Contains("run.json", Assert.Throws<RunFolderException>(run.ReadRecord).Message);
        Break(Path.Combine(run.FolderPath, "plan.json"));
        Assert.Contains("plan.json", Assert.Throws<RunFolderException>(() => RunFolder.Open(run.FolderPath)).Message);
        Assert.Contains("plan.json", Assert.Throws<RunFolderException>(() => Train("runs")).Message);

        static void Break(string path)
        {
            File.Delete(path);
            File.CreateSymbolicLink(path, "/no/such/file");
        }
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
        new RunExecutor(folder.File(runs), SmallRuns.Data, SmallRuns.Engine, new GrowthScores()).Execute(Plan, new Silent(), CancellationToken.None);

    private Checkpoint Read(string runs)
    {
        using var run = RunFolder.Open(folder.File(runs), Plan.FolderName);
        Assert.NotEmpty(run.ReadMetrics());
        Assert.Equal(RunStatus.Finished, run.ReadRecord()!.Status);
        return run.ReadLatestCheckpoint(Plan.Network.Build())!;
    }

    private static RunVerification Verify(string path) => new RunVerifier(SmallRuns.Data, SmallRuns.Engine, new GrowthScores()).Verify(path, replay: false);

    private sealed class Silent : IRunProgress
    {
        public void Started(TrainingPlan plan, int step)
        {
        }

        public void Advanced(TrainingPlan plan, int step)
        {
        }

        public void Finished(TrainingPlan plan, bool trained)
        {
        }

        public void Failed(TrainingPlan plan, string reason)
        {
        }

        public void Warned(TrainingPlan plan, string message)
        {
        }
    }
}
