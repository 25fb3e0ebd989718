namespace SparseCore.Faults;

/// <summary>One row of the table of faults.</summary>
/// <param name="Fault">What was done to the program.</param>
/// <param name="Tried">How many times.</param>
/// <param name="Outcome">What happened, in a phrase.</param>
/// <param name="Mismatches">Runs whose bytes differ from the undisturbed run's in the end.</param>
/// <param name="Lost">Files that were saved and then lost or damaged.</param>
/// <param name="Complaints">Whatever was not as promised; empty when all is well.</param>
internal sealed record FaultResult(string Fault, int Tried, string Outcome, int Mismatches, int Lost, IReadOnlyList<string> Complaints)
{
    /// <summary>Whether every promise was kept.</summary>
    public bool IsOk => Mismatches == 0 && Lost == 0 && Complaints.Count == 0;
}
