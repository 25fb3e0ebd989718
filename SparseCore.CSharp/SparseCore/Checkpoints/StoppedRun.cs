namespace SparseCore.Checkpoints;

/// <summary>What a run that was stopped between two steps that its plan saves has not written elsewhere.</summary>
/// <param name="TrainFlops">Floating-point operations of the training so far; logged only where the plan saves.</param>
/// <param name="Metrics">Lines of metrics since the last checkpoint, which the table gets with the next one.</param>
public sealed record StoppedRun(double TrainFlops, string Metrics);
