using SparseCore.Parameters;
using SparseCore.Reference;

namespace SparseCore.Scores;

/// <summary>
/// SynFlow (Tanaka et al. 2020): |w| dR/d|w| with R the sum of the outputs for an all-ones example when every weight is replaced by its absolute value and
/// every bias by 0: the total weight of all paths through the connection. Needs no data. The paper prunes globally over 100 rounds with exponentially
/// falling density; a single round can empty a layer, which that schedule avoids.
/// Batch normalizations are factors of every path, |scale| / sqrt(running variance + epsilon), without means and shifts (in the authors' code: evaluation
/// with absolute values of all parameters, the same at initialization); scales of 0 count as 1.
/// </summary>
public sealed record SynFlowScore : IPruningScore
{
    /// <inheritdoc/>
    public void Score(PruningContext context, ParameterBlock scores)
    {
        var parameters = new double[scores.Values.Length];
        var source = DoubleScores.WithOpenScales(context.Parameters);
        for (var layer = 0; layer < context.Network.Layers.Count; layer++)
        {
            Copy(source.Weights(layer), scores.WeightOffset(layer));
        }

        for (var norm = 0; norm < context.Network.Norms.Count; norm++)
        {
            Copy(source.Scales(norm), scores.ScaleOffset(norm));
            Copy(source.Variances(norm), scores.VarianceOffset(norm));
        }

        var ones = new double[context.Network.Input.Count];
        Array.Fill(ones, 1);
        var flow = new DoubleNetwork(context.Network, context.Masks, NormMode.Running).OutputSumGradient(parameters, new Reference.Examples(ones, [0]));
        for (var index = 0; index < flow.Length; index++)
        {
            flow[index] *= parameters[index];
        }

        DoubleScores.Narrow(flow, scores);

        void Copy(ReadOnlySpan<float> values, int offset)
        {
            for (var index = 0; index < values.Length; index++)
            {
                parameters[offset + index] = Math.Abs((double)values[index]);
            }
        }
    }
}
