namespace SparseCore.Runs;

/// <summary>What re-checking a run folder gave.</summary>
/// <param name="Folder">The run's folder.</param>
/// <param name="Findings">What is off; empty when everything that was checked is right.</param>
/// <param name="Notes">What could not be checked, and why.</param>
public sealed record RunVerification(string Folder, IReadOnlyList<RunFinding> Findings, IReadOnlyList<string> Notes)
{
    /// <summary>Whether nothing is off.</summary>
    public bool IsOk => Findings.Count == 0;

    /// <summary>One line: "ok folder" or "FAILED folder: file: layer: expected ..., found ...", with the first finding and the number of others.</summary>
    public override string ToString()
    {
        var others = Findings.Count > 1 ? $" (and {Findings.Count - 1} more)" : "";
        var notes = Notes.Count > 0 ? $" ({string.Join("; ", Notes)})" : "";
        return (IsOk ? $"ok {Folder}{notes}" : $"FAILED {Folder}: {Findings[0]}{others}").ReplaceLineEndings(" ");
    }
}
