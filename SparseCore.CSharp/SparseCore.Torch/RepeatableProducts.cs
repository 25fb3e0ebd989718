using System.Runtime.Intrinsics.X86;
using SparseCore.Torch.Library;

namespace SparseCore.Torch;

/// <summary>
/// Makes libtorch on the processor give the same bits for any number of threads: MKL sums in one order (its conditional numerical reproducibility), and convolutions, whose
/// weight gradients oneDNN sums by thread, go to libtorch's own loops. Both are switches of the whole process, and MKL reads its own at its first product, so the first engine
/// decides for all.
/// </summary>
internal static class RepeatableProducts
{
    private static readonly Lock Gate = new();
    private static bool? chosen;

    /// <summary>Whether the switches are known to do it on this system.</summary>
    public static bool AreKnownHere => OperatingSystem.IsLinux() && Avx2.IsSupported;

    /// <summary>To be called before libtorch is loaded.</summary>
    /// <exception cref="TorchException">This process computes the other way already, or such products are not to be had on this system.</exception>
    public static void Choose(bool areRepeatable)
    {
        if (areRepeatable && !AreKnownHere)
        {
            throw new TorchException("repeatable=true is for libtorch with MKL: expected Linux on an x64 processor with AVX2, found another machine. Leave it out.");
        }

        lock (Gate)
        {
            if (chosen is { } before && before != areRepeatable)
            {
                throw new TorchException(
                    $"repeatable={Text(areRepeatable)}: expected what this process computes with, repeatable={Text(before)}. A process can do one: start another for this one.");
            }

            if (areRepeatable && chosen is null && !NativeEnvironment.Set("MKL_CBWR", "AVX2,STRICT", isOverwriting: true))
            {
                throw new TorchException("repeatable=true: MKL_CBWR cannot be set for this process.");
            }

            chosen = areRepeatable;
        }
    }

    /// <summary>To be called when libtorch is loaded and repeatable products were chosen: turns the libraries off that sum by thread.</summary>
    /// <param name="folder">The folder of the loaded libtorch.</param>
    /// <exception cref="TorchException">The library does not show the switches.</exception>
    public static void Apply(string folder)
    {
        var context = new LibtorchContext(folder);
        if (!context.TrySet("setUserEnabledMkldnn", false)
            || !context.TrySet("setUserEnabledNNPACK", false)
            || context.Read("userEnabledMkldnn") != false
            || context.Read("userEnabledNNPACK") != false)
        {
            throw new TorchException($"repeatable=true: expected a libtorch in '{folder}' whose oneDNN and NNPACK can be turned off, found one without these switches. Leave it out.");
        }
    }

    private static string Text(bool value) => value ? "true" : "false";
}
