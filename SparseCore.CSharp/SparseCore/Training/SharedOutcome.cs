namespace SparseCore.Training;

/// <summary>What became of runs on which several processes work.</summary>
/// <param name="Failed">The runs that failed, here or elsewhere, with the reason.</param>
/// <param name="Busy">The runs that others were still making, or that wait for such, when this process stopped waiting; with who makes them.</param>
public sealed record SharedOutcome(IReadOnlyList<FailedRun> Failed, IReadOnlyList<FailedRun> Busy);
