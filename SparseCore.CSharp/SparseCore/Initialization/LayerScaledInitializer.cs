using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Randomness;

namespace SparseCore.Initialization;

/// <summary>
/// Liu et al. 2019: the dense initialization divided by the square root of the layer's density d, so that the variance becomes Scale / (d fan). d fan is
/// the mean number of connections of a neuron in the layer: right on average, and wrong for neurons that have more or fewer than the mean.
/// </summary>
/// <param name="Distribution">Form of the distribution; Liu's code truncates its normal.</param>
/// <param name="Fan">Which connections are counted.</param>
/// <param name="Scale">Numerator of the variance.</param>
public sealed record LayerScaledInitializer(Distribution Distribution, FanMode Fan, double Scale) : IInitializer
{
    /// <summary>Truncated normal, fan-in, scale 2: the counterpart of the paper's Eq. 1 by layers.</summary>
    public static LayerScaledInitializer HeTruncatedNormal { get; } = new(Distribution.TruncatedNormal, FanMode.FanIn, 2);

    /// <summary>Numerator of the variance; a positive number.</summary>
    public double Scale { get; } = Draw.RequireScale(Scale);

    /// <inheritdoc/>
    public void Fill(Layer layer, Mask mask, RandomStream stream, Span<float> weights)
    {
        Draw.RequireLengths(layer, mask, weights);
        var deviation = mask.ActiveCount == 0 ? 0 : Draw.Deviation(Scale, Fan, layer.FanIn, layer.FanOut) / Math.Sqrt(mask.Density);
        for (var index = 0; index < weights.Length; index++)
        {
            var number = (float)(deviation * Draw.Standard(Distribution, stream));
            weights[index] = mask[index] ? number : 0f;
        }
    }
}
