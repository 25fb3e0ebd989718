namespace SparseCore.Torch;

/// <summary>An NVIDIA GPU.</summary>
/// <param name="Name">Its name: "NVIDIA H200".</param>
/// <param name="MemoryBytes">Its memory, used or not.</param>
/// <param name="Capability">Its compute capability; from 8.0 on it multiplies tf32 and bf16.</param>
public sealed record CudaGpu(string Name, long MemoryBytes, Version Capability);
