using System.Security.Cryptography;
using SparseCore.Networks;

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
        var trainImages = Read(folder, "train-images", 3);
        var trainLabels = Read(folder, "train-labels", 1);
        var testImages = Read(folder, "t10k-images", 3);
        var testLabels = Read(folder, "t10k-labels", 1);
        RequireEqual(trainImages, trainLabels);
        RequireEqual(testImages, testLabels);
        var shape = new Shape(1, trainImages.Array.Dimensions[1], trainImages.Array.Dimensions[2]);
        var testShape = new Shape(1, testImages.Array.Dimensions[1], testImages.Array.Dimensions[2]);
        if (shape != testShape)
        {
            throw new DataException($"'{testImages.Path}' has images of shape {testShape}; expected {shape} as in '{trainImages.Path}'.");
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (array, _) in (ReadOnlySpan<(IdxArray Array, string Path)>)[trainImages, trainLabels, testImages, testLabels])
        {
            array.AppendTo(hash);
        }

        var contentHash = Convert.ToHexStringLower(hash.GetHashAndReset());
        var name = contentHash == ContentHash ? "mnist" : $"idx-{contentHash[..8]}";
        var data = new DataSplit(
            new ByteDataset($"{name}-train", shape, Classes, trainImages.Array.Values, RequireLabels(trainLabels)),
            new ByteDataset($"{name}-test", shape, Classes, testImages.Array.Values, RequireLabels(testLabels)),
            name,
            contentHash);
        return (data, trainImages.Array.Values, testImages.Array.Values);
    }

    private static (IdxArray Array, string Path) Read(string folder, string name, int rank)
    {
        string[] spellings = [$"{name}-idx{rank}-ubyte.gz", $"{name}-idx{rank}-ubyte", $"{name}.idx{rank}-ubyte.gz", $"{name}.idx{rank}-ubyte"];
        foreach (var spelling in spellings)
        {
            var path = Path.Combine(folder, spelling);
            if (File.Exists(path))
            {
                return (IdxReader.Read(path, rank), path);
            }
        }

        throw new DataException(
            $"The folder '{folder}' has no '{spellings[1]}' (also looked for {spellings[0]}, {spellings[2]}, {spellings[3]}). Put the four MNIST files there or name another folder.");
    }

    private static void RequireEqual((IdxArray Array, string Path) images, (IdxArray Array, string Path) labels)
    {
        if (images.Array.Dimensions[0] != labels.Array.Dimensions[0])
        {
            throw new DataException(
                $"'{labels.Path}' has {labels.Array.Dimensions[0]} labels; expected {images.Array.Dimensions[0]}, one for each image of '{images.Path}'.");
        }
    }

    private static byte[] RequireLabels((IdxArray Array, string Path) labels)
    {
        var outside = labels.Array.Values.AsSpan().IndexOfAnyExceptInRange((byte)0, (byte)(Classes - 1));
        if (outside >= 0)
        {
            throw new DataException($"'{labels.Path}': label {outside} is {labels.Array.Values[outside]}; expected 0 to {Classes - 1}.");
        }

        return labels.Array.Values;
    }
}
