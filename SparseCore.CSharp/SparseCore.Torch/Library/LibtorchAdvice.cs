namespace SparseCore.Torch.Library;

/// <summary>Sentences that tell what to do; each ends the message of an error.</summary>
internal static class LibtorchAdvice
{
    public const string NewerStandardLibrary =
        "TorchSharp needs the libstdc++ of GCC 13.2 or newer: Ubuntu 24.04 and Debian 13 have it, elsewhere install conda's libstdcxx-ng and set LD_LIBRARY_PATH to its lib folder, or use engine=cpu.";

    public const string BuildAgain = "Restore and build the toolkit again.";

    /// <summary>For a folder that the user named.</summary>
    public const string NameAnother =
        $"Name a whole libtorch {LibtorchPlatform.Version}, such as torch/lib of a Python wheel of that version, or leave torch= out: then its package is downloaded.";

    /// <summary>For a damaged package: NuGet takes a folder that is there for whole.</summary>
    public static string RestoreAgain(string folder) => $"Delete the folder '{folder}' and start again: it is downloaded anew.";
}
