namespace SparseCore.Checkpoints;

/// <summary>A checkpoint of another run that this one derives from.</summary>
/// <param name="Role">What it gave, for example "mask" or "weights".</param>
/// <param name="PlanHash">Hash of the other run's plan.</param>
/// <param name="Step">Step of the other run.</param>
/// <param name="ContentHash">Content hash of the other run's checkpoint at that step.</param>
public sealed record ParentReference(string Role, string PlanHash, int Step, string ContentHash);
