using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SparseCore.Curvature.Tangents;

/// <summary>
/// Arithmetic on the lanes of units. Vectors of eight and fused multiply-adds on every machine, so that the bits are those of every machine. Lengths are
/// <see cref="LaneMap.Lanes"/>.
/// </summary>
internal static class LaneMath
{
    private const int Width = 8;

    /// <summary>target = bias + sum of weights[k] times the lanes of source's unit units[k].</summary>
    public static void Combine(LaneMap source, ReadOnlySpan<int> units, ReadOnlySpan<float> weights, float bias, Span<float> target)
    {
        for (var lane = 0; lane < LaneMap.Lanes; lane += 4 * Width)
        {
            var first = Vector256.Create(bias);
            var (second, third, fourth) = (first, first, first);
            for (var term = 0; term < units.Length; term++)
            {
                ref var from = ref Unsafe.Add(ref MemoryMarshal.GetReference(source[units[term]]), lane);
                var weight = Vector256.Create(weights[term]);
                first = Vector256.FusedMultiplyAdd(weight, Vector256.LoadUnsafe(ref from), first);
                second = Vector256.FusedMultiplyAdd(weight, Vector256.LoadUnsafe(ref from, Width), second);
                third = Vector256.FusedMultiplyAdd(weight, Vector256.LoadUnsafe(ref from, 2 * Width), third);
                fourth = Vector256.FusedMultiplyAdd(weight, Vector256.LoadUnsafe(ref from, 3 * Width), fourth);
            }

            ref var to = ref Unsafe.Add(ref MemoryMarshal.GetReference(target), lane);
            first.StoreUnsafe(ref to);
            second.StoreUnsafe(ref to, Width);
            third.StoreUnsafe(ref to, 2 * Width);
            fourth.StoreUnsafe(ref to, 3 * Width);
        }
    }

    /// <summary>target += weight * source.</summary>
    public static void Add(ReadOnlySpan<float> source, float weight, Span<float> target)
    {
        var factor = Vector256.Create(weight);
        for (var lane = 0; lane < LaneMap.Lanes; lane += Width)
        {
            Vector256.FusedMultiplyAdd(factor, Load(source, lane), Load(target, lane)).CopyTo(target[lane..]);
        }
    }

    /// <summary>target = left * right.</summary>
    public static void Multiply(ReadOnlySpan<float> left, ReadOnlySpan<float> right, Span<float> target)
    {
        for (var lane = 0; lane < LaneMap.Lanes; lane += Width)
        {
            (Load(left, lane) * Load(right, lane)).CopyTo(target[lane..]);
        }
    }

    /// <summary>target += left * right.</summary>
    public static void AddProduct(ReadOnlySpan<float> left, ReadOnlySpan<float> right, Span<float> target)
    {
        for (var lane = 0; lane < LaneMap.Lanes; lane += Width)
        {
            Vector256.FusedMultiplyAdd(Load(left, lane), Load(right, lane), Load(target, lane)).CopyTo(target[lane..]);
        }
    }

    /// <summary>target = source where gate is above 0, else 0.</summary>
    public static void Gate(ReadOnlySpan<float> gate, ReadOnlySpan<float> source, Span<float> target)
    {
        for (var lane = 0; lane < LaneMap.Lanes; lane += Width)
        {
            (Vector256.GreaterThan(Load(gate, lane), Vector256<float>.Zero) & Load(source, lane)).CopyTo(target[lane..]);
        }
    }

    /// <summary>target += source where chosen is equal to choice.</summary>
    public static void AddWhere(ReadOnlySpan<float> chosen, float choice, ReadOnlySpan<float> source, Span<float> target)
    {
        var wanted = Vector256.Create(choice);
        for (var lane = 0; lane < LaneMap.Lanes; lane += Width)
        {
            (Load(target, lane) + (Vector256.Equals(Load(chosen, lane), wanted) & Load(source, lane))).CopyTo(target[lane..]);
        }
    }

    private static Vector256<float> Load(ReadOnlySpan<float> lanes, int lane) => Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(lanes), (nuint)lane);
}
