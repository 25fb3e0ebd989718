using System.Runtime.InteropServices;

namespace SparseCore.Torch.Library;

/// <summary>How libtorch's files and packages are named on a system. Only linux-x64 has been tried; the others follow the same rules.</summary>
/// <param name="Rid">The system as NuGet names it, such as "linux-x64".</param>
/// <param name="Prefix">What the file name of a native library begins with.</param>
/// <param name="Suffix">What it ends with.</param>
internal sealed record LibtorchPlatform(string Rid, string Prefix, string Suffix)
{
    /// <summary>The versions that belong together; the packages in paket.dependencies have the same.</summary>
    public const string Version = "2.10.0", TorchSharpVersion = "0.107.0", CudaVersion = "12.8";

    public static readonly LibtorchPlatform LinuxX64 = new("linux-x64", "lib", ".so");
    private static readonly LibtorchPlatform[] Known =
    [
        LinuxX64,
        new("win-x64", "", ".dll"),
        new("win-arm64", "", ".dll"),
        new("osx-arm64", "lib", ".dylib"),
    ];

    /// <summary>The system of this process; null where TorchSharp has no native library for it.</summary>
    public static LibtorchPlatform? Current => Array.Find(Known, platform => platform.Rid == CurrentRid);

    /// <summary>The system of this process, known or not.</summary>
    public static string CurrentRid
    {
        get
        {
            var system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : OperatingSystem.IsLinux() ? "linux" : "unknown";
            return $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
        }
    }

    /// <summary>Why nothing can be loaded where <see cref="Current"/> is null.</summary>
    public static string UnknownSystem =>
        $"TorchSharp {TorchSharpVersion} has no native library for this system: expected {string.Join(", ", Known.Select(platform => platform.Rid))}, found {CurrentRid}. Use engine=cpu.";

    public string Core => Prefix + "c10" + Suffix;

    public string Processor => Prefix + "torch_cpu" + Suffix;

    public string Cuda => Prefix + "torch_cuda" + Suffix;

    public string Main => Prefix + "torch" + Suffix;

    /// <summary>The library of TorchSharp between .NET and libtorch.</summary>
    public string Bridge => Prefix + "LibTorchSharp" + Suffix;

    public string ProcessorPackage => "libtorch-cpu-" + Rid;

    /// <summary>Name of the CUDA package; those that hold the files begin with it.</summary>
    public string CudaPackage => $"libtorch-cuda-{CudaVersion}-{Rid}";

    /// <summary>Where a package keeps native libraries.</summary>
    public string NativeFolder => Path.Combine("runtimes", Rid, "native");

    public bool IsElf => Suffix == ".so";

    /// <summary>Whether there are packages of libtorch with CUDA that <see cref="CudaPackages"/> can put together.</summary>
    public bool HasCudaPackages => Rid == LinuxX64.Rid;

    /// <summary>Where the files of the CUDA packages are put together, below the folder of copies.</summary>
    public string CudaFolder(string copyFolder) => Path.Combine(copyFolder, CudaPackage + "-" + Version);
}
