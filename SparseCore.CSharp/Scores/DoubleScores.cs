using SparseCore.Parameters;

namespace SparseCore.Scores;

/// <summary>What scores computed in double precision share.</summary>
internal static class DoubleScores
{
    /// <summary>Sets the entries of biases to 0.</summary>
    public static void ClearBiases(double[] values, ParameterBlock layout)
    {
        for (var layer = 0; layer < layout.Network.Layers.Count; layer++)
        {
            Array.Clear(values, layout.BiasOffset(layer), layout.Network.Layers[layer].BiasCount);
        }
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
