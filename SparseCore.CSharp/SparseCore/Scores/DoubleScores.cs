using SparseCore.Parameters;

namespace SparseCore.Scores;

/// <summary>What scores computed in double precision share.</summary>
internal static class DoubleScores
{
    /// <summary>Sets all entries but those of weights to 0.</summary>
    public static void KeepWeights(double[] values, ParameterBlock layout)
    {
        for (var layer = 0; layer < layout.Network.Layers.Count; layer++)
        {
            Array.Clear(values, layout.BiasOffset(layer), layout.Network.Layers[layer].BiasCount);
        }

        for (var norm = 0; norm < layout.Network.Norms.Count; norm++)
        {
            Array.Clear(values, layout.ScaleOffset(norm), 2 * layout.Network.Norms[norm].Channels);
            Array.Clear(values, layout.MeanOffset(norm), 2 * layout.Network.Norms[norm].Channels);
        }
    }

    /// <summary>
    /// The parameters with 1 in place of every scale that is 0. Such a scale, with which residual blocks start, lets no gradient through: all weights of
    /// its block would score 0, and their order, not their use, would decide what is kept.
    /// </summary>
    public static ParameterBlock WithOpenScales(ParameterBlock parameters)
    {
        var open = parameters.Clone();
        for (var norm = 0; norm < open.Network.Norms.Count; norm++)
        {
            open.Scales(norm).Replace(0f, 1f);
        }

        return open;
    }

    /// <summary>Scores as floats, scaled so that the largest absolute value is 1: products over many layers leave the range of a float.</summary>
    public static void Narrow(double[] values, ParameterBlock scores)
    {
        var largest = values.Max(Math.Abs);
        for (var index = 0; index < values.Length; index++)
        {
            scores.Values[index] = (float)(largest > 0 ? values[index] / largest : values[index]);
        }
    }
}
