using SparseCore.Networks;

namespace SparseCore.Data;

/// <summary>Images of an IDX file, as bytes.</summary>
/// <param name="Path">The file.</param>
/// <param name="Shape">Shape of one image: [channels, rows, columns].</param>
/// <param name="Values">Shape [images, channels, rows, columns].</param>
internal sealed record IdxImages(string Path, Shape Shape, byte[] Values)
{
    /// <summary>Number of images.</summary>
    public int Count => Values.Length / Shape.Count;

    /// <summary>
    /// Reads images of shape [images, rows, columns], or with one or three channels at the second or at the last place. Values must be whole numbers from
    /// 0 to 255, of any type of the format, or floating-point numbers k / 255: what a network sees, b / 255, is then the number that was stored. A file
    /// of floating-point numbers is of the second kind when none of them is above 1.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="transposed">Whether rows and columns are stored the other way round; they are put right.</param>
    /// <exception cref="DataException">The file cannot be read, has another shape, or a value that is no byte.</exception>
    public static IdxImages Read(string path, bool transposed)
    {
        var array = IdxReader.Read(path);
        var values = ToBytes(array, path);
        var sizes = array.Dimensions;
        switch (sizes.Count)
        {
            case 3:
                return Upright(1, sizes[1], sizes[2]);
            case 4 when IsChannels(sizes[1]) && !IsChannels(sizes[3]):
                return Upright(sizes[1], sizes[2], sizes[3]);
            case 4 when IsChannels(sizes[3]) && !IsChannels(sizes[1]):
                Transpose(values, sizes[1] * sizes[2], sizes[3]);
                return Upright(sizes[3], sizes[1], sizes[2]);
            default:
                var reason = sizes.Count == 4 ? ", with 1 or 3 channels at exactly one of the two places" : "";
                throw new DataException(
                    $"'{path}' has the shape {array.ShapeText}; expected images as [images, rows, columns], [images, channels, rows, columns] or [images, rows, columns, channels]{reason}. "
                    + "Write its header with these dimensions.");
        }

        IdxImages Upright(int channels, int rows, int columns)
        {
            if (!transposed)
            {
                return new(path, new Shape(channels, rows, columns), values);
            }

            Transpose(values, rows, columns);
            return new(path, new Shape(channels, columns, rows), values);
        }
    }

    private static bool IsChannels(int size) => size is 1 or 3;

    /// <summary>Swaps rows and columns of every matrix, in place.</summary>
    private static void Transpose(byte[] values, int rows, int columns)
    {
        var matrix = new byte[rows * columns];
        for (var first = 0; first < values.Length; first += matrix.Length)
        {
            values.AsSpan(first, matrix.Length).CopyTo(matrix);
            var next = first;
            for (var column = 0; column < columns; column++)
            {
                for (var row = 0; row < rows; row++)
                {
                    values[next++] = matrix[(row * columns) + column];
                }
            }
        }
    }

    private static byte[] ToBytes(IdxArray array, string path)
    {
        if (array.Type == IdxType.UnsignedByte)
        {
            return array.Bytes;
        }

        var bytes = new byte[array.Count];
        var isFraction = array.IsFloatingPoint && Enumerable.Range(0, bytes.Length).All(index => array[index] <= 1);
        var scale = isFraction ? 255 : 1;

        // k / 255 may have been rounded twice on its way to a float: it is within two units of the last place.
        var tolerance = isFraction ? 2 * (MathF.BitIncrement(1) - 1) : 0;
        for (var index = 0; index < bytes.Length; index++)
        {
            var value = array[index];
            var whole = Math.Round(value * scale);
            if (!(whole is >= 0 and <= 255 && Math.Abs((value * scale) - whole) <= whole * tolerance))
            {
                var expected = array.IsFloatingPoint ? "whole numbers from 0 to 255, or multiples of 1/255 up to 1" : "0 to 255";
                throw new DataException(
                    FormattableString.Invariant($"'{path}': value {index} is {value}, of type {array.Type}; expected {expected}. Save the images as unsigned bytes, before they are standardized."));
            }

            bytes[index] = (byte)whole;
        }

        return bytes;
    }
}
