using System.Security.Cryptography;
using SparseCore.Torch.Library;

namespace SparseCore.Torch.Tests.Library;

/// <summary>Packages of the form that TorchSharp's build gives them, with small files.</summary>
public sealed class CudaPackagesTests : IDisposable
{
    private const string Name = "libtorch-cuda-12.8-linux-x64-", Native = "2.10.0/runtimes/linux-x64/native", Fragments = "2.10.0/fragments/linux-x64/native";
    private static readonly byte[] Whole = RandomNumberGenerator.GetBytes(3000);
    private readonly ScratchFolder folder = new();

    public CudaPackagesTests()
    {
        folder.Write("torch", $"packages/{Name}part1", Native, "libtorch.so");
        folder.Write("old", $"packages/{Name}part1/2.9.0/runtimes/linux-x64/native", "libold.so");
        folder.Write(Whole[..1000], $"packages/{Name}part3-primary", Native, "libtorch_cuda.so");
        folder.Write(Convert.ToHexStringLower(SHA256.HashData(Whole)), $"packages/{Name}part3-primary", Native, "libtorch_cuda.so.sha");
        folder.Write(Whole[1000..2000], $"packages/{Name}part3-fragment1", Fragments, "libtorch_cuda.so.fragment1");
        folder.Write(Whole[2000..], $"packages/{Name}part3-fragment2", Fragments, "libtorch_cuda.so.fragment2");
    }

    private string Target => folder.File("joined");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Fragments_are_joined_and_whole_files_linked()
    {
        PutTogether();
        Assert.Equal(["libtorch.so", "libtorch_cuda.so"], Directory.GetFiles(Target).Select(Path.GetFileName).Order());
        Assert.Equal(Whole, File.ReadAllBytes(Path.Combine(Target, "libtorch_cuda.so")));
        Assert.Equal("torch", File.ReadAllText(Path.Combine(Target, "libtorch.so")));
        Assert.NotNull(new FileInfo(Path.Combine(Target, "libtorch.so")).LinkTarget);
        Assert.Equal(1000, new FileInfo(folder.File($"packages/{Name}part3-primary", Native, "libtorch_cuda.so")).Length);
    }

    [Fact]
    public void A_file_that_a_build_has_joined_already_is_linked()
    {
        folder.Write(Whole, $"packages/{Name}part3-primary", Native, "libtorch_cuda.so");
        Directory.Delete(folder.File($"packages/{Name}part3-fragment1"), recursive: true);
        Directory.Delete(folder.File($"packages/{Name}part3-fragment2"), recursive: true);
        PutTogether();
        Assert.NotNull(new FileInfo(Path.Combine(Target, "libtorch_cuda.so")).LinkTarget);
        Assert.Equal(Whole, File.ReadAllBytes(Path.Combine(Target, "libtorch_cuda.so")));
    }

    [Fact]
    public void What_a_killed_process_left_is_deleted_and_what_another_is_about_is_kept()
    {
        Directory.CreateDirectory(folder.File("joined.1.tmp"));
        Directory.CreateDirectory(folder.File("joined.2.tmp"));
        Directory.SetLastWriteTimeUtc(folder.File("joined.1.tmp"), DateTime.UtcNow.AddHours(-2));
        PutTogether();
        Assert.Equal(["joined", "joined.2.tmp", "packages"], Directory.GetFileSystemEntries(folder.Root).Select(Path.GetFileName).Order());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_lost_fragment_is_refused_and_nothing_is_left(int number)
    {
        Directory.Delete(folder.File($"packages/{Name}part3-fragment{number}"), recursive: true);
        Assert.Contains("expected SHA-256", Assert.Throws<TorchException>(PutTogether).Message, StringComparison.Ordinal);
        Assert.Equal(["packages"], Directory.GetFileSystemEntries(folder.Root).Select(Path.GetFileName));
    }

    [Fact]
    public void Packages_without_the_CUDA_library_are_refused()
    {
        Directory.Delete(folder.File($"packages/{Name}part3-primary"), recursive: true);
        Assert.Contains("expected libtorch_cuda.so", Assert.Throws<TorchException>(PutTogether).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_a_sentence()
    {
        Directory.CreateDirectory(folder.File("joined", "something"));
        Assert.Contains("cannot be put together", Assert.Throws<TorchException>(PutTogether).Message, StringComparison.Ordinal);
    }

    private void PutTogether() => CudaPackages.PutTogether(LibtorchPlatform.LinuxX64, folder.File("packages"), Target);
}
