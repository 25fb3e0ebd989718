namespace SparseCore.Torch.Library;

/// <summary>What would be loaded and from where, or what is missing.</summary>
/// <param name="Folder">The folder of libtorch's native libraries; null where there is none.</param>
/// <param name="Version">The version that its files say; null where they say none.</param>
/// <param name="HasCuda">Whether it computes on NVIDIA GPUs too.</param>
/// <param name="Bridge">The native library of TorchSharp; null where it was not found or not looked for.</param>
/// <param name="Problem">What is missing and how to get it; null when all is there.</param>
/// <param name="CanBeRestored">Whether nothing is missing but packages that <see cref="LibtorchRestore"/> downloads.</param>
public sealed record LibtorchFinding(string? Folder, string? Version, bool HasCuda, string? Bridge, string? Problem, bool CanBeRestored)
{
    internal static LibtorchFinding Missing(string problem, bool canBeRestored = false) => new(null, null, false, null, problem, canBeRestored);
}
