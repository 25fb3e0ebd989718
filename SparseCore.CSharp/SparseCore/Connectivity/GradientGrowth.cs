namespace SparseCore.Connectivity;

/// <summary>RigL: growth where the gradient is largest in magnitude (Evci et al. 2020).</summary>
public sealed class GradientGrowth : IGrowthScore
{
    /// <inheritdoc/>
    public string Name => "gradient";

    /// <inheritdoc/>
    public GrowthSignal Signal => GrowthSignal.Gradient;

    /// <inheritdoc/>
    public float[] Score(GrowthContext context, int layer)
    {
        var scores = context.Signal.Weights(layer).ToArray();
        for (var index = 0; index < scores.Length; index++)
        {
            scores[index] = MathF.Abs(scores[index]);
        }

        return scores;
    }
}
