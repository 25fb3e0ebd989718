using SparseCore.Faults;
using SparseCore.Randomness;
using SparseCore.Tests.Checkpoints;

namespace SparseCore.Tests.RunFolders;

/// <summary>Some of the states that `dotnet run -c Release --project tests/faults -- crash` tries ten thousand of.</summary>
public class CrashTests
{
    [Fact]
    public void Runs_that_lost_power_have_all_that_was_saved_and_go_on_to_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        var results = new CrashScenarios(folder.Root, seed: 1).Run(200).ToList();
        Assert.Empty(results.SelectMany(result => result.Complaints));
        Assert.All(results, result => Assert.Equal((0, 0, 0), (result.Mismatches, result.Lost, result.Advised)));
        Assert.Equal(200, results.Sum(result => result.Resumed + result.Waited));
    }

    [Fact]
    public void A_journal_with_everything_done_gives_the_folder_that_the_run_left()
    {
        using var folder = new TemporaryFolder();
        var (recording, left) = new CrashScenarios(folder.Root, seed: 1).Record("rigl");
        var done = CrashTree.Done(recording.DiskAfter(recording.Operations.Count));
        left.Files.Remove($"{recording.RunPath}/lock"); // in no journal
        Assert.Equal(left.Folders.Order(StringComparer.Ordinal), done.Folders.Order(StringComparer.Ordinal));
        Assert.Equal(left.Files.Keys, done.Files.Keys);
        Assert.All(left.Files, file => Assert.Equal(file.Value, done.Files[file.Key]));

        // A journal that missed a flush would make the states kinder than the disk, and one that missed a name unkinder: at the end everything is certain.
        var certain = CrashTree.Certain(recording.DiskAfter(recording.Operations.Count));
        Assert.Equal(done.Files, certain.Files);
    }

    [Fact]
    public void A_name_lasts_by_the_flush_of_its_folder_and_contents_by_that_of_the_file()
    {
        CrashOperation Do(CrashAction action, string path, string target = "", byte[]? bytes = null) => new(action, path, target, 0, bytes ?? []);
        var disk = new CrashDisk(CrashTree.Empty);
        disk.Do(Do(CrashAction.CreateFolder, "a"));
        disk.Do(Do(CrashAction.Create, "a/new"));
        disk.Do(Do(CrashAction.Write, "a/new", bytes: [1, 2, 3]));
        disk.Do(Do(CrashAction.Move, "a/new", "a/file"));
        disk.Do(Do(CrashAction.SyncFolder, "a"));
        Assert.Empty(CrashTree.Certain(disk).Folders); // the folder's own name is not flushed
        disk.Do(Do(CrashAction.SyncFolder, "."));
        Assert.Equal([], CrashTree.Certain(disk).Files["a/file"]); // the name came before the contents
        disk.Do(Do(CrashAction.Flush, "a/file"));
        Assert.Equal([1, 2, 3], CrashTree.Certain(disk).Files["a/file"]);
        disk.Do(Do(CrashAction.Delete, "a/file"));
        Assert.Empty(CrashTree.Done(disk).Files);
        Assert.Single(CrashTree.Certain(disk).Files);
    }

    [Fact]
    public void Bytes_that_were_flushed_and_not_touched_since_are_in_every_state()
    {
        var file = new CrashFile([1, 2, 3, 4, 5]);
        file.SetLength(3);
        file.Write(3, [6, 7, 8, 9]);
        var random = new RandomStream(1, "crash file");
        var drawn = Enumerable.Range(0, 500).Select(_ => file.Draw(random)).ToList();
        Assert.All(drawn, bytes => Assert.Equal([1, 2, 3], bytes[..3]));
        Assert.Equal([3, 4, 5, 6, 7], drawn.Select(bytes => bytes.Length).Distinct().Order());
        Assert.Contains(drawn, bytes => bytes.SequenceEqual(new byte[] { 1, 2, 3, 4, 5 })); // not cut off
        Assert.Contains(drawn, bytes => bytes.SequenceEqual(new byte[] { 1, 2, 3, 6, 7 })); // half written
        Assert.Contains(drawn, bytes => bytes.SequenceEqual(new byte[] { 1, 2, 3, 0, 0, 0, 0 })); // the length came before the contents
        file.Flush();
        Assert.Equal([1, 2, 3, 6, 7, 8, 9], file.Draw(random));
    }
}
