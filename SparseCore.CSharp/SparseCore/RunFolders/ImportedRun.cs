namespace SparseCore.RunFolders;

/// <summary>A network of somebody else's that became a run.</summary>
/// <param name="FolderPath">The run's folder.</param>
/// <param name="Notes">Sentences about what was converted, and about layers without a weight.</param>
public sealed record ImportedRun(string FolderPath, IReadOnlyList<string> Notes);
