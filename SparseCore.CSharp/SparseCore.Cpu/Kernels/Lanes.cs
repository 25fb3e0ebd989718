using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SparseCore.Cpu.Kernels;

/// <summary>
/// The virtual vector of all kernels: 16 floats, one example each, whatever the machine's width. Sums over examples are kept in 16 lanes and folded in one fixed
/// tree, lanes i and i+8, then i+4, i+2, i+1, so that every machine gives the same bits.
/// </summary>
internal static unsafe class Lanes
{
    /// <summary>Examples of one vector.</summary>
    public const int Width = 16;

    /// <summary>
    /// Whether a vector is two halves of 256 bits (AVX2 without AVX-512). Kernels whose tiles are cut for 32 wide registers would then live in memory;
    /// the Avx2 classes hold the same sums cut for 16 registers of half the width.
    /// </summary>
    public static bool UsesAvx2
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => !Vector512.IsHardwareAccelerated && Avx2.IsSupported && Fma.IsSupported;
    }

    /// <summary>Rounds a count up to whole vectors.</summary>
    public static int RoundUp(int count) => (count + Width - 1) / Width * Width;

    /// <summary>The fixed tree 16-8-4-2-1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector512<float> lanes)
    {
        var eight = lanes.GetLower() + lanes.GetUpper();
        var four = eight.GetLower() + eight.GetUpper();
        var two = four + Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1));
        return two.ToScalar() + two.GetElement(1);
    }

    /// <summary>Folds <paramref name="count"/> vectors to one float each; the partial sums of several chains are added first, in order.</summary>
    /// <param name="sums">Shape [chains, count, 16], with chainStride floats between chains.</param>
    /// <param name="chains">Number of chains.</param>
    /// <param name="chainStride">Floats between chains.</param>
    /// <param name="count">Number of vectors.</param>
    /// <param name="destination">Shape [count].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SumEach(float* sums, int chains, long chainStride, int count, float* destination)
    {
        var index = 0;
        if (Avx512F.IsSupported)
        {
            for (; index + Width <= count; index += Width)
            {
                var place = sums + ((long)index * Width);
                Sum16(
                    Load(place, 0, chains, chainStride),
                    Load(place, 1, chains, chainStride),
                    Load(place, 2, chains, chainStride),
                    Load(place, 3, chains, chainStride),
                    Load(place, 4, chains, chainStride),
                    Load(place, 5, chains, chainStride),
                    Load(place, 6, chains, chainStride),
                    Load(place, 7, chains, chainStride),
                    Load(place, 8, chains, chainStride),
                    Load(place, 9, chains, chainStride),
                    Load(place, 10, chains, chainStride),
                    Load(place, 11, chains, chainStride),
                    Load(place, 12, chains, chainStride),
                    Load(place, 13, chains, chainStride),
                    Load(place, 14, chains, chainStride),
                    Load(place, 15, chains, chainStride)).Store(destination + index);
            }
        }

        else if (UsesAvx2)
        {
            for (; index + 8 <= count; index += 8)
            {
                var place = sums + ((long)index * Width);
                Sum8(
                    Eight(place, 0, chains, chainStride),
                    Eight(place, 1, chains, chainStride),
                    Eight(place, 2, chains, chainStride),
                    Eight(place, 3, chains, chainStride),
                    Eight(place, 4, chains, chainStride),
                    Eight(place, 5, chains, chainStride),
                    Eight(place, 6, chains, chainStride),
                    Eight(place, 7, chains, chainStride)).Store(destination + index);
            }
        }

        for (; index < count; index++)
        {
            destination[index] = Sum(Load(sums + ((long)index * Width), 0, chains, chainStride));
        }
    }

    /// <summary>Folds 16 vectors at once in the same tree; each level halves the vectors. Needs AVX-512.</summary>
    /// <returns>Float k is the sum of vector k.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Sum16(
        Vector512<float> v0,
        Vector512<float> v1,
        Vector512<float> v2,
        Vector512<float> v3,
        Vector512<float> v4,
        Vector512<float> v5,
        Vector512<float> v6,
        Vector512<float> v7,
        Vector512<float> v8,
        Vector512<float> v9,
        Vector512<float> v10,
        Vector512<float> v11,
        Vector512<float> v12,
        Vector512<float> v13,
        Vector512<float> v14,
        Vector512<float> v15)
    {
        var first = Pairs(Quads(Halves(v0, v4), Halves(v8, v12)), Quads(Halves(v1, v5), Halves(v9, v13)));
        var second = Pairs(Quads(Halves(v2, v6), Halves(v10, v14)), Quads(Halves(v3, v7), Halves(v11, v15)));
        return Avx512F.Shuffle(first, second, 0b10_00_10_00) + Avx512F.Shuffle(first, second, 0b11_01_11_01);
    }

    /// <summary>Folds 8 vectors whose lanes i and i + 8 have been added already, in the same tree. Needs AVX2.</summary>
    /// <returns>Float k is the sum of vector k.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Sum8(
        Vector256<float> v0,
        Vector256<float> v1,
        Vector256<float> v2,
        Vector256<float> v3,
        Vector256<float> v4,
        Vector256<float> v5,
        Vector256<float> v6,
        Vector256<float> v7)
    {
        var low = Pairs(Quads(v0, v4), Quads(v1, v5));
        var high = Pairs(Quads(v2, v6), Quads(v3, v7));
        return Avx.Shuffle(low, high, 0b10_00_10_00) + Avx.Shuffle(low, high, 0b11_01_11_01);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Load(float* place, int index, int chains, long chainStride)
    {
        var lanes = Vector512.Load(place + (index * Width));
        for (var chain = 1; chain < chains; chain++)
        {
            lanes += Vector512.Load(place + (index * Width) + (chain * chainStride));
        }

        return lanes;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Halves(Vector512<float> a, Vector512<float> b) =>
        Avx512F.Shuffle4x128(a, b, 0b01_00_01_00) + Avx512F.Shuffle4x128(a, b, 0b11_10_11_10);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Quads(Vector512<float> a, Vector512<float> b) =>
        Avx512F.Shuffle4x128(a, b, 0b10_00_10_00) + Avx512F.Shuffle4x128(a, b, 0b11_01_11_01);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Pairs(Vector512<float> a, Vector512<float> b) =>
        Avx512F.Shuffle(a, b, 0b01_00_01_00) + Avx512F.Shuffle(a, b, 0b11_10_11_10);

    /// <summary>Lanes i and i + 8 of one vector, its chains added before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Eight(float* place, int index, int chains, long chainStride)
    {
        var start = place + (index * Width);
        var lower = Vector256.Load(start);
        var upper = Vector256.Load(start + 8);
        for (var chain = 1; chain < chains; chain++)
        {
            start += chainStride;
            lower += Vector256.Load(start);
            upper += Vector256.Load(start + 8);
        }

        return lower + upper;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Quads(Vector256<float> a, Vector256<float> b) =>
        Avx.Permute2x128(a, b, 0b0010_0000) + Avx.Permute2x128(a, b, 0b0011_0001);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Pairs(Vector256<float> a, Vector256<float> b) =>
        Avx.Shuffle(a, b, 0b01_00_01_00) + Avx.Shuffle(a, b, 0b11_10_11_10);

    /// <summary>Asks L2 for a run of vectors of 16 floats ahead of their use. Any address will do; where the processor cannot be asked, nothing happens.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Prefetch(float* start, int vectors)
    {
        if (!Sse.IsSupported)
        {
            return;
        }

        for (var vector = 0; vector < vectors; vector++)
        {
            Sse.Prefetch1(start + ((nint)vector * Width));
        }
    }

    /// <summary>
    /// Stores a vector, non-temporally where asked; the address is a multiple of 64. The interlocked operations that end a part of a job make such stores visible to
    /// the other threads.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> value, float* target, bool streamed)
    {
        if (streamed)
        {
            value.StoreAlignedNonTemporal(target);
        }
        else
        {
            value.Store(target);
        }
    }

    /// <summary>The same for half a vector; the address is a multiple of 32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> value, float* target, bool streamed)
    {
        if (streamed)
        {
            value.StoreAlignedNonTemporal(target);
        }
        else
        {
            value.Store(target);
        }
    }
}
