using SparseCore.Checkpoints;
using SparseCore.RunFolders;
using SparseCore.Tests.Checkpoints;

namespace SparseCore.Tests.RunFolders;

public sealed class RunLockTests : IDisposable
{
    private const string Plan = "{}";

    private readonly TemporaryFolder folder = new();

    private static string Name => RunFolder.NameOf("held", Plan);

    private string Holder => folder.File(Name + "/holder.json");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Who_holds_a_run_is_written_while_it_is_held()
    {
        using (var run = RunFolder.Acquire(folder.Root, Name, Plan))
        {
            var holder = run.Holder!;
            Assert.Equal(Worker.Current, holder.Worker);
            Assert.Equal(Environment.ProcessId, holder.Worker.Process);
            Assert.Equal(RunRecord.CurrentCodeVersion, holder.CodeVersion);
            Assert.InRange(new FolderClock(folder.Root).Now - holder.LastSign, TimeSpan.FromSeconds(-1), TimeSpan.FromSeconds(60));
            Assert.Empty(RunFolder.Surplus(run.FolderPath));
        }

        Assert.False(File.Exists(Holder));
    }

    [Fact]
    public void A_holder_is_at_work_while_it_gives_signs_and_here_while_its_process_lives()
    {
        using var run = RunFolder.Acquire(folder.Root, Name, Plan);
        var (holder, now) = (run.Holder!, DateTime.UtcNow);
        Assert.True(holder.IsHere);
        Assert.True(holder.IsAtWork(now));
        Assert.False(holder.IsAtWork(now.AddMinutes(3)));
        var gone = holder with { Worker = holder.Worker with { Process = int.MaxValue } };
        Assert.False(gone.IsAtWork(now));
        Assert.True((gone with { Node = "elsewhere-0123abcd" }).IsAtWork(now));
    }

    [Fact]
    public void A_held_run_is_refused_by_naming_who_holds_it()
    {
        using var run = RunFolder.Acquire(folder.Root, Name, Plan);
        var busy = Assert.Throws<RunBusyException>(() => RunFolder.Acquire(folder.Root, Name, Plan));
        Assert.Equal(Worker.Current, busy.Holder!.Worker);
        Assert.Contains($"process {Environment.ProcessId}", busy.Message);
        Assert.Equal(Worker.Current, run.Holder!.Worker); // the refused one took nothing away
    }

    [Fact]
    public void A_holder_of_another_machine_is_respected_until_it_has_been_silent_for_two_minutes()
    {
        LeaveHolder("\"node\": \"elsewhere-0123abcd\"");
        File.SetLastWriteTimeUtc(Holder, DateTime.UtcNow.AddSeconds(-60));
        var busy = Assert.Throws<RunBusyException>(() => RunFolder.Acquire(folder.Root, Name, Plan));
        Assert.Contains("another machine has taken", busy.Message);
        Assert.Matches(@"the run is free in [56]\d s", busy.Message);

        foreach (var seconds in new[] { -121, 121 }) // a sign that is to come is none
        {
            LeaveHolder("\"node\": \"elsewhere-0123abcd\"");
            File.SetLastWriteTimeUtc(Holder, DateTime.UtcNow.AddSeconds(seconds));
            using var run = RunFolder.Acquire(folder.Root, Name, Plan);
            Assert.Equal(Worker.Current, run.Holder!.Worker);
        }
    }

    [Fact]
    public void Links_in_the_place_of_what_a_lock_writes_are_not_written_through()
    {
        LeaveHolder("\"node\": \"elsewhere-0123abcd\"");
        File.SetLastWriteTimeUtc(Holder, DateTime.UtcNow.AddMinutes(-5));
        File.WriteAllText(folder.File("outside"), "kept");
        string[] places = [Holder, folder.File($"{Name}/probe-{Environment.ProcessId}-{Environment.CurrentManagedThreadId}")];
        Array.ForEach(places, place => File.CreateSymbolicLink(AtomicFile.TemporaryName(place), folder.File("outside")));
        using var run = RunFolder.Acquire(folder.Root, Name, Plan);
        Assert.Equal("kept", File.ReadAllText(folder.File("outside")));
        Assert.Null(new FileInfo(Holder).LinkTarget);
        Assert.Equal(Worker.Current, run.Holder!.Worker);
    }

