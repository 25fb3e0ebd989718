using SparseCore.Networks;

namespace SparseCore.Engine.Kernels;

/// <summary>The one place that decides between dense and sparse kernels, from shape and density alone. Both give the same bits.</summary>
internal static class KernelChoice
{
    /// <summary>Density from which the dense convolution is faster, measured on LeNet5's layers (AVX-512).</summary>
    private const double ConvolutionCrossover = 0.6;

    /// <summary>Density from which the dense matrix product is faster.</summary>
    private const double FullyConnectedCrossover = 0.5;

    /// <summary>Whether a layer with this many active weights runs on dense kernels.</summary>
    public static bool IsDense(Layer layer, int activeCount) =>
        activeCount >= layer.WeightCount * (layer.IsConvolution ? ConvolutionCrossover : FullyConnectedCrossover);
}
