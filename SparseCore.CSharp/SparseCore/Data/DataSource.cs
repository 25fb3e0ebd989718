namespace SparseCore.Data;

/// <summary>The data that scripts can name: what a user calls it, and how it is loaded.</summary>
public static class DataSource
{
    /// <summary>Names of small images as they are stored: what LeNets take.</summary>
    public static IReadOnlyList<string> SmallNames => [.. KnownNames.Where(name => DataFamilies.Registry.Find(name).IsSmall)];

    /// <summary>The names <see cref="Load"/> knows: those of <see cref="DataFamilies"/>.</summary>
    public static IReadOnlyList<string> KnownNames => DataFamilies.Registry.Names;

    /// <summary>The folder of a data set where none is named, absolute or relative to the repository; empty for data without files.</summary>
    /// <exception cref="DataException">The name is unknown, or the data has no usual folder.</exception>
    public static string UsualFolder(string dataset)
    {
        var family = Find(dataset);
        return family.UsualFolder
            ?? (family.Files is null ? "" : throw new DataException($"dataset={dataset} needs data=FOLDER, a folder with {family.Files}."));
    }

    /// <summary>Loads data by name.</summary>
    /// <param name="dataset">
    /// One of <see cref="KnownNames"/>; "imagenet" is any folder of JPEG files in class folders. "mnist", "fashion", "mnist32" and "fashion32" take the files
    /// of a relative where there are none of MNIST's names.
    /// </param>
    /// <param name="folder">Where its files are.</param>
    /// <param name="options">What else decides the data.</param>
    /// <param name="progress">Receives sentences: what was found, and how far the first reading of a folder of images is.</param>
    /// <param name="cancellation">Stops reading a folder of images through.</param>
    /// <exception cref="DataException">The name is unknown, the data is missing or damaged, or options do not fit it.</exception>
    public static DataSplit Load(
        string dataset, string folder, DataOptions? options = null, IProgress<string>? progress = null, CancellationToken cancellation = default)
    {
        var family = Find(dataset);
        options ??= new DataOptions();
        if (options.Classes is { } classes && !family.HasClasses)
        {
            throw new DataException($"The data set '{dataset}' has classes of its own; found classes={classes}. Leave it out.");
        }

        if (options.Augmented == true && !family.HasViews)
        {
            var others = KnownNames.Where(name => DataFamilies.Registry.Find(name).HasViews);
            throw new DataException($"The data set '{dataset}' has no random views, as {string.Join(", ", others)} have; choose another, or leave the augmentation out.");
        }

        if (family.HasImageOptions && options.Images is null)
        {
            throw new ArgumentException($"The data set '{dataset}' is a folder of images, which needs its settings.", nameof(options));
        }

        if (family.Source is { } source && folder == family.UsualFolder && !Directory.Exists(folder))
        {
            throw new DataException($"The data set '{dataset}' is not at '{folder}'. {source}, or name a folder with {family.Files}: data=FOLDER.");
        }

        return family.Load(new DataRequest(dataset, folder, options.Augmented ?? family.IsAugmented, options, progress, cancellation));
    }

    private static DataFamily Find(string dataset)
    {
        try
        {
            return DataFamilies.Registry.Find(dataset);
        }
        catch (UnregisteredNameException error)
        {
            throw new DataException(error.Message, error);
        }
    }
}
