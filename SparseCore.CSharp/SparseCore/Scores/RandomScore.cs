using SparseCore.Parameters;
using SparseCore.Randomness;

namespace SparseCore.Scores;

/// <summary>A uniform random number for every weight: pruning that knows nothing. The same numbers in every round, from the context's seed.</summary>
public sealed record RandomScore : IPruningScore
{
    /// <inheritdoc/>
    public void Score(PruningContext context, ParameterBlock scores)
    {
        for (var layer = 0; layer < context.Network.Layers.Count; layer++)
        {
            var stream = new RandomStream(context.Seed, "random-score", (ulong)layer);
            foreach (ref var score in scores.Weights(layer))
            {
                score = (float)stream.NextDouble();
            }
        }
    }
}
