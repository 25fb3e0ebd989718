namespace SparseCore.Checkpoints;

/// <summary>What a checkpoint file says about itself, verified against its own hash, without its tensors.</summary>
/// <param name="NetworkName">Name of the network.</param>
/// <param name="Step">Training steps done.</param>
/// <param name="PlanHash">Hash of the run's plan.</param>
/// <param name="Parents">Checkpoints of other runs it derives from, in the plan's order.</param>
/// <param name="MetricsLength">Length of the run's metrics file at this moment, in bytes.</param>
/// <param name="ContentHash">SHA-256 of everything in the file, as 64 hexadecimal digits.</param>
public sealed record CheckpointHeader(
    string NetworkName, int Step, string PlanHash, IReadOnlyList<ParentReference> Parents, long MetricsLength, string ContentHash);
