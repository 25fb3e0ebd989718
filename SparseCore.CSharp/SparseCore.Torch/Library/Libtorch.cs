namespace SparseCore.Torch.Library;

/// <summary>Where libtorch was found and what it is.</summary>
/// <param name="Folder">The folder of its native libraries.</param>
/// <param name="Version">Its version, such as "2.10.0".</param>
/// <param name="HasCuda">Whether it computes on NVIDIA GPUs too.</param>
/// <param name="IsPatchedCopy">Whether libLibTorchSharp is a copy with a weak symbol version, see <see cref="WeakSymbolVersion"/>.</param>
public sealed record Libtorch(string Folder, string Version, bool HasCuda, bool IsPatchedCopy);
