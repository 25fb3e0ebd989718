using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SparseCore.Data;

/// <summary>
/// Resizes by a triangle filter that widens with the reduction (bilinear with antialiasing), columns first, then rows, with weights of 22 bits and
/// bytes in between: the arithmetic of Pillow's and torchvision's bilinear resize, and integers throughout, so that any vector width gives the same
/// bits. Used by one thread at a time.
/// </summary>
internal sealed unsafe class ImageResampler : IDisposable
{
    private const int WeightBits = 22;
    private const int Half = 1 << (WeightBits - 1);
    private const int Pixel = ImageDecoder.PixelBytes;
    private const int VectorBytes = 16;

    private byte* middle;
    private nuint capacity;

    ~ImageResampler() => Free();

    /// <summary>Makes one example.</summary>
    /// <param name="pixels">Shape [height, width, 4].</param>
    /// <param name="width">Pixels in a row, after the reduction.</param>
    /// <param name="height">Rows, after the reduction.</param>
    /// <param name="window">What to keep, in pixels before the reduction.</param>
    /// <param name="reduction">By how much decoding has reduced the image.</param>
    /// <param name="size">Height and width of the example.</param>
    /// <param name="planes">Receives red, green and blue. Shape [3, size, size].</param>
    public void Resample(byte* pixels, int width, int height, in CropWindow window, int reduction, int size, byte* planes)
    {
        var columns = new Taps(window.Left / reduction, window.Width / reduction, width, window.GridWidth, window.KeptLeft, size);
        var rows = new Taps(window.Top / reduction, window.Height / reduction, height, window.GridHeight, window.KeptTop, size);
        var firstRow = rows.First[0];
        var rowCount = rows.First[size - 1] + rows.Count[size - 1] - firstRow;
        var stride = ((size * Pixel) + VectorBytes - 1) / VectorBytes * VectorBytes;
        Reserve((nuint)((rowCount + 1L) * stride));
        fixed (int* first = columns.First, count = columns.Count, weights = columns.Weights)
        {
            for (var row = 0; row < rowCount; row++)
            {
                ResizeRow(pixels + ((long)(firstRow + row) * width * Pixel), first, count, weights, columns.Width, size, middle + ((long)row * stride));
            }
        }

        var mixed = middle + ((long)rowCount * stride);
        fixed (int* weights = rows.Weights)
        {
            for (var row = 0; row < size; row++)
            {
                MixRows(middle + ((long)(rows.First[row] - firstRow) * stride), weights + (row * rows.Width), rows.Count[row], stride, mixed);
                Split(mixed, size, window.IsMirrored, planes + (row * size));
            }
        }
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ResizeRow(byte* source, int* first, int* count, int* weights, int tapWidth, int size, byte* target)
    {
        for (var column = 0; column < size; column++)
        {
            var sum = Vector128.Create(Half);
            var pixel = source + (first[column] * Pixel);
            for (var tap = 0; tap < count[column]; tap++)
            {
                var bytes = Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<uint>(pixel + (tap * Pixel))).AsByte();
                sum += Vector128.WidenLower(Vector128.WidenLower(bytes)).AsInt32() * Vector128.Create(weights[tap]);
            }

            var words = Vector128.Narrow(Vector128.ShiftRightLogical(sum, WeightBits).AsUInt32(), Vector128<uint>.Zero);
            Unsafe.WriteUnaligned(target + (column * Pixel), Vector128.Narrow(words, words).AsUInt32().ToScalar());
            weights += tapWidth;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MixRows(byte* source, int* weights, int taps, int stride, byte* target)
    {
        for (var place = 0; place < stride; place += VectorBytes)
        {
            var sum = Vector512.Create(Half);
            var bytes = source + place;
            for (var tap = 0; tap < taps; tap++)
            {
                var wide = Vector512.WidenLower(Vector512.WidenLower(Vector128.Load(bytes).ToVector256Unsafe().ToVector512Unsafe()));
                sum += wide.AsInt32() * Vector512.Create(weights[tap]);
                bytes += stride;
            }

            var shares = Vector512.ShiftRightLogical(sum, WeightBits).AsUInt32();
            var words = Vector256.Narrow(shares.GetLower(), shares.GetUpper());
            Vector128.Narrow(words.GetLower(), words.GetUpper()).Store(target + place);
        }
    }

    private static void Split(byte* pixels, int size, bool mirrored, byte* planes)
    {
        var plane = size * size;
        var step = mirrored ? -1 : 1;
        var target = planes + (mirrored ? size - 1 : 0);
        for (var column = 0; column < size; column++)
        {
            target[0] = pixels[0];
            target[plane] = pixels[1];
            target[2 * plane] = pixels[2];
            target += step;
            pixels += Pixel;
        }
    }

    private void Reserve(nuint bytes)
    {
        if (bytes > capacity)
        {
            Free();
            middle = (byte*)NativeMemory.Alloc(bytes);
            capacity = bytes;
        }
    }

    private void Free()
    {
        NativeMemory.Free(middle);
        middle = null;
        capacity = 0;
    }

    /// <summary>Which source pixels make each of the kept pixels of one axis, and with which weights (their sum is 2^22 but for rounding).</summary>
    private readonly struct Taps
    {
        public readonly int[] First;
        public readonly int[] Count;
        public readonly int[] Weights;
        public readonly int Width;

        public Taps(double start, double length, int sourceLength, int gridLength, int kept, int size)
        {
            var scale = length / gridLength;
            var support = Math.Max(scale, 1);
            var narrowing = 1 / support;
            Width = ((int)Math.Ceiling(support) * 2) + 1;
            First = new int[size];
            Count = new int[size];
            Weights = new int[size * Width];
            Span<double> shares = Width <= 256 ? stackalloc double[Width] : new double[Width];
            for (var target = 0; target < size; target++)
            {
                var center = start + ((kept + target + 0.5) * scale);
                var first = Math.Max(0, (int)(center - support + 0.5));
                var count = Math.Min(sourceLength, (int)(center + support + 0.5)) - first;
                var sum = 0.0;
                for (var tap = 0; tap < count; tap++)
                {
                    shares[tap] = Math.Max(0, 1 - Math.Abs((first + tap - center + 0.5) * narrowing));
                    sum += shares[tap];
                }

                (First[target], Count[target]) = (first, count);
                for (var tap = 0; tap < count; tap++)
                {
                    Weights[(target * Width) + tap] = (int)((shares[tap] / sum * (1 << WeightBits)) + 0.5);
                }
            }
        }
    }
}
