using SparseCore.Torch.Library;
using TorchSharp;

namespace SparseCore.Torch.Tests.Library;

/// <summary>Loads the real library into this process.</summary>
public class LibtorchLoaderTests
{
    [Fact]
    public void Load_makes_TorchSharp_work()
    {
        var library = LibtorchLoader.Load(RealLibraries.Folder, "cpu");
        Assert.Equal(RealLibraries.Folder, library.Folder);
        Assert.Equal("2.10.0", library.Version);
        Assert.False(library.HasCuda);
        using var product = torch.ones(3, 4).mm(torch.ones(4, 2));
        Assert.Equal(24f, product.sum().item<float>());
        Assert.StartsWith(library.Version, torch.__version__, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_again_with_the_same_folder_or_none_returns_the_first()
    {
        var library = LibtorchLoader.Load(RealLibraries.Folder, "cpu");
        Assert.Same(library, LibtorchLoader.Load(null, "cpu"));
        Assert.Same(library, LibtorchLoader.Load(RealLibraries.Folder + "/", "cpu"));
        Assert.Same(library, LibtorchLoader.Load(Path.Combine(RealLibraries.Folder, "../../.."), "cpu"));
    }

    [Fact]
    public void Load_by_many_threads_loads_once()
    {
        var libraries = new Libtorch[8];
        Parallel.For(0, libraries.Length, index => libraries[index] = LibtorchLoader.Load(RealLibraries.Folder, "cpu"));
        Assert.All(libraries, library => Assert.Same(libraries[0], library));
    }

    [Fact]
    public void Load_of_another_folder_is_refused_with_both_names()
    {
        using var folder = new ScratchFolder();
        folder.Write(new ElfBuilder().Build(), "libtorch.so");
        LibtorchLoader.Load(RealLibraries.Folder, "cpu");
        var message = Assert.Throws<TorchException>(() => LibtorchLoader.Load(folder.Root, "cpu")).Message;
        Assert.Contains(RealLibraries.Folder, message, StringComparison.Ordinal);
        Assert.Contains(folder.Root, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_for_a_GPU_of_a_libtorch_without_CUDA_is_refused()
    {
        LibtorchLoader.Load(RealLibraries.Folder, "cpu");
        Assert.Contains("for the processor alone", Assert.Throws<TorchException>(() => LibtorchLoader.Load(null, "cuda:1")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_for_an_unknown_device_is_refused() =>
        Assert.Contains("found 'gpu'", Assert.Throws<TorchException>(() => LibtorchLoader.Load(RealLibraries.Folder, "gpu")).Message, StringComparison.Ordinal);

    [Fact]
    public void Find_says_what_would_be_loaded()
    {
        var finding = LibtorchLoader.Find(RealLibraries.Folder, "cpu");
        Assert.Null(finding.Problem);
        Assert.Equal(RealLibraries.Folder, finding.Folder);
    }

    [Theory]
    [InlineData("/usr/lib/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by /a/libLibTorchSharp.so)", true)]
    [InlineData("/usr/lib/libstdc++.so.6: version `GLIBCXX_3.4.30' not found (required by /a/libLibTorchSharp.so)", false)]
    [InlineData("/usr/lib/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by /a/libtorch_cpu.so)", false)]
    [InlineData("libtorch.so: cannot open shared object file: No such file or directory", false)]
    public void A_copy_is_made_for_lack_of_one_version_in_TorchSharps_library_alone(string message, bool expected) =>
        Assert.Equal(expected, LibtorchLoader.IsForLackOf("GLIBCXX_3.4.32", "/a/libLibTorchSharp.so", message));
}
