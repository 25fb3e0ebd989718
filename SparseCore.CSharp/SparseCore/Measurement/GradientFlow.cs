using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Parameters;

namespace SparseCore.Measurement;

/// <summary>
/// Gradient flow (the paper's section 3.1): how large the gradient of the mean cross-entropy, without L2, is over the parameters that exist.
/// Batch normalizations take the statistics of the engine's batches, as in training: the paper's ImageNet code measures the gradient of the training step itself (there
/// with label smoothing and L2, here without, so that networks with and without them compare).
/// </summary>
public static class GradientFlow
{
    /// <summary>Measures over a fixed set of examples with the engine's current parameters.</summary>
    /// <param name="engine">Holds masks and parameters.</param>
    /// <param name="data">Where the examples come from.</param>
    /// <param name="examples">Which examples; the paper's code takes the first 1,000 of training.</param>
    /// <param name="gradient">Receives the gradient, 0 for masked weights.</param>
    public static GradientNorm Measure(IEngine engine, Dataset data, ReadOnlySpan<int> examples, ParameterBlock gradient)
    {
        engine.Gradient(data, examples, GradientScope.Active, gradient);
        var sum = 0.0;
        foreach (var value in gradient.Trained)
        {
            sum += (double)value * value;
        }

        return new GradientNorm(Math.Sqrt(sum), sum);
    }
}
