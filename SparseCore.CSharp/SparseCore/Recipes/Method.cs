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
}
