namespace SparseCore.Data;

/// <summary>A file of a folder of images.</summary>
/// <param name="File">Its path relative to the folder, with slashes.</param>
/// <param name="Label">Number of its class.</param>
/// <param name="Annotation">The name of its class where its path does not tell it; empty elsewhere.</param>
internal readonly record struct ListedImage(string File, int Label, string Annotation);
