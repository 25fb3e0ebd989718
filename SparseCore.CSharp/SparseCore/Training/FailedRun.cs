using SparseCore.Plans;

namespace SparseCore.Training;

/// <summary>A run that could not be made.</summary>
/// <param name="Plan">The run.</param>
/// <param name="Reason">Why, in a sentence.</param>
public sealed record FailedRun(TrainingPlan Plan, string Reason);
