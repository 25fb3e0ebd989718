using SparseCore.Parameters;
using SparseCore.Reference;

namespace SparseCore.Scores;

/// <summary>
/// SynFlow (Tanaka et al. 2020): |w| dR/d|w| with R the sum of the outputs for an all-ones example when every weight is replaced by its absolute value and
/// every bias by 0: the total weight of all paths through the connection. Needs no data. The paper prunes globally over 100 rounds with exponentially
/// falling density; a single round can empty a layer, which that schedule avoids.
/// </summary>
public sealed record SynFlowScore : IPruningScore
{
    public void Score(PruningContext context, ParameterBlock scores)
    {
        var parameters = new double[scores.Values.Length];
        for (var layer = 0; layer < context.Network.Layers.Count; layer++)
        {
            var weights = context.Parameters.Weights(layer);
            for (var index = 0; index < weights.Length; index++)
            {
                parameters[scores.WeightOffset(layer) + index] = Math.Abs((double)weights[index]);
            }
        }

        var ones = new double[context.Network.Input.Count];
        Array.Fill(ones, 1);
        var flow = new DoubleNetwork(context.Network, context.Masks).OutputSumGradient(parameters, new Reference.Examples(ones, [0]));
        for (var index = 0; index < flow.Length; index++)
        {
            flow[index] *= parameters[index];
        }

        DoubleScores.Narrow(flow, scores);
    }
}
