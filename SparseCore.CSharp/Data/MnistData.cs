namespace SparseCore.Data;

/// <summary>A training and a test set in MNIST's format.</summary>
/// <param name="Train">Training examples.</param>
/// <param name="Test">Test examples.</param>
/// <param name="Name">"mnist" for MNIST itself, otherwise "idx-" and the first eight digits of the hash: decided by the contents, not by the folder.</param>
/// <param name="ContentHash">SHA-256, in lower-case hexadecimal, over the four uncompressed files: training images, training labels, test images, test labels.</param>
public sealed record MnistData(ByteDataset Train, ByteDataset Test, string Name, string ContentHash);
