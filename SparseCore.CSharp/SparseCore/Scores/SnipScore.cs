using SparseCore.Engine;
using SparseCore.Parameters;

namespace SparseCore.Scores;

/// <summary>
/// SNIP (Lee, Ajanthan and Torr 2019, equation 5): |w dL/dw|, the sensitivity of the mean cross-entropy to the weight's connection. The paper divides by the
/// sum over all weights, which changes no ranking. Batch normalizations take the statistics of the examples; scales of 0 count as 1.
/// </summary>
public sealed record SnipScore : IPruningScore
{
    /// <inheritdoc/>
    public void Score(PruningContext context, ParameterBlock scores)
    {
        using var engine = context.Engines.Create(context.Network, context.Masks, context.Examples.Length);
        engine.Load(DoubleScores.WithOpenScales(context.Parameters));
        engine.Gradient(context.Data, context.Examples, GradientScope.Active, scores);
        for (var index = 0; index < scores.Values.Length; index++)
        {
            scores.Values[index] = Math.Abs(scores.Values[index] * context.Parameters.Values[index]);
        }
    }
}
