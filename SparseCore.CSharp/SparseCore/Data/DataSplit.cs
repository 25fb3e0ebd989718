namespace SparseCore.Data;

/// <summary>A training and a test set of one shape and one set of classes.</summary>
/// <param name="Train">Training examples.</param>
/// <param name="Test">Test examples.</param>
/// <param name="Name">Readable, decided by the contents and not by the folder: "mnist" for MNIST itself, "idx-" and digits of the hash for other files in its format.</param>
/// <param name="ContentHash">SHA-256, in lower-case hexadecimal, over all that decides the examples: other data, other plan.</param>
public sealed record DataSplit(Dataset Train, Dataset Test, string Name, string ContentHash);
