using SparseCore.RunFolders;

namespace SparseCore.Verification;

/// <summary>What re-checking a run folder gave.</summary>
/// <param name="Folder">The run's folder.</param>
/// <param name="Findings">What is off.</param>
/// <param name="Unchecked">What could not be checked, and why.</param>
/// <param name="Notes">What else there is to know: how far an unfinished run came.</param>
public sealed record RunVerification(string Folder, IReadOnlyList<RunFinding> Findings, IReadOnlyList<string> Unchecked, IReadOnlyList<string> Notes)
{
    /// <summary>What it comes to.</summary>
    public VerificationStatus Status => Findings.Count > 0 ? VerificationStatus.Failed : Unchecked.Count > 0 ? VerificationStatus.Unchecked : VerificationStatus.Ok;

    /// <summary>
    /// One line: "ok folder", "unchecked folder: what and why" or "FAILED folder: file: layer: expected ..., found ...", with the first finding and the number of
    /// others.
    /// </summary>
    public override string ToString()
    {
        var others = Findings.Count > 1 ? $" (and {Findings.Count - 1} more)" : "";
        var notes = Notes.Count > 0 ? $" ({string.Join("; ", Notes)})" : "";
        return ForeignText.OneLine(Status switch
        {
            VerificationStatus.Ok => $"ok {Folder}{notes}",
            VerificationStatus.Unchecked => $"unchecked {Folder}: {string.Join("; ", Unchecked)}{notes}",
            _ => $"FAILED {Folder}: {Findings[0]}{others}",
        });
    }
}
