using System.Net.Sockets;
using System.Text;
using SparseCore.Checkpoints;
using SparseCore.Data;
using SparseCore.Networks;
using SparseCore.RunFolders;
using SparseCore.Tests.Checkpoints;

namespace SparseCore.Tests;

public sealed class RegularFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Describe_names_every_kind()
    {
        File.WriteAllText(folder.File("file"), "");
        File.CreateSymbolicLink(folder.File("link"), "file");
        NamedPipe.Make(folder.File("pipe"));
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(folder.File("socket")));
        Assert.Equal("a file", RegularFile.Describe(folder.File("file"), followLinks: false));
        Assert.Equal("a folder", RegularFile.Describe(folder.Root, followLinks: false));
        Assert.Equal("a named pipe", RegularFile.Describe(folder.File("pipe"), followLinks: false));
        Assert.Equal("a socket", RegularFile.Describe(folder.File("socket"), followLinks: false));
        Assert.Equal("a device", RegularFile.Describe("/dev/null", followLinks: true));
        Assert.Equal("a link to 'file'", RegularFile.Describe(folder.File("link"), followLinks: false));
        Assert.Equal("a file", RegularFile.Describe(folder.File("link"), followLinks: true));
        Assert.Null(RegularFile.Describe(folder.File("nothing"), followLinks: false));
    }

    [Fact]
    public void Describe_of_a_link_to_nothing_is_the_link_or_nothing()
    {
        File.CreateSymbolicLink(folder.File("link"), "nothing");
        Assert.Equal("a link to 'nothing'", RegularFile.Describe(folder.File("link"), followLinks: false));
        Assert.Null(RegularFile.Describe(folder.File("link"), followLinks: true));
    }

    [Fact]
    public async Task Readers_refuse_a_pipe_without_waiting_for_it()
    {
        var pipe = folder.File("pipe");
        NamedPipe.Make(pipe);
        File.CreateSymbolicLink(folder.File("link"), "pipe");
        Action<string>[] readers =
        [
            path => RegularFile.OpenRead(path).Dispose(),
            path => RegularFile.OpenHandle(path).Dispose(),
            path => RegularFile.ReadAllBytes(path, 100),
            path => RegularFile.ReadLines(path, 100).Count(),
            path => SafetensorsFile.Read(path),
            path => IdxReader.Read(path),
            path => ImportPlan.Import(folder.Root, path, new NetworkPlan("lenet300", [2, 2], new Shape(1, 2, 2), 2), masksFromZeros: false),
        ];
        foreach (var reader in readers)
        {
            foreach (var path in new[] { pipe, folder.File("link") })
            {
                Assert.Contains($"'{path}' is a named pipe; expected a file", (await NamedPipe.RefusalOf(() => reader(path))).Message);
            }
        }
    }

    [Fact]
    public async Task Readers_refuse_a_device_that_never_ends()
    {
        Assert.Contains("'/dev/zero' is a device; expected a file", (await NamedPipe.RefusalOf(() => IdxReader.Read("/dev/zero"))).Message);
        Assert.Contains("'/dev/zero' is a device; expected a file", (await NamedPipe.RefusalOf(() => SafetensorsFile.Read("/dev/zero"))).Message);
    }

    [Fact]
    public void ReadAllBytes_reads_up_to_its_limit_and_allocates_nothing_beyond()
    {
        var path = folder.File("file");
        File.WriteAllBytes(path, [1, 2, 3]);
        Assert.Equal([1, 2, 3], RegularFile.ReadAllBytes(path, 3));
        using (var large = File.OpenWrite(path))
        {
            large.SetLength(1L << 32);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal($"'{path}' has {1L << 32} bytes; expected at most 3", Assert.Throws<IOException>(() => RegularFile.ReadAllBytes(path, 3)).Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("a\nb")]
    [InlineData("a\r\n\nb\n")]
    [InlineData("\uFEFFä\n\n")]
    public void ReadLines_are_those_of_the_base_library(string text)
    {
        File.WriteAllText(folder.File("lines"), text, new UTF8Encoding(false));
        Assert.Equal(File.ReadLines(folder.File("lines")), RegularFile.ReadLines(folder.File("lines"), limit: 2));
    }

    [Fact]
    public void ReadLines_refuses_a_line_without_end_before_it_is_in_memory()
    {
        var path = folder.File("lines");
        using (var large = File.OpenWrite(path))
        {
            large.Write("first\n"u8);
            large.SetLength(1L << 30);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        var refusal = Assert.Throws<IOException>(() => RegularFile.ReadLines(path, 1000).Count());
        Assert.Equal($"Line 2 of '{path}' has more than 1000 characters; expected a shorter line", refusal.Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000);
    }

    [Fact]
    public void RequireReplaceable_accepts_files_and_nothing_else_that_is_there()
    {
        File.WriteAllText(folder.File("file"), "");
        File.CreateSymbolicLink(folder.File("link"), "file");
        File.CreateSymbolicLink(folder.File("device"), "/dev/null");
        RegularFile.RequireReplaceable(folder.File("file"));
        RegularFile.RequireReplaceable(folder.File("link"));
        RegularFile.RequireReplaceable(folder.File("nothing"));
        Assert.Equal(
            $"'{folder.Root}' is a folder; expected a file that can be replaced, or nothing",
            Assert.Throws<IOException>(() => RegularFile.RequireReplaceable(folder.Root)).Message);
        Assert.Contains("is a device", Assert.Throws<IOException>(() => RegularFile.RequireReplaceable(folder.File("device"))).Message);
    }
}
