namespace SparseCore.Data;

/// <summary>Bilinear enlargement of gray images with aligned pixel borders (half-pixel centers), in integers: exact, then rounded to the nearest byte.</summary>
internal static class Enlargement
{
    /// <summary>Enlarges images of height x width to size x size.</summary>
    /// <param name="images">Shape [count, height, width].</param>
    /// <param name="height">At most <paramref name="size"/>.</param>
    /// <param name="width">At most <paramref name="size"/>.</param>
    /// <param name="size">Height and width of the result.</param>
    /// <returns>Shape [count, size, size].</returns>
    public static byte[] Bilinear(byte[] images, int height, int width, int size)
    {
        var count = images.Length / (height * width);
        var enlarged = new byte[(long)count * size * size];
        var rows = Taps(height, size);
        var columns = Taps(width, size);
        Parallel.For(0, count, image =>
        {
            var source = images.AsSpan(image * height * width, height * width);
            var target = enlarged.AsSpan(image * size * size, size * size);
            for (var row = 0; row < size; row++)
            {
                var (top, bottom, down) = rows[row];
                for (var column = 0; column < size; column++)
                {
                    var (left, right, along) = columns[column];
                    var upper = ((Whole(size) - along) * source[(top * width) + left]) + (along * source[(top * width) + right]);
                    var lower = ((Whole(size) - along) * source[(bottom * width) + left]) + (along * source[(bottom * width) + right]);
                    var sum = ((long)(Whole(size) - down) * upper) + ((long)down * lower);
                    var whole = (long)Whole(size) * Whole(size);
                    target[(row * size) + column] = (byte)((sum + (whole / 2)) / whole);
                }
            }
        });
        return enlarged;
    }

    /// <summary>The weights of a pixel's two neighbors add up to this.</summary>
    private static int Whole(int size) => 2 * size;

    /// <summary>Output pixel t lies at (t + 1/2) source / size - 1/2 = ((2 t + 1) source - size) / (2 size): a whole pixel and a fraction; edges repeat.</summary>
    private static (int First, int Second, int WeightOfSecond)[] Taps(int source, int size)
    {
        var taps = new (int, int, int)[size];
        for (var target = 0; target < size; target++)
        {
            var place = (((2 * target) + 1) * source) - size;
            var first = (int)Math.Floor((double)place / Whole(size));
            taps[target] = (Math.Clamp(first, 0, source - 1), Math.Clamp(first + 1, 0, source - 1), place - (first * Whole(size)));
        }

        return taps;
    }
}
