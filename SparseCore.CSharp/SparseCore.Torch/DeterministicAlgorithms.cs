using SparseCore.Torch.Library;

namespace SparseCore.Torch;

/// <summary>Makes libtorch choose algorithms that give the same bits again, where a GPU has the choice. On the processor nothing has to be chosen.</summary>
internal static class DeterministicAlgorithms
{
    /// <summary>Turns them on for the process; operations that have none go on as they are.</summary>
    /// <param name="folder">The folder of the loaded libtorch.</param>
    /// <returns>Whether they are on; false where the library does not show the switch (Windows).</returns>
    public static bool TurnOn(string folder)
    {
        // cuBLAS looks at the C environment.
        _ = NativeEnvironment.Set("CUBLAS_WORKSPACE_CONFIG", ":4096:8", isOverwriting: false);
        var context = new LibtorchContext(folder);
        return context.TrySet("setDeterministicAlgorithms", true, true)
            & context.TrySet("setDeterministicFillUninitializedMemory", false)
            & context.TrySet("setDeterministicCuDNN", true)
            && context.Read("deterministicAlgorithms") == true;
    }
}
