using SparseCore.Numerics;
using SparseCore.Randomness;

namespace SparseCore.Data;

/// <summary>
/// Which part of an image becomes an example: a box is resized to a grid, of which a square of size x size is kept.
/// </summary>
/// <param name="Left">Left edge of the box in pixels of the image.</param>
/// <param name="Top">Top edge of the box.</param>
/// <param name="Width">Width of the box.</param>
/// <param name="Height">Height of the box.</param>
/// <param name="GridWidth">Pixels that the width becomes.</param>
/// <param name="GridHeight">Pixels that the height becomes.</param>
/// <param name="KeptLeft">First column of the grid that is kept.</param>
/// <param name="KeptTop">First row of the grid that is kept.</param>
/// <param name="IsMirrored">Whether left and right are swapped in the end.</param>
internal readonly record struct CropWindow(
    double Left, double Top, double Width, double Height, int GridWidth, int GridHeight, int KeptLeft, int KeptTop, bool IsMirrored)
{
    private const int Attempts = 10;
    private const double SmallestArea = 0.08;
    private const double WidestRatio = 4.0 / 3;

    /// <summary>
    /// The random resized crop of Szegedy et al. (2015) as torchvision draws it: area uniform in 8% to 100% of the image, logarithm of the aspect ratio
    /// uniform between those of 3/4 and 4/3, position uniform; after 10 boxes that do not fit, the largest centered box of an allowed ratio. Mirrored
    /// with probability 1/2.
    /// </summary>
    public static CropWindow Random(int width, int height, int size, RandomStream stream)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var area = (SmallestArea + ((1 - SmallestArea) * stream.NextDouble())) * width * height;
            var ratio = PortableMath.Exp(PortableMath.Log(WidestRatio) * ((2 * stream.NextDouble()) - 1));
            var boxWidth = (int)Math.Round(Math.Sqrt(area * ratio));
            var boxHeight = (int)Math.Round(Math.Sqrt(area / ratio));
            if (boxWidth >= 1 && boxWidth <= width && boxHeight >= 1 && boxHeight <= height)
            {
                var top = stream.NextInt32(height - boxHeight + 1);
                var left = stream.NextInt32(width - boxWidth + 1);
                return new CropWindow(left, top, boxWidth, boxHeight, size, size, 0, 0, stream.NextInt32(2) == 1);
            }
        }

        var widest = Math.Min(width, Math.Max(1, (int)Math.Round(height * WidestRatio)));
        var highest = Math.Min(height, Math.Max(1, (int)Math.Round(width * WidestRatio)));
        return new CropWindow((width - widest) / 2, (height - highest) / 2, widest, highest, size, size, 0, 0, stream.NextInt32(2) == 1);
    }

    /// <summary>For evaluation: the shorter side becomes size * 256 / 224, rounded, and the center is kept, as torchvision does it.</summary>
    public static CropWindow Center(int width, int height, int size)
    {
        var shorter = (int)Math.Round(size * 256 / 224.0);
        var longer = (int)((long)shorter * Math.Max(width, height) / Math.Min(width, height));
        var (gridWidth, gridHeight) = width < height ? (shorter, longer) : (longer, shorter);
        return new CropWindow(
            0, 0, width, height, gridWidth, gridHeight, (int)Math.Round((gridWidth - size) / 2.0), (int)Math.Round((gridHeight - size) / 2.0), false);
    }

    /// <summary>By how much decoding may reduce the image and still leave as many pixels as the grid has: 8, 4, 2 or 1.</summary>
    public int Reduction()
    {
        var reduction = 8;
        while (reduction > 1 && (Width < (double)GridWidth * reduction || Height < (double)GridHeight * reduction))
        {
            reduction /= 2;
        }

        return reduction;
    }
}
