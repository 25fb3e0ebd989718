namespace SparseCore.Data;

/// <summary>What the loader of a data set is asked for.</summary>
/// <param name="Name">The name under which it was asked for.</param>
/// <param name="Folder">Where its files are; empty for data without files.</param>
/// <param name="IsAugmented">Whether training shows random views.</param>
/// <param name="Options">What else decides the data.</param>
/// <param name="Progress">Receives sentences: what was found, and how far a long reading is.</param>
/// <param name="Cancellation">Stops a long reading.</param>
public sealed record DataRequest(
    string Name, string Folder, bool IsAugmented, DataOptions Options, IProgress<string>? Progress, CancellationToken Cancellation);
