using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Randomness;

namespace SparseCore.Initialization;

/// <summary>What all initializers share.</summary>
internal static class Draw
{
    /// <summary>Standard deviation of a standard normal truncated at two deviations.</summary>
    private const double TruncatedDeviation = 0.87962566103423978;

    private const double SquareRootOf3 = 1.7320508075688772;

    /// <summary>One number with mean 0 and variance 1.</summary>
    public static double Standard(Distribution distribution, RandomStream stream)
    {
        switch (distribution)
        {
            case Distribution.Normal:
                return stream.NextNormal();
            case Distribution.Uniform:
                return SquareRootOf3 * ((2 * stream.NextDouble()) - 1);
            case Distribution.TruncatedNormal:
                while (true)
                {
                    var number = stream.NextNormal();
                    if (Math.Abs(number) <= 2)
                    {
                        return number / TruncatedDeviation;
                    }
                }

            default:
                throw new ArgumentOutOfRangeException(nameof(distribution), distribution, "Unknown distribution.");
        }
    }

    /// <summary>The deviation sqrt(scale / max(1, fan)).</summary>
    public static double Deviation(double scale, FanMode fan, double fanIn, double fanOut)
    {
        var connections = fan switch
        {
            FanMode.FanIn => fanIn,
            FanMode.FanOut => fanOut,
            FanMode.Average => 0.5 * (fanIn + fanOut),
            _ => throw new ArgumentOutOfRangeException(nameof(fan), fan, "Unknown fan mode."),
        };
        return Math.Sqrt(scale / Math.Max(1, connections));
    }

    public static double RequireScale(double scale) =>
        scale > 0 && double.IsFinite(scale) ? scale : throw new ArgumentOutOfRangeException(nameof(scale), scale, "The scale of an initializer must be positive.");

    public static void RequireLengths(Layer layer, Mask mask, ReadOnlySpan<float> weights)
    {
        if (mask.Length != layer.WeightCount || weights.Length != layer.WeightCount)
        {
            throw new ArgumentException($"Layer '{layer.Name}' has {layer.WeightCount} weights, its mask {mask.Length}, the destination {weights.Length}.");
        }
    }
}
