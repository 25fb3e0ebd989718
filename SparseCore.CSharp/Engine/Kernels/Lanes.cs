using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SparseCore.Engine.Kernels;

/// <summary>
/// The virtual vector of all kernels: 16 floats, one example each, whatever the machine's width. Sums over examples are kept in 16 lanes and folded in
/// one fixed tree, lanes i and i+8, then i+4, i+2, i+1, so that every machine gives the same bits.
/// </summary>
internal static unsafe class Lanes
{
    /// <summary>Examples of one vector.</summary>
    public const int Width = 16;

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
        for (var index = 0; index < count; index++)
        {
            var place = sums + ((long)index * Width);
            var lanes = Vector512.Load(place);
            for (var chain = 1; chain < chains; chain++)
            {
                lanes += Vector512.Load(place + (chain * chainStride));
            }

            destination[index] = Sum(lanes);
        }
    }
}