    [Fact]
    public void A_holder_of_this_machine_whose_lock_is_gone_has_died()
    {
        LeaveHolder($"\"node\": \"{ThisHost.Id}\"");
        using var run = RunFolder.Acquire(folder.Root, Name, Plan);
        Assert.Equal(Environment.ProcessId, run.Holder!.Worker.Process);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"worker\": 5}")]
    [InlineData("null")]
    public void A_holder_that_cannot_be_read_holds_nothing(string text)
    {
        Directory.CreateDirectory(folder.File(Name));
        File.WriteAllText(Holder, text);
        using var run = RunFolder.Acquire(folder.Root, Name, Plan);
        Assert.Equal(Worker.Current, run.Holder!.Worker);
    }

    [Fact]
    public void One_that_was_overtaken_saves_nothing_more_and_takes_nothing_away()
    {
        using (var run = RunFolder.Acquire(folder.Root, Name, Plan))
        {
            LeaveHolder("\"node\": \"elsewhere-0123abcd\"");
            var lost = Assert.Throws<RunBusyException>(() => run.WriteRecord(RunRecord.Start(run.PlanHash)));
            Assert.Contains("has taken over", lost.Message);
            Assert.Equal("elsewhere", lost.Holder!.Worker.Host);
        }

        Assert.Contains("elsewhere", File.ReadAllText(Holder));
        Assert.False(File.Exists(folder.File(Name + "/run.json")));
    }

    [Fact]
    public void Metrics_that_another_process_has_gone_on_with_are_not_written_over()
    {
        using var metrics = MetricsFile.Create(folder.File("metrics.csv"));
        metrics.Append("loss", 0, 1);
        metrics.Flush();
        File.AppendAllText(folder.File("metrics.csv"), "loss,1,2\n");
        metrics.Append("loss", 1, 2);
        Assert.Throws<RunBusyException>(metrics.Flush);
        Assert.Equal("metric,step,value\nloss,0,1\nloss,1,2\n", File.ReadAllText(folder.File("metrics.csv")));
    }

    [Fact]
    public void Temporary_files_of_another_machine_are_kept_until_they_are_old()
    {
        RunFolder.Acquire(folder.Root, Name, Plan).Dispose();
        var other = folder.File(Name + $"/checkpoints/000500.safetensors.elsewhere-0123abcd{AtomicFile.TemporarySuffix}");
        var own = AtomicFile.TemporaryName(folder.File(Name + "/checkpoints/000500.safetensors"));
        File.WriteAllText(other, "half");
        File.WriteAllText(own, "half");
        RunFolder.Acquire(folder.Root, Name, Plan).Dispose();
        Assert.True(File.Exists(other));
        Assert.False(File.Exists(own));
        File.SetLastWriteTimeUtc(other, DateTime.UtcNow.AddSeconds(-121));
        RunFolder.Acquire(folder.Root, Name, Plan).Dispose();
        Assert.False(File.Exists(other));
    }

    [Theory]
    [InlineData("run.json.elsewhere-0123abcd.tmp", "run.json")]
    [InlineData("run.json.tmp", "run.json")]
    [InlineData("000500.safetensors.tmp", "000500.safetensors")]
    [InlineData("000500.safetensors", "000500.safetensors")]
    [InlineData("run.json.elsewhere-0123ABCD.tmp", "run.json.elsewhere-0123ABCD")]
    public void A_temporary_name_tells_what_the_file_would_have_become(string name, string target) => Assert.Equal(target, AtomicFile.TargetOf(name));

    [Fact]
    public void Locks_hold_here_and_the_clock_of_the_folder_is_this_machines()
    {
        FolderClock.RequireLocks(folder.Root);
        Assert.InRange(new FolderClock(folder.Root).Ahead, TimeSpan.FromSeconds(-5), TimeSpan.FromSeconds(5));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Root));
    }

    private void LeaveHolder(string node)
    {
        Directory.CreateDirectory(folder.File(Name));
        File.WriteAllText(
            Holder,
            $"{{\"worker\": {{\"host\": \"elsewhere\", \"process\": 7, \"job\": null}}, {node}, \"code_version\": \"{RunRecord.CurrentCodeVersion}\", \"since\": \"2026-01-01T00:00:00+00:00\"}}");
    }
}
