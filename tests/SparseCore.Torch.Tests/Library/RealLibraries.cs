using System.Reflection;
using System.Runtime.CompilerServices;
using SparseCore.Torch.Library;

namespace SparseCore.Torch.Tests.Library;

/// <summary>The libraries of the restored packages.</summary>
internal static class RealLibraries
{
    /// <summary>libtorch's folder in its package.</summary>
    public static string Folder { get; } = Path.GetFullPath(
        typeof(RealLibraries).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "Libtorch").Value!);

    /// <summary>The folder of all packages.</summary>
    public static string Packages { get; } = Path.GetFullPath(Path.Combine(Folder, "../../../../.."));

    /// <summary>TorchSharp's native library.</summary>
    public static string Bridge { get; } = Path.Combine(Packages, "torchsharp/0.107.0/runtimes/linux-x64/native/libLibTorchSharp.so");

    /// <summary>Copies stay in the tests' own folder.</summary>
    [ModuleInitializer]
    internal static void KeepCopiesHere() => LibtorchLoader.CopyFolder = Path.Combine(AppContext.BaseDirectory, "torch");
}
