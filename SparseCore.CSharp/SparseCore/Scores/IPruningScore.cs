using SparseCore.Parameters;

namespace SparseCore.Scores;

/// <summary>
/// How much a weight matters: higher = keep. Scores are ranked within a layer or over the whole network, so only their order counts. Implementations are
/// records without state and leave the context as it is.
/// </summary>
public interface IPruningScore
{
    /// <summary>Writes the score of every active weight; what is written for masked weights, biases and norm parameters is not read.</summary>
    /// <param name="context">The network to be pruned.</param>
    /// <param name="scores">Receives the scores.</param>
    void Score(PruningContext context, ParameterBlock scores);
}
