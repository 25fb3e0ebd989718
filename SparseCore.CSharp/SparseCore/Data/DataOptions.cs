namespace SparseCore.Data;

/// <summary>What else decides the data that a name and a folder stand for; everything may be left out where the data says it.</summary>
public sealed record DataOptions
{
    /// <summary>
    /// Whether training shows random views: crops and flips of images, shifts of "mnist32" and "fashion32", flips too for the latter. By default as
    /// <see cref="DataFamily.IsAugmented"/> says; data of 28 x 28 cannot.
    /// </summary>
    public bool? Augmented { get; init; }

    /// <summary>Number of classes of IDX files, where it is neither MNIST's ten nor known from the files' names.</summary>
    public int? Classes { get; init; }

    /// <summary>Settings of "imagenet", which needs them.</summary>
    public ImageFolderOptions? Images { get; init; }
}
