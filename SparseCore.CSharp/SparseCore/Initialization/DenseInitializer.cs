using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Randomness;

namespace SparseCore.Initialization;

/// <summary>
/// The usual initialization of dense networks, then masked: variance Scale / fan, with the fan of the dense layer. For y = sum of n terms w x with
/// independent w of variance v, Var y = n v E[x^2]; v = 1/n keeps the variance (Glorot and Bengio 2010), and v = 2/n after a ReLU, which halves
/// E[x^2] (He et al. 2015). Under a mask the sum has fewer terms than n, so that the signal fades: the paper's starting point.
/// </summary>
/// <param name="Distribution">Form of the distribution.</param>
/// <param name="Fan">Which connections are counted.</param>
/// <param name="Scale">Numerator of the variance: 1 for Glorot, 2 for He.</param>
public sealed record DenseInitializer(Distribution Distribution, FanMode Fan, double Scale) : IInitializer
{
    /// <summary>Keras' default, which the paper's LeNet5 uses: limit sqrt(6 / (fan-in + fan-out)).</summary>
    public static DenseInitializer GlorotUniform { get; } = new(Distribution.Uniform, FanMode.Average, 1);

    /// <summary>Normal with variance 2 / fan-in.</summary>
    public static DenseInitializer HeNormal { get; } = new(Distribution.Normal, FanMode.FanIn, 2);

    /// <summary>Numerator of the variance; a positive number.</summary>
    public double Scale { get; } = Draw.RequireScale(Scale);

    /// <inheritdoc/>
    public void Fill(Layer layer, Mask mask, RandomStream stream, Span<float> weights)
    {
        Draw.RequireLengths(layer, mask, weights);
        var deviation = Draw.Deviation(Scale, Fan, layer.FanIn, layer.FanOut);
        for (var index = 0; index < weights.Length; index++)
        {
            var number = (float)(deviation * Draw.Standard(Distribution, stream));
            weights[index] = mask[index] ? number : 0f;
        }
    }
}
