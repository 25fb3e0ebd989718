namespace SparseCore.Data;

/// <summary>The data that scripts can name: what a user calls it, and how it is loaded.</summary>
public static class DataSource
{
    /// <summary>Where Debian's package dataset-fashion-mnist puts Fashion-MNIST.</summary>
    public const string FashionFolder = "/usr/share/datasets/fashion-mnist";

    /// <summary>The names <see cref="Load"/> knows.</summary>
    public static IReadOnlyList<string> KnownNames { get; } = ["mnist", "fashion", "mnist32", "fashion32", "imagenet"];

    /// <summary>Loads data by name.</summary>
    /// <param name="dataset">One of <see cref="KnownNames"/>; "imagenet" is any folder of JPEG files in class folders.</param>
    /// <param name="folder">Where its files are.</param>
    /// <param name="augmented">
    /// Whether training shows random views: crops and flips of images, shifts of "mnist32" and "fashion32", flips too for the latter. By default only
    /// "imagenet" has them; "mnist" and "fashion" cannot.
    /// </param>
    /// <param name="images">Settings of "imagenet", which needs them.</param>
    /// <param name="progress">Receives sentences while a folder of images is read through.</param>
    /// <param name="cancellation">Stops reading a folder of images through.</param>
    /// <exception cref="DataException">The name is unknown, the data is missing or damaged, or it has no views.</exception>
    public static DataSplit Load(
        string dataset,
        string folder,
        bool? augmented = null,
        ImageFolderOptions? images = null,
        IProgress<string>? progress = null,
        CancellationToken cancellation = default)
    {
        if (folder == FashionFolder && !Directory.Exists(folder))
        {
            throw new DataException(
                $"Fashion-MNIST is not at '{folder}'. Install it with 'apt-get install dataset-fashion-mnist', or name a folder with its four files: data=FOLDER.");
        }

        var views = augmented ?? false;
        return dataset switch
        {
            "mnist" or "fashion" when views => throw new DataException(
                $"The data set '{dataset}' has no random views; choose {dataset}32 or leave the augmentation out."),
            "mnist" or "fashion" => Mnist.Load(folder),
            "mnist32" => Mnist32.Load(folder, views ? Augmentation.Shift : Augmentation.None),
            "fashion32" => Mnist32.Load(folder, views ? Augmentation.ShiftAndFlip : Augmentation.None),
            "imagenet" => ImageFolder.Load(
                folder,
                (images ?? throw new ArgumentNullException(nameof(images), "A folder of images needs its settings.")) with { Augmented = augmented ?? true },
                progress,
                cancellation),
            _ => throw new DataException($"Unknown data set '{dataset}'. Known: {string.Join(", ", KnownNames)}."),
        };
    }
}
