using SparseCore.Torch.Library;

namespace SparseCore.Torch.Tests.Library;

public sealed class WeakCopyTests : IDisposable
{
    private const string Version = "GLIBCXX_3.4.32";
    private readonly ScratchFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Make_names_the_copy_by_the_content_and_leaves_nothing_else()
    {
        var source = folder.Write(ElfBuilder.OfTwoVersions().Build(), "lib.so");
        var copy = WeakCopy.Make(source, Version, folder.File("copies"));
        Assert.Equal("lib.so", Path.GetFileName(copy));
        Assert.Matches("^[0-9a-f]{64}$", Path.GetFileName(Path.GetDirectoryName(copy)));
        Assert.Equal([copy], Directory.GetFiles(folder.File("copies"), "*", SearchOption.AllDirectories));
        Assert.Equal(WeakSymbolVersion.Mark(File.ReadAllBytes(source), source, Version), File.ReadAllBytes(copy));
    }

    [Fact]
    public void Make_uses_a_copy_again_and_replaces_a_damaged_one()
    {
        var source = folder.Write(ElfBuilder.OfTwoVersions().Build(), "lib.so");
        var copy = WeakCopy.Make(source, Version, folder.Root);
        var old = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(copy, old);
        Assert.Equal(copy, WeakCopy.Make(source, Version, folder.Root));
        Assert.Equal(old, File.GetLastWriteTimeUtc(copy));

        var whole = File.ReadAllBytes(copy);
        File.WriteAllBytes(copy, whole[..^1]);
        WeakCopy.Make(source, Version, folder.Root);
        Assert.Equal(whole, File.ReadAllBytes(copy));
    }

    [Fact]
    public void Make_at_once_by_many_gives_whole_copies()
    {
        var source = folder.Write(ElfBuilder.OfTwoVersions().Build(), "lib.so");
        var expected = WeakSymbolVersion.Mark(File.ReadAllBytes(source), source, Version);
        Parallel.For(0, 50, _ => Assert.Equal(expected, File.ReadAllBytes(WeakCopy.Make(source, Version, folder.File("copies")))));
        Assert.Single(Directory.GetFiles(folder.File("copies"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void Make_where_nothing_can_be_written_is_a_sentence()
    {
        var source = folder.Write(ElfBuilder.OfTwoVersions().Build(), "lib.so");
        var message = Assert.Throws<TorchException>(() => WeakCopy.Make(source, Version, Path.Combine(source, "below-a-file"))).Message;
        Assert.Contains("can be made in", message, StringComparison.Ordinal);
        Assert.Contains("Make room or give permission", message, StringComparison.Ordinal);
    }
}
