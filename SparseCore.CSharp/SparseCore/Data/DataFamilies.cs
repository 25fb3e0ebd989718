namespace SparseCore.Data;

/// <summary>The data sets that settings can name.</summary>
public static class DataFamilies
{
    /// <summary>Where Debian's package dataset-fashion-mnist puts Fashion-MNIST.</summary>
    public const string FashionFolder = "/usr/share/datasets/fashion-mnist";

    private const string MnistFolder = "data/mnist";

    /// <summary>All data sets by name. A script adds its own before it reads its settings.</summary>
    public static Registry<DataFamily> Registry { get; } = Own(new Registry<DataFamily>("data set", "data sets", "DataFamilies.Registry.Add(name, family)"));

    private static Registry<DataFamily> Own(Registry<DataFamily> registry)
    {
        var stored = new DataFamily(request => Mnist.Load(request.Folder, request.Name, request.Options.Classes, request.Progress))
        {
            Files = "its four files",
            HasClasses = true,
            IsSmall = true,
        };
        registry.Add("mnist", stored with { UsualFolder = MnistFolder }).Add("fashion", Fashion(stored));
        foreach (var relative in Mnist.Relatives)
        {
            registry.Add(relative, stored);
        }

        return registry
            .Add("mnist32", Enlarged(Augmentation.Shift) with { UsualFolder = MnistFolder })
            .Add("fashion32", Fashion(Enlarged(Augmentation.ShiftAndFlip)))
            .Add("imagenet", new DataFamily(Photographs)
            {
                Files = "train/CLASS/FILE and val/CLASS/FILE",
                HasViews = true,
                IsAugmented = true,
                HasImageOptions = true,
            })
            .Add("cifar10", Color(10, "CIFAR-10's binary files (data_batch_1.bin to data_batch_5.bin, test_batch.bin)"))
            .Add("cifar100", Color(100, "CIFAR-100's binary files (train.bin, test.bin)"));
    }

    private static DataFamily Fashion(DataFamily family) => family with
    {
        UsualFolder = FashionFolder,
        Source = "Install it with 'apt-get install dataset-fashion-mnist'",
    };

    private static DataFamily Enlarged(Augmentation views) => new(request => Mnist32.Load(
        request.Folder, request.IsAugmented ? views : Augmentation.None, classes: request.Options.Classes, progress: request.Progress))
    {
        Files = "its four files",
        HasClasses = true,
        HasViews = true,
    };

    private static DataFamily Color(int classes, string files) => new(request => Cifar.Load(request.Folder, classes, request.IsAugmented, progress: request.Progress))
    {
        Files = files,
        HasViews = true,
        IsAugmented = true,
    };

    private static DataSplit Photographs(DataRequest request) =>
        ImageFolder.Load(request.Folder, request.Options.Images! with { Augmented = request.IsAugmented }, request.Progress, request.Cancellation);
}
