using SparseCore.Checkpoints;
using SparseCore.Parameters;
using SparseCore.RunFolders;
using SparseCore.Tests.Checkpoints;

namespace SparseCore.Tests.RunFolders;

public class RunFolderTests
{
    private const string Plan = """{"method":"dense","seed":1}""";

    private static string Name => RunFolder.NameOf("lenet5-dense", Plan);

    [Fact]
    public void Acquire_makes_the_folder_named_after_the_plan_and_Open_reads_it()
    {
        using var folder = new TemporaryFolder();
        var root = folder.File("results/runs");
        using (var run = RunFolder.Acquire(root, Name, Plan))
        {
            Assert.Equal(Plan, File.ReadAllText(Path.Combine(root, Name, "plan.json")));
            Assert.EndsWith("-" + run.PlanHash[..8], run.Name, StringComparison.Ordinal);
            Assert.Empty(run.CheckpointSteps());
        }

        Assert.Equal([Path.Combine(root, Name)], RunFolder.List(root));
        Assert.True(RunFolder.Exists(root, Name));
        Assert.Equal(Plan, RunFolder.Open(root, Name).PlanJson);
    }

    [Fact]
    public void HashOf_is_SHA256_of_the_text() =>
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", RunFolder.HashOf("abc")); // FIPS 180-4, example 1

    [Fact]
    public void Acquire_twice_is_refused_by_the_folders_name_until_it_is_released()
    {
        using var folder = new TemporaryFolder();
        using (RunFolder.Acquire(folder.Root, Name, Plan))
        {
            var exception = Assert.Throws<RunBusyException>(() => RunFolder.Acquire(folder.Root, Name, Plan));
            Assert.Equal("lock", exception.Subject);
            Assert.Contains(Name, exception.Message);
            Assert.Equal(Plan, RunFolder.Open(folder.Root, Name).PlanJson); // reading needs no lock
        }

        using var again = RunFolder.Acquire(folder.Root, Name, Plan);
        Assert.Equal(Name, again.Name);
    }

