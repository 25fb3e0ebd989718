using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SparseCore.Curvature.Tangents;

/// <summary>
/// Sums over examples of the products of every left with every right unit: left times right transposed. Three rows by four columns of accumulators stay in registers.
/// </summary>
internal static class PairSums
{
    private const int Width = 8;
    private const int Rows = 3;
    private const int Columns = 4;

    /// <summary>Computes the sums.</summary>
    /// <param name="left">Lanes of the left units, one after the other. Shape [left, lanes].</param>
    /// <param name="right">Lanes of the right units. Shape [right, lanes].</param>
    /// <param name="sums">Receives the sums. Shape [left, right].</param>
    public static void Compute(ReadOnlySpan<float> left, ReadOnlySpan<float> right, Span<float> sums)
    {
        var (rows, count) = (left.Length / LaneMap.Lanes, right.Length / LaneMap.Lanes);
        for (var row = 0; row < rows; row += Rows)
        {
            // Beyond the edge a tile repeats the last row or column, and what it has of it is not written.
            ref readonly var first = ref left[row * LaneMap.Lanes];
            ref readonly var second = ref left[Math.Min(row + 1, rows - 1) * LaneMap.Lanes];
            ref readonly var third = ref left[Math.Min(row + 2, rows - 1) * LaneMap.Lanes];
            for (var column = 0; column < count; column += Columns)
            {
                var block = Tile(
                    in first,
                    in second,
                    in third,
                    in right[column * LaneMap.Lanes],
                    in right[Math.Min(column + 1, count - 1) * LaneMap.Lanes],
                    in right[Math.Min(column + 2, count - 1) * LaneMap.Lanes],
                    in right[Math.Min(column + 3, count - 1) * LaneMap.Lanes]);
                for (var line = 0; line < Math.Min(Rows, rows - row); line++)
                {
                    var values = line == 0 ? block.First : line == 1 ? block.Second : block.Third;
                    for (var place = 0; place < Math.Min(Columns, count - column); place++)
                    {
                        sums[((row + line) * count) + column + place] = values[place];
                    }
                }
            }
        }
    }

    /// <summary>The sums over all lanes of one unit.</summary>
    public static float Sum(ReadOnlySpan<float> lanes)
    {
        var sum = Vector256<float>.Zero;
        for (var lane = 0; lane < LaneMap.Lanes; lane += Width)
        {
            sum += Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(lanes), (nuint)lane);
        }

        return Vector256.Sum(sum);
    }

    private static (Vector128<float> First, Vector128<float> Second, Vector128<float> Third) Tile(
        in float first, in float second, in float third, in float one, in float two, in float three, in float four)
    {
        Vector256<float> a1 = default, a2 = default, a3 = default, a4 = default;
        Vector256<float> b1 = default, b2 = default, b3 = default, b4 = default;
        Vector256<float> c1 = default, c2 = default, c3 = default, c4 = default;
        for (nuint lane = 0; lane < LaneMap.Lanes; lane += Width)
        {
            var a = Load(in first, lane);
            var b = Load(in second, lane);
            var c = Load(in third, lane);
            var right = Load(in one, lane);
            a1 = Vector256.FusedMultiplyAdd(a, right, a1);
            b1 = Vector256.FusedMultiplyAdd(b, right, b1);
            c1 = Vector256.FusedMultiplyAdd(c, right, c1);
            right = Load(in two, lane);
            a2 = Vector256.FusedMultiplyAdd(a, right, a2);
            b2 = Vector256.FusedMultiplyAdd(b, right, b2);
            c2 = Vector256.FusedMultiplyAdd(c, right, c2);
            right = Load(in three, lane);
            a3 = Vector256.FusedMultiplyAdd(a, right, a3);
            b3 = Vector256.FusedMultiplyAdd(b, right, b3);
            c3 = Vector256.FusedMultiplyAdd(c, right, c3);
            right = Load(in four, lane);
            a4 = Vector256.FusedMultiplyAdd(a, right, a4);
            b4 = Vector256.FusedMultiplyAdd(b, right, b4);
            c4 = Vector256.FusedMultiplyAdd(c, right, c4);
        }

        return (Across(a1, a2, a3, a4), Across(b1, b2, b3, b4), Across(c1, c2, c3, c4));
    }

    /// <summary>The sums of four vectors' elements, each in its place.</summary>
    private static Vector128<float> Across(Vector256<float> one, Vector256<float> two, Vector256<float> three, Vector256<float> four) =>
        Vector128.Create(Vector256.Sum(one), Vector256.Sum(two), Vector256.Sum(three), Vector256.Sum(four));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Load(in float lanes, nuint lane) => Vector256.LoadUnsafe(in lanes, lane);
}
