using SparseCore.Networks;

namespace SparseCore.Cpu.Weights;

/// <summary>The one place that decides between dense and sparse kernels, from shape and density alone. Both give the same bits.</summary>
internal static class KernelChoice
{
    // Densities from which dense kernels are faster, forward and backward together. Measured layer by layer (the benchmark's "layers", crossovers.csv) they lie
    // at 0.55 (convolutions; Zen 5, AVX-512), 0.72 (Zen 3, AVX2) and 0.83 (Zen 4, AVX-512): between them the wrong choice costs up to a quarter.
    private const double FirstConvolution = 0.9; // no input gradient: the sparse kernels keep up almost to the end
    private const double Convolution = 0.65;
    private const double FullyConnected = 0.6;

    /// <summary>Whether a layer with this many active weights runs on dense kernels.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="readsExamples">Whether it reads the examples, so that it has no input gradient.</param>
    /// <param name="activeCount">Number of active weights.</param>
    public static bool IsDense(Layer layer, bool readsExamples, int activeCount) =>
        activeCount >= layer.WeightCount * (!layer.IsConvolution ? FullyConnected : readsExamples ? FirstConvolution : Convolution);
}
