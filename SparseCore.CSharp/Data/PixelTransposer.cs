using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace SparseCore.Data;

/// <summary>Turns images of bytes into batch-innermost floats, 16 images at a time. A byte b becomes the float nearest to b / 255, then is scaled.</summary>
internal static unsafe class PixelTransposer
{
    /// <summary>Images of one block.</summary>
    public const int Lanes = 16;

    private static bool CanInterleave
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector128.IsHardwareAccelerated && (Sse2.IsSupported || AdvSimd.Arm64.IsSupported);
    }

    /// <summary>Writes up to 16 columns: value v of image j goes to target[v * stride + j]; columns from <paramref name="images"/> on become 0.</summary>
    /// <param name="sources">First byte of each image. Shape [images].</param>
    /// <param name="images">Images there are, 0 to <paramref name="columns"/>.</param>
    /// <param name="columns">Columns to write, at most 16.</param>
    /// <param name="size">Values of one image.</param>
    /// <param name="stride">Distance between two values of one image in the target.</param>
    /// <param name="scale">What becomes of a pixel.</param>
    /// <param name="target">First value of the first image.</param>
    public static void Write<TScale>(byte** sources, int images, int columns, int size, int stride, TScale scale, float* target)
        where TScale : struct, IPixelScale
    {
        var first = 0;
        if (columns == Lanes && CanInterleave)
        {
            WriteTiles(sources, images, size, stride, scale, target);
            first = size / Lanes * Lanes;
        }

        for (var column = 0; column < columns; column++)
        {
            var image = column < images ? sources[column] : null;
            for (var value = first; value < size; value++)
            {
                target[((long)value * stride) + column] = image == null ? 0f : scale.Apply(image[value] / 255f);
            }
        }
    }

    /// <summary>Tiles of 16 images x 16 values are transposed as bytes, then widened; absent images read as 0. A rest below 16 values is left out.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WriteTiles<TScale>(byte** sources, int images, int size, int stride, TScale scale, float* target)
        where TScale : struct, IPixelScale
    {
        var rows = stackalloc byte*[Lanes];
        var steps = stackalloc nint[Lanes];
        var zeros = stackalloc byte[Lanes];
        Unsafe.InitBlock(zeros, 0, Lanes);
        for (var lane = 0; lane < Lanes; lane++)
        {
            rows[lane] = lane < images ? sources[lane] : zeros;
            steps[lane] = lane < images ? Lanes : 0;
            if (Sse.IsSupported && lane < images)
            {
                // Random examples of a large set are not in the cache: asking for all 16 at once waits for memory once.
                for (var line = 0; line < size; line += 64)
                {
                    Sse.Prefetch0(rows[lane] + line);
                }
            }
        }

        for (var value = 0; value + Lanes <= size; value += Lanes)
        {
            // Interleaving row i with row i + 8 four times over transposes a 16 x 16 tile of bytes.
            var a0 = Next(rows, steps, 0);
            var a1 = Next(rows, steps, 1);
            var a2 = Next(rows, steps, 2);
            var a3 = Next(rows, steps, 3);
            var a4 = Next(rows, steps, 4);
            var a5 = Next(rows, steps, 5);
            var a6 = Next(rows, steps, 6);
            var a7 = Next(rows, steps, 7);
            var a8 = Next(rows, steps, 8);
            var a9 = Next(rows, steps, 9);
            var a10 = Next(rows, steps, 10);
            var a11 = Next(rows, steps, 11);
            var a12 = Next(rows, steps, 12);
            var a13 = Next(rows, steps, 13);
            var a14 = Next(rows, steps, 14);
            var a15 = Next(rows, steps, 15);
            for (var round = 0; round < 4; round++)
            {
                var (b0, b1, b2, b3) = (Low(a0, a8), High(a0, a8), Low(a1, a9), High(a1, a9));
                var (b4, b5, b6, b7) = (Low(a2, a10), High(a2, a10), Low(a3, a11), High(a3, a11));
                var (b8, b9, b10, b11) = (Low(a4, a12), High(a4, a12), Low(a5, a13), High(a5, a13));
                var (b12, b13, b14, b15) = (Low(a6, a14), High(a6, a14), Low(a7, a15), High(a7, a15));
                (a0, a1, a2, a3) = (b0, b1, b2, b3);
                (a4, a5, a6, a7) = (b4, b5, b6, b7);
                (a8, a9, a10, a11) = (b8, b9, b10, b11);
                (a12, a13, a14, a15) = (b12, b13, b14, b15);
            }

            var row = target + ((long)value * stride);
            Widen(a0, scale, row);
            Widen(a1, scale, row += stride);
            Widen(a2, scale, row += stride);
            Widen(a3, scale, row += stride);
            Widen(a4, scale, row += stride);
            Widen(a5, scale, row += stride);
            Widen(a6, scale, row += stride);
            Widen(a7, scale, row += stride);
            Widen(a8, scale, row += stride);
            Widen(a9, scale, row += stride);
            Widen(a10, scale, row += stride);
            Widen(a11, scale, row += stride);
            Widen(a12, scale, row += stride);
            Widen(a13, scale, row += stride);
            Widen(a14, scale, row += stride);
            Widen(a15, scale, row + stride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Next(byte** rows, nint* steps, int lane)
    {
        var values = Vector128.Load(rows[lane]);
        rows[lane] += steps[lane];
        return values;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Low(Vector128<byte> left, Vector128<byte> right) =>
        Sse2.IsSupported ? Sse2.UnpackLow(left, right) : AdvSimd.Arm64.ZipLow(left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> High(Vector128<byte> left, Vector128<byte> right) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(left, right) : AdvSimd.Arm64.ZipHigh(left, right);

    /// <summary>
    /// b / 255 correctly rounded without a division: q = b r, then one Newton step q + r (b - 255 q) with r = 1 / 255 (Markstein 1990). A test compares
    /// all 256 values with the division of the scalar path.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Widen<TScale>(Vector128<byte> bytes, TScale scale, float* target)
        where TScale : struct, IPixelScale
    {
        if (!Vector512.IsHardwareAccelerated && Avx2.IsSupported)
        {
            var lower = ToFractions(Avx2.ConvertToVector256Int32(bytes));
            var upper = ToFractions(Avx2.ConvertToVector256Int32(Sse2.ShiftRightLogical128BitLane(bytes, 8)));
            scale.Apply(Vector512.Create(lower, upper)).Store(target);
            return;
        }

        var wide = Vector512.WidenLower(Vector512.WidenLower(bytes.ToVector256Unsafe().ToVector512Unsafe()));
        var numbers = Vector512.ConvertToSingle(wide.AsInt32());
        var reciprocal = Vector512.Create(1f / 255f);
        var quotient = numbers * reciprocal;
        var remainder = Vector512.FusedMultiplyAdd(quotient, Vector512.Create(-255f), numbers);
        scale.Apply(Vector512.FusedMultiplyAdd(remainder, reciprocal, quotient)).Store(target);
    }

    /// <summary>The same for 8 numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> ToFractions(Vector256<int> bytes)
    {
        var numbers = Vector256.ConvertToSingle(bytes);
        var reciprocal = Vector256.Create(1f / 255f);
        var quotient = numbers * reciprocal;
        var remainder = Vector256.FusedMultiplyAdd(quotient, Vector256.Create(-255f), numbers);
        return Vector256.FusedMultiplyAdd(remainder, reciprocal, quotient);
    }
}
