using System.Runtime.CompilerServices;
using SparseCore.Torch.Library;
using TorchSharp;

namespace SparseCore.Torch;

/// <summary>
/// Tries oneDNN's convolutions on the processor at hand before an engine relies on them, and does without oneDNN where they are wrong. oneDNN (3.7.1, in libtorch 2.10.0) lays
/// channels out in blocks of 8 or 16; on some processors (seen on an AMD EPYC of family 26) what lies behind the last channel is not 0, and the gradients of a convolution's
/// inputs are wrong or not a number when its output channels fill no block.
/// </summary>
internal static class ConvolutionCheck
{
    private const int Examples = 8;
    private const int Side = 16;
    private const double Tolerance = 1e-3;

    private static readonly Lock Gate = new();
    private static bool? isRight;

    /// <summary>Whether convolutions are computed by oneDNN; where it is wrong, it is turned off for the process.</summary>
    /// <param name="folder">The folder of the loaded libtorch.</param>
    public static bool UsesOneDnn(string folder)
    {
        lock (Gate)
        {
            return isRight ??= Try(new LibtorchContext(folder));
        }
    }

    private static bool Try(LibtorchContext context)
    {
        // A library that does not show its switches cannot be compared with itself; it is taken as it is.
        if (context.Read("userEnabledMkldnn") != true)
        {
            return context.Read("userEnabledMkldnn") is null;
        }

        var areEqual = true;
        foreach (var (inputs, outputs, kernel) in new[] { (1, 6, 5), (3, 8, 3), (8, 8, 3), (6, 12, 5), (20, 24, 5), (16, 40, 3), (16, 16, 1), (16, 32, 3) })
        {
            areEqual = areEqual && Differences(context, inputs, outputs, kernel).All(difference => difference < Tolerance);
        }

        if (!areEqual)
        {
            _ = context.TrySet("setUserEnabledMkldnn", false);
            _ = context.TrySet("setUserEnabledNNPACK", false);
        }

        return areEqual;
    }

    /// <summary>The largest relative differences between oneDNN's and libtorch's own outputs, gradients of inputs, and gradients of weights.</summary>
    private static double[] Differences(LibtorchContext context, int inputs, int outputs, int kernel)
    {
        using var scope = torch.NewDisposeScope();
        using var generator = new torch.Generator(1, torch.CPU);
        var values = torch.randn([Examples, inputs, Side, Side], generator: generator);
        var weights = torch.randn([outputs, inputs, kernel, kernel], generator: generator);
        var gradient = torch.randn([Examples, outputs, Side, Side], generator: generator);
        var found = Convolve(values, weights, gradient);
        _ = context.TrySet("setUserEnabledMkldnn", false);
        _ = context.TrySet("setUserEnabledNNPACK", false);
        var expected = Convolve(values, weights, gradient);
        _ = context.TrySet("setUserEnabledNNPACK", true);
        _ = context.TrySet("setUserEnabledMkldnn", true);
        return [.. found.Zip(expected, (one, other) => (double)((one - other).abs().max() / other.abs().max()).item<float>()).Select(difference => double.IsNaN(difference) ? 1 : difference)];
    }

    private static torch.Tensor[] Convolve(torch.Tensor values, torch.Tensor weights, torch.Tensor gradient)
    {
        var (input, kernel) = (values.detach().clone().requires_grad_(true), weights.detach().clone().requires_grad_(true));
        LeaveBehind(float.NaN);
        var padding = weights.shape[^1] / 2;
        var output = torch.nn.functional.conv2d(input, kernel, padding: [padding, padding]);
        output.backward([gradient]);
        return [output.detach(), input.grad!, kernel.grad!];
    }

    /// <summary>Fills memory that the next tensors will get.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void LeaveBehind(float value)
    {
        foreach (var length in new[] { 256L, 1024, 4096, 16384, 32768, 65536, 131072 })
        {
            using var scope = torch.NewDisposeScope();
            for (var copy = 0; copy < 4; copy++)
            {
                _ = torch.full([length], value, dtype: torch.float32);
            }
        }
    }
}
