using System.Reflection;
using SparseCore.Data;

namespace SparseCore.Datasets;

/// <summary>
/// MNIST (LeCun, Cortes and Burges): 60,000 training and 10,000 test images of digits, 28 x 28 bytes each. The four files are in this library, so that a
/// program finds them wherever it runs.
/// </summary>
public static class BundledMnist
{
    /// <summary>Names of the files: gzipped IDX files, as MNIST has always been distributed.</summary>
    public static IReadOnlyList<string> FileNames { get; } =
        ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"];

    /// <summary>Loads the data; it takes half a second.</summary>
    /// <returns>The data that <c>dataset=mnist</c> names, with the same content hash.</returns>
    /// <exception cref="IOException">The folder for temporary files cannot be written (11 MB, removed again).</exception>
    public static DataSplit Load()
    {
        var folder = Directory.CreateTempSubdirectory("sparsecore-mnist-").FullName;
        try
        {
            WriteTo(folder);
            return Mnist.Load(folder);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    /// <summary>Writes the four files (11 MB) into a folder, which is made where it is missing; files of these names are replaced.</summary>
    /// <param name="folder">The folder, for example for <c>data=FOLDER</c>.</param>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static void WriteTo(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var name in FileNames)
        {
            using var source = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
                ?? throw new InvalidOperationException($"{name} is missing in {typeof(BundledMnist).Assembly}.");
            using var target = File.Create(Path.Combine(folder, name));
            source.CopyTo(target);
        }
    }
}
