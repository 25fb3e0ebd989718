namespace SparseCore.Data;

/// <summary>What becomes of files that are no whole JPEG or PNG images.</summary>
public enum BadImages
{
    /// <summary>The folder is refused, and the files are named.</summary>
    Refuse,

    /// <summary>They are no examples: the data is what a folder without them would be. Their number is reported, and the index lists them.</summary>
    Skip,
}
