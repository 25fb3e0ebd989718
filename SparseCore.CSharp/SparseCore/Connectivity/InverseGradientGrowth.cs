namespace SparseCore.Connectivity;

/// <summary>The paper's control "RigL Inverted" (section 4.2): growth where the gradient is smallest in magnitude.</summary>
public sealed class InverseGradientGrowth : IGrowthScore
{
    /// <inheritdoc/>
    public string Name => "inverse-gradient";

    /// <inheritdoc/>
    public GrowthSignal Signal => GrowthSignal.Gradient;

    /// <inheritdoc/>
    public float[] Score(GrowthContext context, int layer)
    {
        var scores = context.Signal.Weights(layer).ToArray();
        for (var index = 0; index < scores.Length; index++)
        {
            scores[index] = -MathF.Abs(scores[index]);
        }

        return scores;
    }
}
