namespace SparseCore.Connectivity;

/// <summary>
/// Decides which weights dynamic sparse training grows: the highest scores among the weights that were not kept. Implement it (from F# too) and hand
/// it to the trainer to try a rule of your own; the plan names it by <see cref="Name"/>.
/// </summary>
public interface IGrowthScore
{
    /// <summary>The name that plans use.</summary>
    string Name { get; }

    /// <summary>What <see cref="GrowthContext.Signal"/> has to hold.</summary>
    GrowthSignal Signal { get; }

    /// <summary>Scores every weight of one layer.</summary>
    /// <param name="context">What may be looked at.</param>
    /// <param name="layer">Index of the layer.</param>
    /// <returns>A new array, shape [weights of the layer], of finite numbers. Scores of kept weights are not looked at.</returns>
    float[] Score(GrowthContext context, int layer);
}
