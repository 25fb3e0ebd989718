namespace SparseCore.Data;

/// <summary>How a folder of images becomes examples.</summary>
public sealed record ImageFolderOptions
{
    /// <summary>Smallest and largest <see cref="Size"/>.</summary>
    public const int SmallestSize = 8, LargestSize = 1024;

    /// <summary>Height and width of an example; the paper's is 224.</summary>
    public int Size { get; init; } = 224;

    /// <summary>What becomes of broken files.</summary>
    public BadImages OnBadImage { get; init; } = BadImages.Refuse;

    /// <summary>Whether training shows random crops and flips; without, it shows the center as evaluation does.</summary>
    public bool Augmented { get; init; } = true;

    /// <summary>Seed of the views.</summary>
    public ulong ViewSeed { get; init; } = 1;

    /// <summary>Where the index of the folder is kept (hash and verdict of every file), so that unchanged files are read through only once.</summary>
    public required string IndexFolder { get; init; }

    /// <summary>Threads that read files through and decode ahead of training; 0: nothing is decoded ahead. No bit depends on it.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Memory for images that were decoded ahead, in bytes; at least 64 images are kept.</summary>
    public long MemoryBytes { get; init; } = 256 << 20;
}
