namespace SparseCore.Faults;

/// <summary>One row of the table of crashes.</summary>
/// <param name="Scenario">What the run was, and what had happened to it before the power went.</param>
/// <param name="Tried">States tried.</param>
/// <param name="Resumed">Of these, runs that went on at once, or were finished, and ended with the bytes of the undisturbed run.</param>
/// <param name="Waited">Runs that were refused until the holder had been silent for two minutes, and then ended with these bytes.</param>
/// <param name="Advised">Runs that were refused, and ended with these bytes after what the message said was done.</param>
/// <param name="Mismatches">Runs that ended with other bytes.</param>
/// <param name="Lost">States without something that was saved before.</param>
/// <param name="Complaints">Whatever was not as promised; empty when all is well.</param>
/// <param name="Seconds">Time of all.</param>
internal sealed record CrashResult(
    string Scenario, int Tried, int Resumed, int Waited, int Advised, int Mismatches, int Lost, IReadOnlyList<string> Complaints, double Seconds)
{
    /// <summary>Whether every promise was kept.</summary>
    public bool IsOk => Mismatches == 0 && Lost == 0 && Complaints.Count == 0;
}
