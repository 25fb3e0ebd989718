using System.Globalization;

namespace SparseCore.Faults;

/// <summary>The process after so many runs.</summary>
/// <param name="Runs">Runs so far.</param>
/// <param name="ManagedKilobytes">Live managed memory.</param>
/// <param name="ResidentKilobytes">Memory in use as the system sees it, that outside the managed heap included.</param>
/// <param name="Handles">Open files.</param>
/// <param name="Threads">Threads.</param>
/// <param name="MillisecondsPerRun">Mean processor time of the last runs, which a busy machine does not change much.</param>
internal sealed record SoakMeasurement(int Runs, long ManagedKilobytes, long ResidentKilobytes, int Handles, int Threads, double MillisecondsPerRun)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Runs,6} {ManagedKilobytes,12} {ResidentKilobytes,12} {Handles,8} {Threads,8} {MillisecondsPerRun,12:F1}");
}
