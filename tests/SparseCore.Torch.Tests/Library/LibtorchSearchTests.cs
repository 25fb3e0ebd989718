using SparseCore.Torch.Library;

namespace SparseCore.Torch.Tests.Library;

public sealed class LibtorchSearchTests : IDisposable
{
    private const string Native = "runtimes/linux-x64/native";
    private readonly ScratchFolder folder = new();

    public LibtorchSearchTests() => folder.Write(new ElfBuilder().Build(), "app", Native, "libLibTorchSharp.so");

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("lib")]
    [InlineData("torch/lib")]
    [InlineData("runtimes/linux-x64/native")]
    public void A_named_folder_is_that_of_the_libraries_or_one_above(string below)
    {
        WriteLibtorch("named/" + below);
        var finding = Search().Find(folder.File("named"), "cpu");
        Assert.Null(finding.Problem);
        Assert.Equal(Path.TrimEndingDirectorySeparator(folder.File("named", below)), finding.Folder);
        Assert.Equal("2.10.0", finding.Version);
        Assert.False(finding.HasCuda);
        Assert.Equal(folder.File("app", Native, "libLibTorchSharp.so"), finding.Bridge);
    }

    [Fact]
    public void A_named_folder_goes_before_the_packages()
    {
        WriteLibtorch("named");
        WriteLibtorch($"first/libtorch-cpu-linux-x64/2.10.0/{Native}");
        Assert.Equal(folder.File("named"), Search().Find(folder.File("named"), "cpu").Folder);
    }

    [Fact]
    public void Package_folders_are_searched_in_order_for_the_one_version()
    {
        WriteLibtorch($"first/libtorch-cpu-linux-x64/2.9.0/{Native}");
        WriteLibtorch($"second/libtorch-cpu-linux-x64/2.10.0/{Native}");
        Assert.Equal(folder.File($"second/libtorch-cpu-linux-x64/2.10.0/{Native}"), Search().Find(null, "cpu").Folder);
        WriteLibtorch($"first/libtorch-cpu-linux-x64/2.10.0/{Native}");
        Assert.Equal(folder.File($"first/libtorch-cpu-linux-x64/2.10.0/{Native}"), Search().Find(null, "cpu").Folder);
    }

    [Fact]
    public void No_package_says_where_it_was_looked_for_and_that_it_can_be_restored()
    {
        var finding = Search().Find(null, "cpu");
        Assert.True(finding.CanBeRestored);
        Assert.Contains("libtorch-cpu-linux-x64 2.10.0 is not there", finding.Problem, StringComparison.Ordinal);
        Assert.Contains(folder.File("first"), finding.Problem, StringComparison.Ordinal);
        Assert.Contains(folder.File("second"), finding.Problem, StringComparison.Ordinal);
        Assert.Contains("torch=FOLDER", finding.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_package_whose_extraction_broke_off_can_be_restored()
    {
        WriteLibtorch($"first/libtorch-cpu-linux-x64/2.10.0/{Native}");
        File.Delete(folder.File("first/libtorch-cpu-linux-x64/2.10.0/.nupkg.metadata"));
        Assert.True(Search().Find(null, "cpu").CanBeRestored);
    }

    [Fact]
    public void A_folder_that_is_not_there_a_file_and_an_empty_folder_are_refused()
    {
        folder.Write("text", "file");
        Directory.CreateDirectory(folder.File("empty"));
        AssertProblem(Search().Find(folder.File("nothing"), "cpu"), "expected a folder, found nothing there", "torch/lib of a Python wheel");
        AssertProblem(Search().Find(folder.File("file"), "cpu"), "expected a folder, found a file");
        AssertProblem(Search().Find(folder.File("empty"), "cpu"), "expected libtorch.so in that folder or in lib, torch/lib", "found none");
        AssertProblem(Search().Find("a\0b", "cpu"));
    }

    [Fact]
    public void A_wheel_of_another_version_is_refused_by_its_text_before_its_libraries_are_read()
    {
        WriteLibtorch("wheel/torch/lib");
        folder.Write("__version__ = '2.9.1+cpu'\n", "wheel", "torch", "version.py");
        File.WriteAllText(folder.File("wheel/torch/lib/libtorch_cpu.so"), "no library");
        AssertProblem(Search().Find(folder.File("wheel"), "cpu"), "expected 2.10.0", "found 2.9.1+cpu");
    }

    [Fact]
    public void A_library_of_another_version_is_refused_by_its_code()
    {
        WriteLibtorch("named", ElfBuilder.ReturnVersion(2, 9, 1));
        AssertProblem(Search().Find(folder.File("named"), "cpu"), "expected 2.10.0", "found 2.9.1");
    }

    [Fact]
    public void A_library_that_says_no_version_is_older()
    {
        WriteLibtorch("named");
        folder.Write(new ElfBuilder().Build(), "named", "libtorch_cpu.so");
        AssertProblem(Search().Find(folder.File("named"), "cpu"), "expected 2.10.0", "found a version before 2.9");
    }

    [Theory]
    [InlineData("libtorch.so")]
    [InlineData("libtorch_cpu.so")]
    [InlineData("libc10.so")]
    [InlineData("libgomp-98b21ff3.so.1")]
    public void A_package_without_one_of_its_files_names_the_file_and_the_folder_to_delete(string lost)
    {
        var package = folder.File("first/libtorch-cpu-linux-x64/2.10.0");
        WriteLibtorch($"first/libtorch-cpu-linux-x64/2.10.0/{Native}");
        File.Delete(Path.Combine(package, Native, lost));
        AssertProblem(Search().Find(null, "cpu"), "is not whole", $"expected {lost}, found none", $"Delete the folder '{package}'");
    }

    [Theory]
    [InlineData("libtorch.so")]
    [InlineData("libtorch_cpu.so")]
    [InlineData("libc10.so")]
    [InlineData("libgomp-98b21ff3.so.1")]
    public void A_package_with_a_cut_or_empty_file_names_the_file_and_the_folder_to_delete(string cut)
    {
        var package = folder.File("first/libtorch-cpu-linux-x64/2.10.0");
        WriteLibtorch($"first/libtorch-cpu-linux-x64/2.10.0/{Native}");
        var path = Path.Combine(package, Native, cut);
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^1]);
        AssertProblem(Search().Find(null, "cpu"), $"{cut}' is not whole", "found a file of", $"Delete the folder '{package}'");
        File.WriteAllBytes(path, []);
        AssertProblem(Search().Find(null, "cpu"), $"{cut}' is not whole", $"Delete the folder '{package}'");
    }

    [Fact]
    public void A_needed_library_is_looked_for_where_the_library_says()
    {
        WriteLibtorch("torch/lib", runPath: "$ORIGIN:$ORIGIN/../../torch.libs");
        Directory.CreateDirectory(folder.File("torch.libs"));
        File.Move(folder.File("torch/lib/libgomp-98b21ff3.so.1"), folder.File("torch.libs/libgomp-98b21ff3.so.1"));
        Assert.Null(Search().Find(folder.File("torch"), "cpu").Problem);
    }

    [Theory]
    [InlineData("cuda")]
    [InlineData("cuda:1")]
    public void A_libtorch_for_the_processor_alone_is_refused_for_a_GPU(string device)
    {
        WriteLibtorch("named");
        AssertProblem(Search().Find(folder.File("named"), device), "expected libtorch_cuda.so", "for the processor alone", "device=cpu");
    }

    [Fact]
    public void A_folder_with_the_CUDA_library_serves_both_devices()
    {
        WriteLibtorch("named");
        folder.Write(new ElfBuilder().Build(), "named", "libtorch_cuda.so");
        Assert.True(Search().Find(folder.File("named"), "cuda:1").HasCuda);
        Assert.True(Search().Find(folder.File("named"), "cpu").HasCuda);
    }

    [Fact]
    public void CUDA_is_found_where_its_packages_were_put_together_and_can_be_restored_where_not()
    {
        WriteLibtorch($"first/libtorch-cpu-linux-x64/2.10.0/{Native}");
        Assert.True(Search().Find(null, "cuda").CanBeRestored);
        WriteLibtorch("copies/libtorch-cuda-12.8-linux-x64-2.10.0");
        folder.Write(new ElfBuilder().Build(), "copies/libtorch-cuda-12.8-linux-x64-2.10.0", "libtorch_cuda.so");
        Assert.Equal(folder.File("copies/libtorch-cuda-12.8-linux-x64-2.10.0"), Search().Find(null, "cuda").Folder);
        Assert.Equal(folder.File($"first/libtorch-cpu-linux-x64/2.10.0/{Native}"), Search().Find(null, "cpu").Folder);
    }

    [Theory]
    [InlineData("")]
    [InlineData("gpu")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("cuda:1 ")]
    [InlineData("CPU")]
    public void An_unknown_device_is_refused(string device) =>
        AssertProblem(Search().Find(null, device), "expected cpu, cuda or cuda:N", $"found '{device}'");

    [Fact]
    public void TorchSharps_library_is_taken_beside_the_application_before_the_package()
    {
        WriteLibtorch("named");
        var packaged = folder.Write(new ElfBuilder().Build(), "second/torchsharp/0.107.0", Native, "libLibTorchSharp.so");
        Assert.Equal(folder.File("app", Native, "libLibTorchSharp.so"), Search().Find(folder.File("named"), "cpu").Bridge);
        File.Move(folder.File("app", Native, "libLibTorchSharp.so"), folder.File("app", "libLibTorchSharp.so"));
        Assert.Equal(folder.File("app", "libLibTorchSharp.so"), Search().Find(folder.File("named"), "cpu").Bridge);
        File.Delete(folder.File("app", "libLibTorchSharp.so"));
        Assert.Equal(packaged, Search().Find(folder.File("named"), "cpu").Bridge);
        File.Delete(packaged);
        AssertProblem(Search().Find(folder.File("named"), "cpu"), "libLibTorchSharp.so of the package TorchSharp 0.107.0 is not there", folder.File("app"));
    }

    [Fact]
    public void Windows_and_macOS_follow_the_same_rules_by_their_own_names()
    {
        foreach (var file in new[] { "c10.dll", "torch_cpu.dll", "torch.dll", "LibTorchSharp.dll" })
        {
            folder.Write("MZ", "first/libtorch-cpu-win-x64/2.10.0/runtimes/win-x64/native", file);
            folder.Write("MZ", "app", file);
        }

        folder.Write("{}", "first/libtorch-cpu-win-x64/2.10.0/.nupkg.metadata");

        var windows = new LibtorchSearch(new("win-x64", "", ".dll"), [folder.File("first")], [folder.File("app")], folder.File("copies"));
        Assert.Null(windows.Find(null, "cpu").Problem);
        Assert.False(windows.Find(null, "cuda").CanBeRestored);
        var mac = new LibtorchSearch(new("osx-arm64", "lib", ".dylib"), [folder.File("first")], [folder.File("app")], folder.File("copies"));
        AssertProblem(mac.Find(null, "cpu"), "libtorch-cpu-osx-arm64 2.10.0 is not there");
        AssertProblem(mac.Find(null, "cuda"), "no CUDA");
    }

    [Fact]
    public void The_real_package_is_found_and_whole()
    {
        var finding = new LibtorchSearch(LibtorchPlatform.LinuxX64, [RealLibraries.Packages], [], folder.Root).Find(null, "cpu");
        Assert.Null(finding.Problem);
        Assert.Equal(RealLibraries.Folder, finding.Folder);
        Assert.Equal("2.10.0", finding.Version);
        Assert.Equal(RealLibraries.Bridge, finding.Bridge);
    }

    private static void AssertProblem(LibtorchFinding finding, params string[] parts)
    {
        Assert.NotNull(finding.Problem);
        Assert.DoesNotContain('\n', finding.Problem);
        Assert.EndsWith(".", finding.Problem, StringComparison.Ordinal);
        Assert.All(parts, part => Assert.Contains(part, finding.Problem, StringComparison.Ordinal));
    }

    private LibtorchSearch Search() =>
        new(LibtorchPlatform.LinuxX64, [folder.File("first"), folder.File("second")], [folder.File("app")], folder.File("copies"));

    private void WriteLibtorch(string place, byte[]? code = null, string runPath = "$ORIGIN")
    {
        if (place.EndsWith(Native, StringComparison.Ordinal))
        {
            folder.Write("{}", place, "../../../.nupkg.metadata");
        }

        var processor = new ElfBuilder { Function = (LibtorchVersion.Function, code ?? ElfBuilder.ReturnVersion(2, 10, 0)), RunPath = runPath };
        processor.Needed.AddRange(["libc10.so", "libgomp-98b21ff3.so.1", "libstdc++.so.6", "ld-linux-x86-64.so.2"]);
        folder.Write(processor.Build(), place, "libtorch_cpu.so");
        foreach (var file in new[] { "libc10.so", "libtorch.so", "libgomp-98b21ff3.so.1" })
        {
            folder.Write(new ElfBuilder().Build(), place, file);
        }
    }
}
