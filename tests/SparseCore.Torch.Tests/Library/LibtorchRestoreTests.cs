using SparseCore.Torch.Library;

namespace SparseCore.Torch.Tests.Library;

/// <summary>A repository with a project of its own in place of the one that downloads.</summary>
public sealed class LibtorchRestoreTests : IDisposable
{
    private const string Package = "artifacts/packages/libtorch-cpu-linux-x64/2.10.0";
    private readonly ScratchFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Restore_at_once_by_many_downloads_once_and_says_so()
    {
        WriteProject($"""
            <MakeDir Directories="../../../{Package}" />
            <Touch Files="../../../{Package}/.nupkg.metadata" AlwaysCreate="true" />
            <WriteLinesToFile File="../../../log" Lines="$(TorchDevice) $(RestoreLockedMode)" />
            """);
        var said = new List<string>();
        Parallel.For(0, 3, _ => Restore("cpu", said));
        Assert.Equal(["cpu true"], File.ReadAllLines(folder.File("log")));
        Assert.Single(said, line => line == "downloading libtorch 2.10.0, 128 MB, once");
        Assert.True(said.Count(line => line == "waiting for another process that is downloading libtorch") <= 2);
    }

    [Fact]
    public void Restore_does_not_inherit_the_build_tools_of_a_script()
    {
        WriteProject($"""<MakeDir Directories="../../../{Package}" />""");
        Environment.SetEnvironmentVariable("MSBUILD_EXE_PATH", "/no/such/MSBuild.dll");
        try
        {
            Restore("cpu", []);
        }
        finally
        {
            Environment.SetEnvironmentVariable("MSBUILD_EXE_PATH", null);
        }

        Assert.True(Directory.Exists(folder.File(Package)));
    }

    [Fact]
    public void Restore_does_nothing_where_the_package_is()
    {
        folder.Write("{}", Package, ".nupkg.metadata");
        var said = new List<string>();
        Restore("cpu", said);
        Assert.Empty(said);
    }

    [Fact]
    public void Restore_that_fails_tells_the_last_lines()
    {
        WriteProject("""<Error Text="the feed does not answer" />""");
        var message = Assert.Throws<TorchException>(() => Restore("cpu", [])).Message;
        Assert.Contains("found exit code 1", message, StringComparison.Ordinal);
        Assert.Contains("the feed does not answer", message, StringComparison.Ordinal);
        Assert.Contains("torch=FOLDER", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void Restore_for_a_GPU_puts_the_packages_together()
    {
        WriteProject("""
            <PropertyGroup><Native>../../../artifacts/packages/libtorch-cuda-12.8-linux-x64-part1/2.10.0/runtimes/linux-x64/native</Native></PropertyGroup>
            <MakeDir Directories="$(Native)" />
            <WriteLinesToFile File="$(Native)/libtorch_cuda.so" Lines="$(TorchDevice)" />
            """);
        var said = new List<string>();
        Restore("cuda:0", said);
        Assert.Equal("cuda\n", File.ReadAllText(folder.File("copies/libtorch-cuda-12.8-linux-x64-2.10.0/libtorch_cuda.so")));
        Assert.Equal(["downloading libtorch 2.10.0 for CUDA, several GB, once", "putting the CUDA libraries together, about 5 GB, once"], said);
        Restore("cuda:0", said);
        Assert.Equal(2, said.Count);
    }

    [Fact]
    public void Restore_for_a_GPU_is_refused_where_there_are_no_such_packages()
    {
        var windows = new LibtorchPlatform("win-x64", "", ".dll");
        var message = Assert.Throws<TorchException>(() => LibtorchRestore.Restore(windows, folder.Root, folder.Root, "cuda", _ => { })).Message;
        Assert.Contains("found win-x64", message, StringComparison.Ordinal);
    }

    private void Restore(string device, List<string> said) => LibtorchRestore.Restore(LibtorchPlatform.LinuxX64, folder.Root, folder.File("copies"), device, line =>
    {
        lock (said)
        {
            said.Add(line);
        }
    });

    private void WriteProject(string tasks) => folder.Write(
        $"""<Project><Target Name="Restore">{tasks}</Target></Project>""", "SparseCore.CSharp/SparseCore.Torch/Package/Libtorch.csproj");
}
