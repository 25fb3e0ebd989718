using System.Buffers.Binary;
using System.Security.Cryptography;

namespace SparseCore.Data;

/// <summary>
/// Loads MNIST, or any data like it, from four IDX files: its relatives QMNIST and EMNIST by their own names, Fashion-MNIST, KMNIST and others by MNIST's.
/// </summary>
/// <remarks>
/// EMNIST stores its images with rows and columns swapped. They are transposed here, so that all relatives stand upright and a network trained on one can
/// be tried on another; torchvision leaves them as stored.
/// </remarks>
public static class Mnist
{
    /// <summary>Classes of MNIST and its like.</summary>
    public const int Classes = 10;

    /// <summary>Most classes that can be asked for.</summary>
    public const int MostClasses = 65536;

    /// <summary>The hash of MNIST's own four files.</summary>
    internal const string ContentHash = "b2d8f5bf39174ee5ffeefa97e42d673c35432b411bb5d1f74fbbeddae7f1690a";

    /// <summary>Names of data that has its own file names.</summary>
    public static IReadOnlyList<string> Relatives { get; } = [.. IdxFamily.Relatives.Select(family => family.Name)];

    /// <summary>
    /// Reads train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte; each may be gzipped with the ending
    /// .gz, may be spelled with a dot before "idx", and may say another type. Where there is none of them, the files of one relative are read.
    /// </summary>
    /// <param name="folder">Where the files are.</param>
    /// <param name="dataset">"mnist", or one of <see cref="Relatives"/>, whose files are then wanted.</param>
    /// <param name="classes">
    /// Number of classes, by default <see cref="Classes"/> or what the relative has. Labels must be below it; when they are 1 to this number in both sets,
    /// they are counted from 1.
    /// </param>
    /// <param name="progress">Receives a sentence when something other than MNIST's own files was found, or labels are not as stored.</param>
    /// <returns>The data; its hash covers images and labels as they are used (upright, counted from 0), not how they are stored.</returns>
    /// <exception cref="DataException">A file is missing or damaged, counts or image sizes differ, or a label is out of range.</exception>
    public static DataSplit Load(string folder, string dataset = "mnist", int? classes = null, IProgress<string>? progress = null) =>
        LoadBytes(folder, dataset, classes, progress).Data;

