namespace SparseCore.Data;

/// <summary>The data of one name in <see cref="DataFamilies"/>: how it is loaded, where its files are, and which settings it has.</summary>
/// <param name="Load">
/// Reads the data, or makes it. Equal contents give an equal <see cref="DataSplit.ContentHash"/>, which names the data in plans: <see cref="DataSplit.Of"/>
/// computes it.
/// </param>
public sealed record DataFamily(Func<DataRequest, DataSplit> Load)
{
    /// <summary>What the folder of its files holds, for messages: "its four files". Null for data without files.</summary>
    public string? Files { get; init; }

    /// <summary>Where its files usually are, absolute or relative to the repository; null where a folder must be named, or there are no files.</summary>
    public string? UsualFolder { get; init; }

    /// <summary>How to get the files into the usual folder: "Install it with '...'". Null where they are always there.</summary>
    public string? Source { get; init; }

    /// <summary>Whether the number of classes can be chosen, where the files do not say it.</summary>
    public bool HasClasses { get; init; }

    /// <summary>Whether training can show random views.</summary>
    public bool HasViews { get; init; }

    /// <summary>Whether training shows random views where nothing else is asked for.</summary>
    public bool IsAugmented { get; init; }

    /// <summary>Whether <see cref="DataOptions.Images"/> decide it: a folder of photographs.</summary>
    public bool HasImageOptions { get; init; }

    /// <summary>Whether it is small images of one channel as they are stored: what LeNets take.</summary>
    public bool IsSmall { get; init; }
}
