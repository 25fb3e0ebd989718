namespace SparseCore.Faults;

/// <summary>What a crash may leave of a folder.</summary>
/// <param name="Operations">How many operations were done when the power went.</param>
/// <param name="Kind">How what is uncertain was chosen.</param>
/// <param name="Tree">The files.</param>
/// <param name="IsRestarted">Whether the machine has started anew since: names and holders that it left are those of another machine's then.</param>
/// <param name="Age">How long ago the power went.</param>
internal sealed record CrashState(int Operations, string Kind, CrashTree Tree, bool IsRestarted, TimeSpan Age);
