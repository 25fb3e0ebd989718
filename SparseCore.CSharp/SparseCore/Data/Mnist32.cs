using System.Security.Cryptography;
using System.Text;
using SparseCore.Networks;

namespace SparseCore.Data;

/// <summary>
/// MNIST, Fashion-MNIST or any of their relatives that <see cref="Mnist"/> loads, made fit for networks that expect photographs: enlarged to 32 x 32 (bilinear), three equal
/// channels, standardized by mean and deviation of all training pixels after enlargement.
/// </summary>
public static class Mnist32
{
    /// <summary>Height and width.</summary>
    public const int Size = 32;

    private const int Channels = 3;

    /// <summary>The hash of Fashion-MNIST's own four files, as <see cref="Mnist.Load"/> computes it.</summary>
    internal const string FashionHash = "14410854cf7a289477dcfc7df3f8ec24741e281cdcc425ede0d9a748ca630214";

    /// <summary>Reads the four files as <see cref="Mnist.Load"/> does and enlarges them.</summary>
    /// <param name="folder">Where the files are.</param>
    /// <param name="augmentation">How views of training images differ; test images have none.</param>
    /// <param name="viewSeed">Seed of the views.</param>
    /// <param name="classes">Number of classes, as for <see cref="Mnist.Load"/>.</param>
    /// <param name="progress">Receives sentences, as of <see cref="Mnist.Load"/>.</param>
    /// <exception cref="DataException">A file is missing or damaged, images are larger than 32 x 32 or too many, or all training pixels are equal.</exception>
    public static DataSplit Load(
        string folder, Augmentation augmentation = Augmentation.None, ulong viewSeed = 1, int? classes = null, IProgress<string>? progress = null)
    {
        var (source, trainImages, testImages) = Mnist.LoadBytes(folder, classes: classes, progress: progress);
        var shape = source.Train.Shape;
        if (shape.Channels != 1)
        {
            throw new DataException($"The images of '{folder}' have {shape.Channels} channels; expected gray ones, to be shown in three equal channels.");
        }

        if (shape.Height > Size || shape.Width > Size)
        {
            throw new DataException($"The images of '{folder}' are {shape.Height} x {shape.Width}; expected at most {Size} x {Size}, to be enlarged to that.");
        }

        var largest = Array.MaxLength / (Size * Size);
        if (Math.Max(source.Train.Count, source.Test.Count) > largest)
        {
            throw new DataException($"'{folder}' has {source.Train.Count} and {source.Test.Count} images; expected at most {largest} to enlarge.");
        }

        var train = Enlargement.Bilinear(trainImages, shape.Height, shape.Width, Size);
        var test = Enlargement.Bilinear(testImages, shape.Height, shape.Width, Size);
        var (mean, deviation) = Moments(train);
        if (deviation == 0)
        {
            throw new DataException($"All training pixels of '{folder}' are {train[0]}; expected images.");
        }

        var augmented = augmentation switch
        {
            Augmentation.None => "",
            Augmentation.Shift => "-shift",
            _ => "-shift-flip",
        };
        var views = augmentation == Augmentation.None ? "none" : $"{augmented[1..]} by {SmallImageDataset.LargestShift}, seed {viewSeed}";
        var contents = $"bilinear {Size} x {Size}, 3 equal channels, standardised by the training pixels, views {views}, of {source.ContentHash}";
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(contents)));
        var name = source.ContentHash switch
        {
            Mnist.ContentHash => "mnist32",
            FashionHash => "fashion32",
            _ => $"idx32-{hash[..8]}",
        } + augmented;
        return new DataSplit(
            Make("train", train, source.Train, augmentation), Make("test", test, source.Test, Augmentation.None), name, hash);

        Dataset Make(string part, byte[] images, Dataset of, Augmentation views) => new SmallImageDataset(
            $"{name}-{part}",
            new Shape(Channels, Size, Size),
            of.Classes,
            images,
            [.. Enumerable.Range(0, of.Count).Select(of.Label)],
            InputNormalization.Uniform(Channels, mean, deviation),
            views,
            viewSeed);
    }

    /// <summary>Mean and population standard deviation of pixels / 255, from exact sums.</summary>
    private static (float Mean, float Deviation) Moments(byte[] pixels)
    {
        var (sum, squares) = (0L, 0L);
        foreach (var pixel in pixels)
        {
            sum += pixel;
            squares += pixel * pixel;
        }

        var count = 255.0 * pixels.Length;
        var variance = (double)(((Int128)pixels.Length * squares) - ((Int128)sum * sum)) / (count * count);
        return ((float)(sum / count), (float)Math.Sqrt(variance));
    }
}