    /// <summary>As <see cref="Load"/>, with the images as bytes: shapes [train, channels, height, width] and [test, channels, height, width], not to be changed.</summary>
    internal static (DataSplit Data, byte[] TrainImages, byte[] TestImages) LoadBytes(
        string folder, string dataset = "mnist", int? classes = null, IProgress<string>? progress = null)
    {
        try
        {
            return LoadFamily(folder, dataset, classes, progress);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"The folder '{folder}' cannot be read: {failure.Message}", failure);
        }
    }

    private static (DataSplit Data, byte[] TrainImages, byte[] TestImages) LoadFamily(string folder, string dataset, int? classes, IProgress<string>? progress)
    {
        var wanted = IdxFamily.Find(dataset) ?? throw new DataException($"Unknown data set '{dataset}' of IDX files. Known: mnist, {string.Join(", ", Relatives)}.");
        var family = Choose(folder, wanted, progress);
        if (family != IdxFamily.OfMnist && classes is { } given && given != family.Classes)
        {
            throw new DataException($"{family.Name} has {family.Classes} classes; found classes={given}. Leave it out.");
        }

        var files = family.Files(folder);
        var trainImages = IdxImages.Read(files[0], family.IsTransposed);
        var trainLabels = IdxLabels.Read(files[1], family.LabelColumns);
        var testImages = IdxImages.Read(files[2], family.IsTransposed);
        var testLabels = IdxLabels.Read(files[3], family.LabelColumns);
        RequireEqual(trainImages, trainLabels);
        RequireEqual(testImages, testLabels);
        if (testImages.Shape != trainImages.Shape)
        {
            throw new DataException($"'{testImages.Path}' has images of shape {testImages.Shape}; expected {trainImages.Shape} as in '{trainImages.Path}'.");
        }

        var count = classes ?? family.Classes;
        var first = FirstLabel(family, classes, [trainLabels, testLabels], progress);
        var advice = family == IdxFamily.OfMnist ? "If the data has another number of classes, give it: classes=N." : $"These are not the labels of {family.Name}.";
        var train = FromZero(trainLabels, first, count, advice);
        var test = FromZero(testLabels, first, count, advice);
        var contentHash = Hash(count, [(trainImages, train), (testImages, test)]);
        var name = contentHash == ContentHash ? "mnist" : $"idx-{contentHash[..8]}";
        var data = new DataSplit(
            new ByteDataset($"{name}-train", trainImages.Shape, count, trainImages.Values, train),
            new ByteDataset($"{name}-test", testImages.Shape, count, testImages.Values, test),
            name,
            contentHash);
        return (data, trainImages.Values, testImages.Values);
    }

    /// <summary>The family that is wanted, or where nothing of MNIST's names is there, the only one that is.</summary>
    private static IdxFamily Choose(string folder, IdxFamily wanted, IProgress<string>? progress)
    {
        var family = wanted;
        if (wanted == IdxFamily.OfMnist && !wanted.IsIn(folder))
        {
            var found = IdxFamily.Relatives.Where(relative => relative.IsIn(folder)).ToArray();
            if (found.Length > 1)
            {
                throw new DataException(
                    $"The folder '{folder}' has files of {string.Join(", ", found.Select(relative => relative.Name))}; expected one kind of data. "
                    + $"Say which: {string.Join(" or ", found.Select(relative => $"dataset={relative.Name}"))}; for images of {Mnist32.Size} x {Mnist32.Size} keep it in a folder of its own.");
            }

            family = found.SingleOrDefault(wanted);
        }

        if (family != IdxFamily.OfMnist)
        {
            progress?.Report($"'{folder}' has {family.Name}: {family.Traits}.");
        }

        return family;
    }

    /// <summary>What the first class is called. Where a number of classes is given, labels that use it and never 0 can only be counted from 1.</summary>
    private static int FirstLabel(IdxFamily family, int? classes, IdxLabels[] labels, IProgress<string>? progress)
    {
        var values = labels.SelectMany(part => part.Values);
        if (family != IdxFamily.OfMnist || classes is not { } count || values.Min() != 1 || values.Max() != count)
        {
            return family.FirstLabel;
        }

        progress?.Report($"The labels of '{labels[0].Path}' are 1 to {count}: they are counted from 1.");
        return 1;
    }

    private static void RequireEqual(IdxImages images, IdxLabels labels)
    {
        if (images.Count != labels.Values.Length)
        {
            throw new DataException($"'{labels.Path}' has {labels.Values.Length} labels; expected {images.Count}, one for each image of '{images.Path}'.");
        }
    }

    private static int[] FromZero(IdxLabels labels, int first, int classes, string advice)
    {
        var outside = labels.Values.AsSpan().IndexOfAnyExceptInRange(first, first + classes - 1);
        if (outside >= 0)
        {
            throw new DataException(
                $"'{labels.Path}': label {outside} is {labels.Values[outside]}; expected {first} to {first + classes - 1}. {advice}");
        }

        return [.. labels.Values.Select(label => label - first)];
    }

    /// <summary>
    /// The hash of images and labels as IDX files of unsigned bytes, headers included: for MNIST that of its own files, uncompressed. Labels of more than 256
    /// classes are hashed as 32-bit integers, and a number of classes other than MNIST's follows.
    /// </summary>
    private static string Hash(int classes, (IdxImages Images, int[] Labels)[] parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (images, labels) in parts)
        {
            int[] sizes = images.Shape.Channels == 1
                ? [images.Count, images.Shape.Height, images.Shape.Width]
                : [images.Count, images.Shape.Channels, images.Shape.Height, images.Shape.Width];
            AppendHeader(IdxType.UnsignedByte, sizes);
            hash.AppendData(images.Values);
            if (classes <= 256)
            {
                AppendHeader(IdxType.UnsignedByte, [labels.Length]);
                hash.AppendData([.. labels.Select(label => (byte)label)]);
            }
            else
            {
                AppendHeader(IdxType.Int32, [labels.Length]);
                AppendNumbers(labels);
            }
        }

        if (classes != Classes)
        {
            AppendNumbers([classes]);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());

        void AppendHeader(IdxType type, int[] sizes)
        {
            hash.AppendData([0, 0, (byte)type, (byte)sizes.Length]);
            AppendNumbers(sizes);
        }

        void AppendNumbers(int[] numbers)
        {
            Span<byte> word = stackalloc byte[4];
            foreach (var number in numbers)
            {
                BinaryPrimitives.WriteInt32BigEndian(word, number);
                hash.AppendData(word);
            }
        }
    }
}
