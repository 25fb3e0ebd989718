namespace SparseCore.Plans;

/// <summary>Which data a run learns from.</summary>
/// <param name="Name">Readable name, for example "mnist".</param>
/// <param name="ContentHash">SHA-256 over the contents of all files, 64 hex digits: other data, other plan.</param>
public sealed record DataPlan(string Name, string ContentHash);
