using SparseCore.Networks;

namespace SparseCore.Engine.Kernels;

/// <summary>The one place that decides between dense and sparse kernels, from shape and density alone. Both give the same bits.</summary>
internal static class KernelChoice
{
    // Densities from which dense kernels are faster, forward and backward together, measured layer by layer (the benchmark's "layers", AVX-512).
    private const double FirstConvolution = 0.9; // no input gradient: the sparse kernels keep up almost to the end
    private const double Convolution = 0.55;
    private const double FullyConnected = 0.57;

    /// <summary>Whether a layer with this many active weights runs on dense kernels.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="readsExamples">Whether it reads the examples, so that it has no input gradient.</param>
    /// <param name="activeCount">Number of active weights.</param>
    public static bool IsDense(Layer layer, bool readsExamples, int activeCount) =>
        activeCount >= layer.WeightCount * (!layer.IsConvolution ? FullyConnected : readsExamples ? FirstConvolution : Convolution);
}
