using SparseCore.Data;
using SparseCore.Networks;
using SparseCore.Randomness;

namespace SparseCore.GpuChecks;

/// <summary>Images that can be learned, without files: a coarse black and white pattern for each class, under noise.</summary>
internal static class Patterns
{
    private const int Blocks = 7; // of a pattern, in each direction

    /// <summary>The same images in every process.</summary>
    /// <param name="shape">Shape of an image.</param>
    /// <param name="classes">Number of classes, whose examples take turns.</param>
    /// <param name="count">Number of images.</param>
    public static ByteDataset Create(Shape shape, int classes, int count)
    {
        var patterns = new RandomStream(1, "patterns");
        var isWhite = Enumerable.Range(0, classes * Blocks * Blocks).Select(_ => patterns.NextInt32(2) == 1).ToArray();
        var noise = new RandomStream(1, "noise");
        var images = new byte[count * shape.Count];
        for (var index = 0; index < images.Length; index++)
        {
            var row = index / shape.Width % shape.Height * Blocks / shape.Height;
            var column = index % shape.Width * Blocks / shape.Width;
            var value = noise.NextUInt32() >> 25;
            images[index] = (byte)(isWhite[(((index / shape.Count % classes * Blocks) + row) * Blocks) + column] ? 255 - value : value);
        }

        return new ByteDataset("patterns", shape, classes, images, [.. Enumerable.Range(0, count).Select(example => example % classes)]);
    }
}
