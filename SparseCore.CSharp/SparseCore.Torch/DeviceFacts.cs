using System.Runtime.Intrinsics;
using SparseCore.Engine;
using SparseCore.RunFolders;
using SparseCore.Torch.Library;
using TorchSharp;

namespace SparseCore.Torch;

/// <summary>A device that was found.</summary>
/// <param name="Kind">As libtorch names it.</param>
/// <param name="Name">
/// For people and run.json: "cpu AMD EPYC 9554, 512-bit vectors, 1 thread", "cuda:0 NVIDIA H200". Equal names of processors give equal bits: oneDNN and MKL choose their loops by
/// the processor, and split the sums of weight gradients among threads, unless they were asked for repeatable products ("any number of threads").
/// </param>
/// <param name="MemoryBytes">Its memory, used or not.</param>
internal sealed record DeviceFacts(torch.Device Kind, string Name, long MemoryBytes)
{
    private static readonly Version Ampere = new(8, 0);

    /// <summary>A device that libtorch, which is loaded, reaches.</summary>
    /// <param name="options">The device, the number format it has to know, and the threads of one operation on the processor.</param>
    /// <param name="usesOneDnn">Whether the processor's convolutions are oneDNN's.</param>
    /// <exception cref="TorchException">It does not know the number format.</exception>
    public static DeviceFacts Require(EngineOptions options, bool usesOneDnn)
    {
        var precision = options.Precision;
        var (isCuda, index) = LibtorchDevice.Parse(options.Device);
        var kind = isCuda ? new torch.Device(DeviceType.CUDA, index) : torch.CPU;
        if (!isCuda)
        {
            return precision == Precision.TensorFloat32
                ? throw new TorchException("precision=tf32 needs an NVIDIA GPU of compute capability 8.0 or later, found the processor. Choose float32 or bf16, or a device=cuda.")
                : new DeviceFacts(kind, $"cpu {Machine.Current.Processor}, {VectorBits}-bit vectors, {ThreadsOf(options, usesOneDnn)}", GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        }

        var gpus = CudaDriver.Gpus();
        var gpu = index < gpus.Count ? gpus[index] : new CudaGpu("GPU", 0, Ampere);
        return precision != Precision.Single && gpu.Capability < Ampere
            ? throw new TorchException(
                $"precision={Precisions.NameOf(precision)} needs a GPU of compute capability 8.0 or later, found {gpu.Name} with {gpu.Capability}. Choose float32.")
            : new DeviceFacts(kind, $"cuda:{index} {gpu.Name}", gpu.MemoryBytes);
    }

    private static string ThreadsOf(EngineOptions options, bool usesOneDnn) => options.IsRepeatable
        ? "any number of threads"
        : $"{options.Threads} {(options.Threads == 1 ? "thread" : "threads")}{(usesOneDnn ? "" : ", without oneDNN")}";

    private static int VectorBits => Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;
}
