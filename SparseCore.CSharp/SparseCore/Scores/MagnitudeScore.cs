using SparseCore.Parameters;

namespace SparseCore.Scores;

/// <summary>|w|.</summary>
public sealed record MagnitudeScore : IPruningScore
{
    /// <inheritdoc/>
    public void Score(PruningContext context, ParameterBlock scores)
    {
        for (var index = 0; index < scores.Values.Length; index++)
        {
            scores.Values[index] = Math.Abs(context.Parameters.Values[index]);
        }
    }
}
