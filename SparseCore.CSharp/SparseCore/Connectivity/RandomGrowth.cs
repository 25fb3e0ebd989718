namespace SparseCore.Connectivity;

/// <summary>SET: uniformly random growth (Mocanu et al. 2018).</summary>
public sealed class RandomGrowth : IGrowthScore
{
    /// <inheritdoc/>
    public string Name => "random";

    /// <inheritdoc/>
    public GrowthSignal Signal => GrowthSignal.None;

    /// <inheritdoc/>
    public float[] Score(GrowthContext context, int layer)
    {
        var random = context.Random(layer);
        var scores = new float[context.Network.Layers[layer].WeightCount];
        for (var index = 0; index < scores.Length; index++)
        {
            scores[index] = random.NextUInt32() >> 8; // 24 bits: every value is exact in a float
        }

        return scores;
    }
}
