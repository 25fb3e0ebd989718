using SparseCore.Checkpoints;

namespace SparseCore.Tests.Checkpoints;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Write_to_a_link_replaces_the_link_and_not_what_it_leads_to()
    {
        File.WriteAllText(folder.File("outside"), "kept");
        File.CreateSymbolicLink(folder.File("file"), "outside");
        AtomicFile.Write(folder.File("file"), "new"u8);
        Assert.Equal("kept", File.ReadAllText(folder.File("outside")));
        Assert.Null(new FileInfo(folder.File("file")).LinkTarget);
        Assert.Equal("new", File.ReadAllText(folder.File("file")));
    }

    [Theory]
    [InlineData("outside")]
    [InlineData("nowhere")]
    public void Write_over_a_temporary_file_that_is_a_link_writes_nothing_through_it(string target)
    {
        File.WriteAllText(folder.File("outside"), "kept");
        File.CreateSymbolicLink(AtomicFile.TemporaryName(folder.File("file")), target);
        AtomicFile.Write(folder.File("file"), "new"u8);
        Assert.Equal("kept", File.ReadAllText(folder.File("outside")));
        Assert.Equal("new", File.ReadAllText(folder.File("file")));
        Assert.Equal(2, Directory.GetFiles(folder.Root).Length);
    }

    [Fact]
    public void Write_to_a_pipe_is_refused_and_leaves_it()
    {
        NamedPipe.Make(folder.File("pipe"));
        Assert.Contains("is a named pipe", Assert.Throws<CheckpointException>(() => AtomicFile.Write(folder.File("pipe"), "new"u8)).Message);
        Assert.Equal("a named pipe", RegularFile.Describe(folder.File("pipe"), followLinks: false));
        Assert.Single(Directory.GetFiles(folder.Root));
    }

    [Fact]
    public void Write_where_a_folder_has_the_temporary_name_is_a_sentence()
    {
        Directory.CreateDirectory(AtomicFile.TemporaryName(folder.File("file")));
        Assert.Equal("writing", Assert.Throws<CheckpointException>(() => AtomicFile.Write(folder.File("file"), "new"u8)).Subject);
        Assert.False(File.Exists(folder.File("file")));
    }
}
