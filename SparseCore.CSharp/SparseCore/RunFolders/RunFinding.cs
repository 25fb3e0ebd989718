namespace SparseCore.RunFolders;

/// <summary>Something that is off in a run folder.</summary>
/// <param name="File">The file, relative to the run folder.</param>
/// <param name="Subject">What in it: a layer, a row of metrics, a field.</param>
/// <param name="Expected">What should be there.</param>
/// <param name="Found">What is there.</param>
public sealed record RunFinding(string File, string Subject, string Expected, string Found)
{
    /// <summary>The finding in one line: "file: subject: expected ..., found ...".</summary>
    public override string ToString() => $"{File}: {Subject}: expected {Expected}, found {Found}";
}
