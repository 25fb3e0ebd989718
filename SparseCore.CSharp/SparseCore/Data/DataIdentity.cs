namespace SparseCore.Data;

/// <summary>
/// What a data set is, told by its contents: the same for the data that was loaded, for a plan that names it and for a table that was made with it. What a user called it
/// (dataset=) and where it lay do not count.
/// </summary>
/// <remarks>
/// A loader names data by its contents (<see cref="DataSplit.Name"/>), and that name is all that plans and tables keep besides the number of classes. MNIST and
/// Fashion-MNIST are known by the hash of their files. ImageNet-2012 is not: copies of it differ in layout, in names and in the few broken files that are left out, so that it has
/// no one hash. What counts is what makes the problem the paper's: a folder of photographs with 1,000 classes, cropped to 224 x 224.
/// </remarks>
public sealed record DataIdentity
{
    /// <summary>The name of Fashion-MNIST, which ends with the first digits of <see cref="Mnist32.FashionHash"/>.</summary>
    private const string FashionName = "idx-14410854";

    /// <summary>How the names of photographs of 224 x 224 begin.</summary>
    private const string ImageNetImages = "images224";

    private const int ImageNetClasses = 1000;

    private DataIdentity(string name, KnownData family)
    {
        Name = name;
        Family = family;
    }

    /// <summary>The name that the loader gave it.</summary>
    public string Name { get; }

    /// <summary>What it is.</summary>
    public KnownData Family { get; }

    /// <summary>What loaded data is.</summary>
    public static DataIdentity Of(DataSplit data) => Of(data.Name, data.Train.Classes);

    /// <summary>What data is that a plan or a table names.</summary>
    /// <param name="name">The name that its loader gave it.</param>
    /// <param name="classes">Number of classes; null where it is not known, and a folder of photographs is not recognized.</param>
    public static DataIdentity Of(string name, int? classes) => new(name, FamilyOf(name, classes));

    private static KnownData FamilyOf(string name, int? classes) => name switch
    {
        "mnist" => KnownData.Mnist,
        FashionName => KnownData.FashionMnist,
        _ => name.Split('-')[0] switch
        {
            "mnist32" => KnownData.Mnist32,
            "fashion32" => KnownData.FashionMnist32,
            ImageNetImages when classes == ImageNetClasses => KnownData.ImageNet,
            _ => KnownData.Other,
        },
    };
}
