using System.Buffers.Binary;
using System.Security.Cryptography;

namespace SparseCore.Data;

/// <summary>Loads MNIST, or any data in the same four files (Fashion-MNIST, KMNIST), from a folder.</summary>
public static class Mnist
{
    /// <summary>Classes of MNIST and its like.</summary>
    public const int Classes = 10;

    /// <summary>The hash of MNIST's own four files.</summary>
    internal const string ContentHash = "b2d8f5bf39174ee5ffeefa97e42d673c35432b411bb5d1f74fbbeddae7f1690a";

    /// <summary>
    /// Reads train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte; each may be gzipped with the ending
    /// .gz, and may be spelt with a dot before "idx".
    /// </summary>
    /// <exception cref="DataException">A file is missing or damaged, counts or image sizes differ, or a label is above 9.</exception>
    public static DataSplit Load(string folder) => LoadBytes(folder).Data;

    /// <summary>As <see cref="Load"/>, with the images as bytes: shapes [train, height, width] and [test, height, width], not to be changed.</summary>
    internal static (DataSplit Data, byte[] TrainImages, byte[] TestImages) LoadBytes(string folder)
    {
        var trainImages = IdxImages.Read(Find(folder, "train-images", 3), transposed: false);
        var trainLabels = IdxLabels.Read(Find(folder, "train-labels", 1), columns: 1);
        var testImages = IdxImages.Read(Find(folder, "t10k-images", 3), transposed: false);
        var testLabels = IdxLabels.Read(Find(folder, "t10k-labels", 1), columns: 1);
        RequireEqual(trainImages, trainLabels);
        RequireEqual(testImages, testLabels);
        if (testImages.Shape != trainImages.Shape)
        {
            throw new DataException($"'{testImages.Path}' has images of shape {testImages.Shape}; expected {trainImages.Shape} as in '{trainImages.Path}'.");
        }

        RequireLabels(trainLabels);
        RequireLabels(testLabels);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, trainImages, trainLabels);
        Append(hash, testImages, testLabels);
        var contentHash = Convert.ToHexStringLower(hash.GetHashAndReset());
        var name = contentHash == ContentHash ? "mnist" : $"idx-{contentHash[..8]}";
        var data = new DataSplit(
            new ByteDataset($"{name}-train", trainImages.Shape, Classes, trainImages.Values, trainLabels.Values),
            new ByteDataset($"{name}-test", testImages.Shape, Classes, testImages.Values, testLabels.Values),
            name,
            contentHash);
        return (data, trainImages.Values, testImages.Values);
    }

    private static string Find(string folder, string name, int rank)
    {
        string[] spellings = [$"{name}-idx{rank}-ubyte.gz", $"{name}-idx{rank}-ubyte", $"{name}.idx{rank}-ubyte.gz", $"{name}.idx{rank}-ubyte"];
        foreach (var spelling in spellings)
        {
            var path = Path.Combine(folder, spelling);
            if (File.Exists(path))
            {
                return path;
            }
        }

        throw new DataException(
            $"The folder '{folder}' has no '{spellings[1]}' (also looked for {spellings[0]}, {spellings[2]}, {spellings[3]}). Put the four MNIST files there or name another folder.");
    }

    private static void RequireEqual(IdxImages images, IdxLabels labels)
    {
        if (images.Count != labels.Values.Length)
        {
            throw new DataException($"'{labels.Path}' has {labels.Values.Length} labels; expected {images.Count}, one for each image of '{images.Path}'.");
        }
    }

    private static void RequireLabels(IdxLabels labels)
    {
        var outside = labels.Values.AsSpan().IndexOfAnyExceptInRange(0, Classes - 1);
        if (outside >= 0)
        {
            throw new DataException($"'{labels.Path}': label {outside} is {labels.Values[outside]}; expected 0 to {Classes - 1}.");
        }
    }

    /// <summary>Hashes images and labels as IDX files of unsigned bytes, headers included: for MNIST its own files, uncompressed.</summary>
    private static void Append(IncrementalHash hash, IdxImages images, IdxLabels labels)
    {
        AppendHeader(images.Shape.Channels == 1
            ? [images.Count, images.Shape.Height, images.Shape.Width]
            : [images.Count, images.Shape.Channels, images.Shape.Height, images.Shape.Width]);
        hash.AppendData(images.Values);
        AppendHeader([labels.Values.Length]);
        hash.AppendData([.. labels.Values.Select(label => (byte)label)]);

        void AppendHeader(int[] sizes)
        {
            Span<byte> word = [0, 0, (byte)IdxType.UnsignedByte, (byte)sizes.Length];
            hash.AppendData(word);
            foreach (var size in sizes)
            {
                BinaryPrimitives.WriteInt32BigEndian(word, size);
                hash.AppendData(word);
            }
        }
    }
}
