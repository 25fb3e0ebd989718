using SparseCore.Torch.Library;
using TorchSharp;

namespace SparseCore.Torch.Tests.Library;

public sealed class LibtorchVersionTests : IDisposable
{
    private readonly ScratchFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("2.10.0", true)]
    [InlineData("2.10.0.0", true)]
    [InlineData("2.10.0+cu128", true)]
    [InlineData("2.10.0a0+git123", false)]
    [InlineData("2.10.1", false)]
    [InlineData("2.9.1", false)]
    public void IsExpected_is_true_for_every_build_of_one_version(string version, bool expected) => Assert.Equal(expected, LibtorchVersion.IsExpected(version));

    [Fact]
    public void FromText_reads_the_package_the_wheel_and_the_archive()
    {
        folder.Write("<package><metadata><version>2.10.0</version></metadata></package>", "p", "libtorch-cpu-linux-x64.nuspec");
        Directory.CreateDirectory(folder.File("p", "runtimes", "linux-x64", "native"));
        folder.Write("from typing import Optional\n__version__ = '2.9.1+cu128'\ndebug = False\n", "torch", "version.py");
        folder.Write("2.8.0+cpu\n", "libtorch", "build-version");
        Assert.Equal("2.10.0", LibtorchVersion.FromText(folder.File("p", "runtimes", "linux-x64", "native")));
        Assert.Equal("2.9.1+cu128", LibtorchVersion.FromText(folder.File("torch", "lib")));
        Assert.Equal("2.8.0+cpu", LibtorchVersion.FromText(folder.File("libtorch", "lib")));
    }

    [Fact]
    public void FromText_is_null_where_nothing_says_it()
    {
        folder.Write("nothing of use", "torch", "version.py");
        folder.Write("neither\nof these 1.2.3", "torch", "build-version");
        Assert.Null(LibtorchVersion.FromText(folder.File("torch", "lib")));
        Assert.Null(LibtorchVersion.FromText(folder.File("none")));
    }

    [Fact]
    public void FromCode_reads_the_number_that_the_function_returns()
    {
        using var library = ElfFile.Of(new ElfBuilder { Function = (LibtorchVersion.Function, ElfBuilder.ReturnVersion(2, 9, 1)) }.Build(), "f", "Do.");
        Assert.Equal("2.9.1", LibtorchVersion.FromCode(library));
    }

    [Fact]
    public void FromCode_reads_it_without_the_mark_of_a_branch_target_too()
    {
        var code = ElfBuilder.ReturnVersion(2, 9, 1);
        using var library = ElfFile.Of(new ElfBuilder { Function = (LibtorchVersion.Function, [.. code[4..], 0x90, 0x90, 0x90, 0x90]) }.Build(), "f", "Do.");
        Assert.Equal("2.9.1", LibtorchVersion.FromCode(library));
    }

    [Fact]
    public void FromCode_is_null_for_other_code_and_without_the_function()
    {
        using var other = ElfFile.Of(new ElfBuilder { Function = (LibtorchVersion.Function, new byte[15]) }.Build(), "f", "Do.");
        using var none = ElfFile.Of(new ElfBuilder().Build(), "f", "Do.");
        Assert.Null(LibtorchVersion.FromCode(other));
        Assert.Null(LibtorchVersion.FromCode(none));
    }

    [Fact]
    public void FromCode_of_the_real_library_agrees_with_its_package()
    {
        using var library = ElfFile.Open(Path.Combine(RealLibraries.Folder, "libtorch_cpu.so"), "Do.");
        Assert.Equal(LibtorchPlatform.Version, LibtorchVersion.FromCode(library));
        Assert.Equal(LibtorchPlatform.Version, LibtorchVersion.FromText(RealLibraries.Folder));
    }

    [Fact]
    public void Expected_versions_are_those_of_the_packages()
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "paket.dependencies")))
        {
            root = Path.GetDirectoryName(root)!;
        }

        var lines = File.ReadAllLines(Path.Combine(root, "paket.dependencies")).Select(line => line.Trim()).ToList();
        Assert.Contains($"nuget TorchSharp {LibtorchPlatform.TorchSharpVersion}", lines);
        Assert.Contains($"nuget libtorch-cpu-linux-x64 {LibtorchPlatform.Version}", lines);
        Assert.Equal(new Version(LibtorchPlatform.TorchSharpVersion + ".0"), typeof(torch).Assembly.GetName().Version);
    }
}
