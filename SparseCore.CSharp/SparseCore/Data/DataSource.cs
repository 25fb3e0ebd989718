namespace SparseCore.Data;

/// <summary>The data that scripts can name: what a user calls it, and how it is loaded.</summary>
public static class DataSource
{
    /// <summary>Where Debian's package dataset-fashion-mnist puts Fashion-MNIST.</summary>
    public const string FashionFolder = "/usr/share/datasets/fashion-mnist";

    /// <summary>Names of small images as they are stored: what LeNets take.</summary>
    public static IReadOnlyList<string> SmallNames { get; } = ["mnist", "fashion", .. Mnist.Relatives];

    /// <summary>The names <see cref="Load"/> knows.</summary>
    public static IReadOnlyList<string> KnownNames { get; } = [.. SmallNames, "mnist32", "fashion32", "imagenet"];

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
        options ??= new DataOptions();
        if (folder == FashionFolder && !Directory.Exists(folder))
        {
            throw new DataException(
                $"Fashion-MNIST is not at '{folder}'. Install it with 'apt-get install dataset-fashion-mnist', or name a folder with its four files: data=FOLDER.");
        }

        var views = options.Augmented ?? false;
        return dataset switch
        {
            "mnist32" => Mnist32.Load(folder, views ? Augmentation.Shift : Augmentation.None, classes: options.Classes, progress: progress),
            "fashion32" => Mnist32.Load(folder, views ? Augmentation.ShiftAndFlip : Augmentation.None, classes: options.Classes, progress: progress),
            "imagenet" when options.Classes is { } classes => throw new DataException($"The classes of imagenet are its folders; found classes={classes}. Leave it out."),
            "imagenet" => ImageFolder.Load(
                folder,
                (options.Images ?? throw new ArgumentException("A folder of images needs its settings.", nameof(options))) with { Augmented = options.Augmented ?? true },
                progress,
                cancellation),
            _ when !SmallNames.Contains(dataset) => throw new DataException($"Unknown data set '{dataset}'. Known: {string.Join(", ", KnownNames)}."),
            _ when views => throw new DataException($"The data set '{dataset}' has no random views; choose mnist32 or fashion32, or leave the augmentation out."),
            _ => Mnist.Load(folder, dataset, options.Classes, progress),
        };
    }
}