    [Fact]
    public void Acquire_refuses_a_folder_of_another_plan()
    {
        using var folder = new TemporaryFolder();
        RunFolder.Acquire(folder.Root, Name, Plan).Dispose();
        File.WriteAllText(folder.File(Name + "/plan.json"), Plan.Replace("1", "2"));
        Assert.Contains("another plan", Assert.Throws<RunFolderException>(() => RunFolder.Acquire(folder.Root, Name, Plan)).Message);
        Assert.Contains("plan hash", Assert.Throws<RunFolderException>(() => RunFolder.Open(folder.Root, Name)).Message);
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData(".x")]
    [InlineData("")]
    [InlineData("x\0")]
    public void Names_that_are_more_than_a_name_are_refused(string name)
    {
        using var folder = new TemporaryFolder();
        Assert.Throws<RunFolderException>(() => RunFolder.Acquire(folder.File("runs"), name.Length > 0 ? RunFolder.NameOf(name, Plan) : name, Plan));
        Assert.Throws<RunFolderException>(() => RunFolder.Open(folder.Root, name));
        Assert.False(RunFolder.Exists(folder.Root, name));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Root));
    }

    [Theory]
    [InlineData("""{"seed":1,"seed":2}""")]
    [InlineData("""{"data":{"seed":1,"seed":1}}""")]
    [InlineData("not json")]
    [InlineData("")]
    public void Open_refuses_a_plan_that_is_not_JSON_with_every_key_once(string plan)
    {
        using var folder = new TemporaryFolder();
        var name = RunFolder.NameOf("odd", plan);
        RunFolder.Acquire(folder.Root, name, plan).Dispose();
        Assert.Contains("plan: expected JSON with every key once, found ", Assert.Throws<RunFolderException>(() => RunFolder.Open(folder.Root, name)).Message);
    }

    [Fact]
    public void Acquire_refuses_a_name_without_the_plans_hash()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("ending with -", Assert.Throws<RunFolderException>(() => RunFolder.Acquire(folder.Root, "lenet5-00000000", Plan)).Message);
    }

    [Fact]
    public void Acquire_deletes_what_a_killed_process_left_half_written()
    {
        using var folder = new TemporaryFolder();
        RunFolder.Acquire(folder.Root, Name, Plan).Dispose();
        string[] leftovers = [folder.File(Name + "/run.json.tmp"), folder.File(Name + "/checkpoints/000500.safetensors.tmp")];
        Array.ForEach(leftovers, path => File.WriteAllText(path, "half"));
        using var run = RunFolder.Acquire(folder.Root, Name, Plan);
        Assert.All(leftovers, path => Assert.False(File.Exists(path)));
        Assert.Empty(run.CheckpointSteps());
    }

    [Fact]
    public void Acquire_where_a_file_stands_says_so()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("runs"), "");
        Assert.Equal("creating", Assert.Throws<RunFolderException>(() => RunFolder.Acquire(folder.File("runs"), Name, Plan)).Subject);
    }

    [Fact]
    public void CheckpointSteps_are_ascending_numbers_and_other_files_are_ignored()
    {
        using var folder = new TemporaryFolder();
        using var run = RunFolder.Acquire(folder.Root, Name, Plan);
        foreach (var step in new[] { 1_000_000, 500, 0 })
        {
            run.WriteCheckpoint(Empty(run, step));
        }

        foreach (var name in new[] { "500.safetensors", "000600.safetensors.tmp", "000700.txt", "notes.safetensors" })
        {
            File.WriteAllText(Path.Combine(run.FolderPath, "checkpoints", name), "");
        }

        Assert.Equal([0, 500, 1_000_000], run.CheckpointSteps());
        Assert.Equal("000500.safetensors", Path.GetFileName(run.CheckpointPath(500)));
        Assert.True(run.HasCheckpoint(500));
        Assert.Equal(1_000_000, run.ReadLatestCheckpoint(SmallCheckpoints.Network)!.Step);
    }

    [Fact]
    public void ReadLatestCheckpoint_never_passes_over_a_damaged_one()
    {
        using var folder = new TemporaryFolder();
        using var run = RunFolder.Acquire(folder.Root, Name, Plan);
        Assert.Null(run.ReadLatestCheckpoint(SmallCheckpoints.Network));
        run.WriteCheckpoint(Empty(run, 500));
        run.WriteCheckpoint(Empty(run, 1000));
        File.WriteAllBytes(run.CheckpointPath(1000), File.ReadAllBytes(run.CheckpointPath(1000))[..^1]);
        var exception = Assert.Throws<CheckpointException>(() => run.ReadLatestCheckpoint(SmallCheckpoints.Network));
        Assert.StartsWith(run.CheckpointPath(1000), exception.Message, StringComparison.Ordinal);
        Assert.Contains("delete it to go on from the checkpoint before it (step 500)", exception.Message);
        File.Delete(run.CheckpointPath(1000));
        Assert.Equal(500, run.ReadLatestCheckpoint(SmallCheckpoints.Network)!.Step);
    }

    [Fact]
    public void ReadCheckpoint_refuses_a_renamed_file_and_one_of_another_run()
    {
        using var folder = new TemporaryFolder();
        using var run = RunFolder.Acquire(folder.Root, Name, Plan);
        run.WriteCheckpoint(Empty(run, 500));
        File.Copy(run.CheckpointPath(500), run.CheckpointPath(600));
        Assert.Contains("step: expected 600, found 500", Assert.Throws<CheckpointException>(() => run.ReadCheckpoint(600, SmallCheckpoints.Network)).Message);
        CheckpointFile.Write(run.CheckpointPath(700), Empty(run, 700, new string('f', 64)));
        Assert.Equal("plan hash", Assert.Throws<CheckpointException>(() => run.ReadCheckpoint(700, SmallCheckpoints.Network)).Subject);
    }

    [Fact]
    public void Writing_needs_the_lock()
    {
        using var folder = new TemporaryFolder();
        RunFolder.Acquire(folder.Root, Name, Plan).Dispose();
        var run = RunFolder.Open(folder.Root, Name);
        Assert.Throws<InvalidOperationException>(() => run.WriteCheckpoint(Empty(run, 0)));
        Assert.Throws<InvalidOperationException>(() => run.OpenMetrics(null));
        Assert.Throws<InvalidOperationException>(() => run.WriteRecord(RunRecord.Start(run.PlanHash)));
    }

    [Fact]
    public void OpenMetrics_goes_on_where_the_checkpoint_was_saved()
    {
        using var folder = new TemporaryFolder();
        using var run = RunFolder.Acquire(folder.Root, Name, Plan);
        using (var metrics = run.OpenMetrics(null))
        {
            metrics.Append("loss", 0, 1);
            metrics.Flush();
            run.WriteCheckpoint(Empty(run, 1, metricsLength: metrics.Length));
            metrics.Append("loss", 1, 2);
            metrics.Flush();
        }

        using (run.OpenMetrics(run.ReadLatestCheckpoint(SmallCheckpoints.Network)))
        {
            Assert.Equal([new MetricRow("loss", 0, 1)], run.ReadMetrics());
        }
    }

    [Fact]
    public void ReadRecord_refuses_a_repeated_key()
    {
        using var folder = new TemporaryFolder();
        using var run = RunFolder.Acquire(folder.Root, Name, Plan);
        run.WriteRecord(RunRecord.Start(run.PlanHash));
        File.WriteAllText(run.RecordPath, File.ReadAllText(run.RecordPath).Replace("\"seconds\": 0", "\"seconds\": 1, \"seconds\": 0"));
        Assert.Contains("a run record (JSON)", Assert.Throws<RunFolderException>(run.ReadRecord).Message);
    }

    [Fact]
    public void A_stamp_changes_with_everything_that_is_written_and_a_sign_of_life_is_no_writing()
    {
        using var folder = new TemporaryFolder();
        const string plan = "{}";
        var name = RunFolder.NameOf("stamped", plan);
        var path = folder.File(name);
        Assert.Equal(DateTime.MinValue, RunFolder.StampOf(path).Written);
        using (RunFolder.Acquire(folder.Root, name, plan))
        {
            // Made by Acquire.
        }

        var seen = new HashSet<RunStamp> { RunFolder.StampOf(path) };
        foreach (var file in new[] { "run.json", "metrics.csv", "checkpoints/000000.safetensors", "holder.json", "stopped.safetensors" })
        {
            File.WriteAllText(Path.Combine(path, file), "x");
            Assert.True(seen.Add(RunFolder.StampOf(path)), file);
        }

        File.AppendAllText(Path.Combine(path, "metrics.csv"), "y");
        Assert.True(seen.Add(RunFolder.StampOf(path)));
        var written = RunFolder.StampOf(path).Written;
        File.SetLastWriteTimeUtc(Path.Combine(path, "holder.json"), DateTime.UtcNow.AddMinutes(1));
        Assert.True(seen.Add(RunFolder.StampOf(path)));
        Assert.Equal(written, RunFolder.StampOf(path).Written);
    }

    [Fact]
    public void Record_written_is_the_record_read()
    {
        using var folder = new TemporaryFolder();
        using var run = RunFolder.Acquire(folder.Root, Name, Plan);
        Assert.Null(run.ReadRecord());
        var record = RunRecord.Start(run.PlanHash) with
        {
            Status = RunStatus.Failed,
            Finished = DateTimeOffset.UnixEpoch,
            Seconds = 1.5,
            Verified = ["masked weights are 0"],
            Error = "NaN loss at step 7, layer 'fc1'",
        };
        run.WriteRecord(record);
        var read = run.ReadRecord()!;
        Assert.Equal(record.Verified, read.Verified);
        Assert.Equal(record with { Verified = read.Verified }, read);
        Assert.NotEqual("", read.Machine.Processor);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[1,2]")]
    public void ReadRecord_refuses_what_is_no_record(string text)
    {
        using var folder = new TemporaryFolder();
        using var run = RunFolder.Acquire(folder.Root, Name, Plan);
        File.WriteAllText(Path.Combine(run.FolderPath, "run.json"), text);
        Assert.Contains("a run record (JSON)", Assert.Throws<RunFolderException>(run.ReadRecord).Message);
    }

    private static Checkpoint Empty(RunFolder run, int step, string? planHash = null, long metricsLength = 0)
    {
        var network = SmallCheckpoints.Network;
        var zeros = new ParameterBlock(network);
        return new Checkpoint(step, planHash ?? run.PlanHash, [], MaskSet.Full(network), zeros, zeros.Clone(), metricsLength);
    }

    [Theory]
    [InlineData("plan.json", 1 << 20)]
    [InlineData("run.json", 1 << 20)]
    [InlineData("metrics.csv", 1 << 26)]
    public void Files_larger_than_any_of_ours_are_refused_before_they_are_read(string name, long limit)
    {
        using var folder = new TemporaryFolder();
        RunFolder.Acquire(folder.Root, Name, Plan).Dispose();
        using var run = RunFolder.Open(folder.Root, Name);
        using (var large = File.OpenWrite(folder.File($"{Name}/{name}")))
        {
            large.SetLength(limit + 1);
        }

        Action read = name switch
        {
            "plan.json" => () => RunFolder.Open(folder.Root, Name),
            "run.json" => () => run.ReadRecord(),
            _ => () => run.ReadMetrics(),
        };
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains($"has {limit + 1} bytes; expected at most {limit}", Assert.Throws<RunFolderException>(read).Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }
}
