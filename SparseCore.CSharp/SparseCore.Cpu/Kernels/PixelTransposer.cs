using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace SparseCore.Cpu.Kernels;

/// <summary>Turns images of bytes into floats with the batch last, 16 images at a time. A byte b becomes the float nearest to b / 255, then is scaled.</summary>
internal static unsafe class PixelTransposer
{
    private const float Reciprocal = 1f / 255f;
    private const float ReciprocalRest = (float)((1.0 / 255) - Reciprocal);

    private static bool CanInterleave
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector128.IsHardwareAccelerated && (Sse2.IsSupported || AdvSimd.Arm64.IsSupported);
    }

    /// <summary>Writes 16 columns: value v of image j goes to target[v * stride + j]; columns from <paramref name="images"/> on become 0.</summary>
    /// <param name="sources">First byte of each image. Shape [images].</param>
    /// <param name="images">Images there are, 0 to 16.</param>
    /// <param name="size">Values of one image.</param>
    /// <param name="stride">Distance between two values of one image in the target.</param>
    /// <param name="scale">What becomes of a pixel.</param>
    /// <param name="target">First value of the first image.</param>
    /// <param name="upcoming">First byte of each image of the next call, which may be asked for meanwhile. Shape [upcomingImages].</param>
    /// <param name="upcomingImages">How many there are, at most 16.</param>
    public static void Write<TScale>(
        byte** sources, int images, int size, int stride, TScale scale, float* target, byte** upcoming = null, int upcomingImages = 0)
        where TScale : struct, IPixelScale
    {
        var first = 0;
        if (CanInterleave)
        {
            if (Avx512BW.IsSupported)
            {
                WriteWideTiles(sources, images, size, stride, scale, target, upcoming, upcomingImages);
            }
            else if (Lanes.UsesAvx2)
            {
                WriteAvx2Tiles(sources, images, size, stride, scale, target, upcoming, upcomingImages);
            }
            else
            {
                WriteTiles(sources, images, size, stride, scale, target);
            }

            first = size / Lanes.Width * Lanes.Width;
        }

        for (var column = 0; column < Lanes.Width; column++)
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
        var rows = stackalloc byte*[Lanes.Width];
        var present = stackalloc nint[Lanes.Width];
        var zeros = stackalloc byte[Lanes.Width];
        Locate(sources, images, size, rows, present, zeros);
        for (nint value = 0; value + Lanes.Width <= size; value += Lanes.Width)
        {
            // Interleaving row i with row i + 8 four times over transposes a 16 x 16 tile of bytes.
            var a0 = At(rows, present, value, 0);
            var a1 = At(rows, present, value, 1);
            var a2 = At(rows, present, value, 2);
            var a3 = At(rows, present, value, 3);
            var a4 = At(rows, present, value, 4);
            var a5 = At(rows, present, value, 5);
            var a6 = At(rows, present, value, 6);
            var a7 = At(rows, present, value, 7);
            var a8 = At(rows, present, value, 8);
            var a9 = At(rows, present, value, 9);
            var a10 = At(rows, present, value, 10);
            var a11 = At(rows, present, value, 11);
            var a12 = At(rows, present, value, 12);
            var a13 = At(rows, present, value, 13);
            var a14 = At(rows, present, value, 14);
            var a15 = At(rows, present, value, 15);
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

            var row = target + (value * stride);
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
    private static Vector128<byte> At(byte** rows, nint* present, nint value, int lane) => Vector128.Load(rows[lane] + (value & present[lane]));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Low(Vector128<byte> left, Vector128<byte> right) =>
        Sse2.IsSupported ? Sse2.UnpackLow(left, right) : AdvSimd.Arm64.ZipLow(left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> High(Vector128<byte> left, Vector128<byte> right) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(left, right) : AdvSimd.Arm64.ZipHigh(left, right);

    /// <summary>
    /// The same for machines with 512-bit vectors. The quarters of a register hold 16 values of images i, i + 4, i + 8 and i + 12: two rounds of interleaving put value
    /// v of 4 images side by side in each quarter, and a shuffle spreads them over the 16 lanes.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WriteWideTiles<TScale>(
        byte** sources, int images, int size, int stride, TScale scale, float* target, byte** upcoming, int upcomingImages)
        where TScale : struct, IPixelScale
    {
        var rows = stackalloc byte*[Lanes.Width];
        var present = stackalloc nint[Lanes.Width];
        var zeros = stackalloc byte[Lanes.Width];
        Locate(sources, images, size, rows, present, zeros);
        var places0 = Vector512.Create(Places(0), Places(0));
        var places1 = Vector512.Create(Places(4), Places(4));
        var places2 = Vector512.Create(Places(8), Places(8));
        var places3 = Vector512.Create(Places(12), Places(12));
        for (nint value = 0; value + Lanes.Width <= size; value += Lanes.Width)
        {
            AskFor(upcoming, upcomingImages, value);
            var a0 = Four(rows, present, value, 0);
            var a1 = Four(rows, present, value, 1);
            var a2 = Four(rows, present, value, 2);
            var a3 = Four(rows, present, value, 3);
            var a01 = Avx512BW.UnpackLow(a0, a1).AsUInt16();
            var a23 = Avx512BW.UnpackLow(a2, a3).AsUInt16();
            var row = target + (value * stride);
            WriteFour(Avx512BW.UnpackLow(a01, a23), places0, places1, places2, places3, stride, scale, row);
            WriteFour(Avx512BW.UnpackHigh(a01, a23), places0, places1, places2, places3, stride, scale, row + (4 * (nint)stride));
            a01 = Avx512BW.UnpackHigh(a0, a1).AsUInt16();
            a23 = Avx512BW.UnpackHigh(a2, a3).AsUInt16();
            row += 8 * (nint)stride;
            WriteFour(Avx512BW.UnpackLow(a01, a23), places0, places1, places2, places3, stride, scale, row);
            WriteFour(Avx512BW.UnpackHigh(a01, a23), places0, places1, places2, places3, stride, scale, row + (4 * (nint)stride));
        }
    }

    /// <summary>
    /// Where each image starts and whether it goes on (-1) or is absent (0 at every place). Random examples of a large set are not in the cache: asking for all lines at
    /// once waits for memory once.
    /// </summary>
    private static void Locate(byte** sources, int images, int size, byte** rows, nint* present, byte* zeros)
    {
        Unsafe.InitBlock(zeros, 0, Lanes.Width);
        for (var lane = 0; lane < Lanes.Width; lane++)
        {
            rows[lane] = lane < images ? sources[lane] : zeros;
            present[lane] = lane < images ? -1 : 0;
            for (var line = 0; Sse.IsSupported && lane < images && line < size; line += 64)
            {
                Sse.Prefetch0(rows[lane] + line);
            }
        }
    }

    /// <summary>Asks for a quarter of the next images' lines for each of four tiles, so that waiting for memory and turning overlap.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AskFor(byte** upcoming, int images, nint value)
    {
        for (var lane = (int)(value / Lanes.Width % 4); lane < images; lane += 4)
        {
            Sse.Prefetch0(upcoming[lane] + (value & -64));
        }
    }

    /// <summary>16 values of one image and of the fourth, eighth and twelfth after it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Four(byte** rows, nint* present, nint value, int lane) =>
        Avx512F.InsertVector256(Pair(rows, present, value, lane).ToVector512Unsafe(), Pair(rows, present, value, lane + 8), 1);

    /// <summary>Four values of 16 images.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteFour<TScale>(
        Vector512<ushort> values,
        Vector512<byte> places0,
        Vector512<byte> places1,
        Vector512<byte> places2,
        Vector512<byte> places3,
        int stride,
        TScale scale,
        float* target)
        where TScale : struct, IPixelScale
    {
        WriteOne(values, places0, scale, target);
        WriteOne(values, places1, scale, target += stride);
        WriteOne(values, places2, scale, target += stride);
        WriteOne(values, places3, scale, target + stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteOne<TScale>(Vector512<ushort> values, Vector512<byte> places, TScale scale, float* target)
        where TScale : struct, IPixelScale
    {
        // As ToShares.
        var numbers = Vector512.ConvertToSingle(Avx512BW.Shuffle(values.AsByte(), places).AsInt32());
        scale.Apply(Vector512.FusedMultiplyAdd(numbers, Vector512.Create(Reciprocal), numbers * Vector512.Create(ReciprocalRest))).Store(target);
    }

    /// <summary>
    /// The same for machines with 256-bit vectors. The low half of a register holds 16 values of image i, the high half those of image i + 4: two rounds of
    /// interleaving put value v of 4 images side by side in each half, and a shuffle spreads them over the 8 lanes.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WriteAvx2Tiles<TScale>(
        byte** sources, int images, int size, int stride, TScale scale, float* target, byte** upcoming, int upcomingImages)
        where TScale : struct, IPixelScale
    {
        var rows = stackalloc byte*[Lanes.Width];
        var present = stackalloc nint[Lanes.Width];
        var zeros = stackalloc byte[Lanes.Width];
        Locate(sources, images, size, rows, present, zeros);
        var places0 = Places(0);
        var places1 = Places(4);
        var places2 = Places(8);
        var places3 = Places(12);
        for (nint value = 0; value + Lanes.Width <= size; value += Lanes.Width)
        {
            AskFor(upcoming, upcomingImages, value);
            var a0 = Pair(rows, present, value, 0);
            var a1 = Pair(rows, present, value, 1);
            var a2 = Pair(rows, present, value, 2);
            var a3 = Pair(rows, present, value, 3);
            var b0 = Pair(rows, present, value, 8);
            var b1 = Pair(rows, present, value, 9);
            var b2 = Pair(rows, present, value, 10);
            var b3 = Pair(rows, present, value, 11);
            var a01 = Avx2.UnpackLow(a0, a1).AsUInt16();
            var a23 = Avx2.UnpackLow(a2, a3).AsUInt16();
            var b01 = Avx2.UnpackLow(b0, b1).AsUInt16();
            var b23 = Avx2.UnpackLow(b2, b3).AsUInt16();
            var row = target + (value * stride);
            WriteFour(Avx2.UnpackLow(a01, a23), Avx2.UnpackLow(b01, b23), places0, places1, places2, places3, stride, scale, row);
            WriteFour(Avx2.UnpackHigh(a01, a23), Avx2.UnpackHigh(b01, b23), places0, places1, places2, places3, stride, scale, row + (4 * (nint)stride));
            a01 = Avx2.UnpackHigh(a0, a1).AsUInt16();
            a23 = Avx2.UnpackHigh(a2, a3).AsUInt16();
            b01 = Avx2.UnpackHigh(b0, b1).AsUInt16();
            b23 = Avx2.UnpackHigh(b2, b3).AsUInt16();
            row += 8 * (nint)stride;
            WriteFour(Avx2.UnpackLow(a01, a23), Avx2.UnpackLow(b01, b23), places0, places1, places2, places3, stride, scale, row);
            WriteFour(Avx2.UnpackHigh(a01, a23), Avx2.UnpackHigh(b01, b23), places0, places1, places2, places3, stride, scale, row + (4 * (nint)stride));
        }
    }

    /// <summary>16 values of one image and of the fourth after it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Pair(byte** rows, nint* present, nint value, int lane) =>
        Avx2.InsertVector128(At(rows, present, value, lane).ToVector256Unsafe(), At(rows, present, value, lane + 4), 1);

    /// <summary>Which bytes of each half become its four numbers; 128 gives 0.</summary>
    private static Vector256<byte> Places(byte first)
    {
        var places = Vector256.Create(0x80808000u) + (Vector256<uint>.Indices & Vector256.Create(3u)) + Vector256.Create((uint)first);
        return places.AsByte();
    }

    /// <summary>Four values of 16 images, the first 8 images in one register and the others in a second one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteFour<TScale>(
        Vector256<ushort> lower,
        Vector256<ushort> upper,
        Vector256<byte> places0,
        Vector256<byte> places1,
        Vector256<byte> places2,
        Vector256<byte> places3,
        int stride,
        TScale scale,
        float* target)
        where TScale : struct, IPixelScale
    {
        WriteOne(lower, upper, places0, scale, target);
        WriteOne(lower, upper, places1, scale, target += stride);
        WriteOne(lower, upper, places2, scale, target += stride);
        WriteOne(lower, upper, places3, scale, target + stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteOne<TScale>(Vector256<ushort> lower, Vector256<ushort> upper, Vector256<byte> places, TScale scale, float* target)
        where TScale : struct, IPixelScale =>
        scale.Apply(Vector512.Create(
            ToShares(Avx2.Shuffle(lower.AsByte(), places).AsInt32()), ToShares(Avx2.Shuffle(upper.AsByte(), places).AsInt32()))).Store(target);

    /// <summary>
    /// b / 255 correctly rounded without a division: 1 / 255 is the sum of two floats, and b times the smaller one needs no more bits than it gets. A test
    /// compares all 256 values with the division of the scalar path.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> ToShares(Vector256<int> bytes)
    {
        var numbers = Avx.ConvertToVector256Single(bytes);
        return Fma.MultiplyAdd(numbers, Vector256.Create(Reciprocal), numbers * Vector256.Create(ReciprocalRest));
    }

    /// <summary>
    /// b / 255 correctly rounded without a division: q = b r, then one Newton step q + r (b - 255 q) with r = 1 / 255 (Markstein 1990). A test compares
    /// all 256 values with the division of the scalar path.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Widen<TScale>(Vector128<byte> bytes, TScale scale, float* target)
        where TScale : struct, IPixelScale
    {
        var wide = Vector512.WidenLower(Vector512.WidenLower(bytes.ToVector256Unsafe().ToVector512Unsafe()));
        var numbers = Vector512.ConvertToSingle(wide.AsInt32());
        var reciprocal = Vector512.Create(Reciprocal);
        var quotient = numbers * reciprocal;
        var remainder = Vector512.FusedMultiplyAdd(quotient, Vector512.Create(-255f), numbers);
        scale.Apply(Vector512.FusedMultiplyAdd(remainder, reciprocal, quotient)).Store(target);
    }
}
