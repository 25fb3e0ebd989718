namespace SparseCore.Faults;

/// <summary>What a reader did with many inputs.</summary>
/// <param name="Target">The reader.</param>
/// <param name="Cases">Inputs tried.</param>
/// <param name="Accepted">Inputs accepted; all others were refused with a documented exception.</param>
/// <param name="Failures">Cases that crashed the reader or exceeded its bound on memory or time, with the reason.</param>
/// <param name="WorstBytes">Most memory allocated for one input, in bytes.</param>
/// <param name="WorstMilliseconds">Most processor time for one input.</param>
/// <param name="Seconds">Time of all inputs, making them included.</param>
internal sealed record FuzzResult(
    string Target, int Cases, int Accepted, IReadOnlyList<string> Failures, long WorstBytes, double WorstMilliseconds, double Seconds);
