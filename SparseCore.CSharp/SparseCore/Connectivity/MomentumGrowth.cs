namespace SparseCore.Connectivity;

/// <summary>
/// SNFS: growth where the exponential mean of the dense gradient is largest in magnitude (Dettmers and Zettlemoyer 2019). Theirs also moves weights between
/// layers; here, as in RigL's comparison, every layer keeps its count.
/// </summary>
public sealed class MomentumGrowth : IGrowthScore
{
    /// <inheritdoc/>
    public string Name => "momentum";

    /// <inheritdoc/>
    public GrowthSignal Signal => GrowthSignal.GradientMean;

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
