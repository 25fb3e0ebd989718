namespace SparseCore.Data;

/// <summary>The data that scripts can name: what a user calls it, and how it is loaded.</summary>
public static class DataSource
{
    /// <summary>Where Debian's package dataset-fashion-mnist puts Fashion-MNIST.</summary>
    public const string FashionFolder = "/usr/share/datasets/fashion-mnist";

    /// <summary>The names <see cref="Load"/> knows.</summary>
    public static IReadOnlyList<string> KnownNames { get; } = ["mnist", "fashion", "mnist32", "fashion32"];

    /// <summary>Loads data by name.</summary>
    /// <param name="dataset">One of <see cref="KnownNames"/>.</param>
    /// <param name="folder">Where its files are.</param>
    /// <param name="augmented">Whether training shows random views: shifts, and for Fashion-MNIST flips. Not for "mnist" and "fashion".</param>
    /// <exception cref="DataException">The name is unknown, the data is missing or damaged, or it has no views.</exception>
    public static DataSplit Load(string dataset, string folder, bool augmented = false)
    {
        if (folder == FashionFolder && !Directory.Exists(folder))
        {
            throw new DataException(
                $"Fashion-MNIST is not at '{folder}'. Install it with 'apt-get install dataset-fashion-mnist', or name a folder with its four files: data=FOLDER.");
        }

        return dataset switch
        {
            "mnist" or "fashion" when augmented => throw new DataException(
                $"The data set '{dataset}' has no random views; choose {dataset}32 or leave the augmentation out."),
            "mnist" or "fashion" => Mnist.Load(folder),
            "mnist32" => Mnist32.Load(folder, augmented ? Augmentation.Shift : Augmentation.None),
            "fashion32" => Mnist32.Load(folder, augmented ? Augmentation.ShiftAndFlip : Augmentation.None),
            _ => throw new DataException($"Unknown data set '{dataset}'. Known: {string.Join(", ", KnownNames)}."),
        };
    }
}
