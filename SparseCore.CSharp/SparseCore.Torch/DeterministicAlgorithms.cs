using System.Runtime.InteropServices;

namespace SparseCore.Torch;

/// <summary>
/// Makes libtorch choose algorithms that give the same bits again, where a GPU has the choice. TorchSharp 0.107 does not hand out that switch, so it is set where
/// libtorch keeps it (at::Context). On the processor nothing has to be chosen.
/// </summary>
internal static unsafe partial class DeterministicAlgorithms
{
    /// <summary>Turns them on for the process; operations that have none go on as they are.</summary>
    /// <param name="folder">The folder of the loaded libtorch.</param>
    /// <returns>Whether they are on; false where the library does not show the switch (Windows).</returns>
    public static bool TurnOn(string folder)
    {
        if (!OperatingSystem.IsWindows())
        {
            // cuBLAS looks at the C environment, which .NET's copy does not change.
            _ = SetVariable("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
        }

        if (!NativeLibrary.TryLoad(Path.Combine(folder, "libtorch_cpu.so"), out var library)
            || !NativeLibrary.TryGetExport(library, "_ZN2at13globalContextEv", out var context)
            || !NativeLibrary.TryGetExport(library, "_ZN2at7Context26setDeterministicAlgorithmsEbb", out var algorithms)
            || !NativeLibrary.TryGetExport(library, "_ZN2at7Context39setDeterministicFillUninitializedMemoryEb", out var filling)
            || !NativeLibrary.TryGetExport(library, "_ZN2at7Context21setDeterministicCuDNNEb", out var cudnn)
            || !NativeLibrary.TryGetExport(library, "_ZNK2at7Context23deterministicAlgorithmsEv", out var state))
        {
            return false;
        }

        var place = ((delegate* unmanaged<nint>)context)();
        ((delegate* unmanaged<nint, byte, byte, void>)algorithms)(place, 1, 1);
        ((delegate* unmanaged<nint, byte, void>)filling)(place, 0);
        ((delegate* unmanaged<nint, byte, void>)cudnn)(place, 1);
        return ((delegate* unmanaged<nint, byte>)state)(place) != 0;
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
