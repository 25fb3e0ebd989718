using SparseCore.Plans;

namespace SparseCore.Recipes;

/// <summary>How a network comes about: a function from a recipe to a planned run, and what tables must know of it.</summary>
/// <param name="Plan">Makes the plan of one run.</param>
public sealed record Method(Func<MethodRequest, PlannedRun> Plan)
{
    /// <summary>Whether sparse weights are drawn, so that there is a choice of how.</summary>
    public bool DrawsSparseWeights { get; init; }

    /// <summary>Whether the network is dense.</summary>
    public bool IsDense { get; init; }

    /// <summary>Whether sparsity is shared by scores, so that no other sparsity distribution can be asked for.</summary>
    public bool SharesByScore { get; init; }
}
