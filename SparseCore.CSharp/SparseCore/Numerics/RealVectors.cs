using System.Runtime.Intrinsics;

namespace SparseCore.Numerics;

/// <summary>Vectors of doubles, four elements at a time with fused multiply-adds: the same bits on every machine.</summary>
internal static class RealVectors
{
    private const int Lanes = 4;

    /// <summary>The sum of the products of two vectors' elements.</summary>
    public static double Dot(ReadOnlySpan<double> left, ReadOnlySpan<double> right)
    {
        var sum = Vector256<double>.Zero;
        var index = 0;
        for (; index + Lanes <= left.Length; index += Lanes)
        {
            sum = Vector256.FusedMultiplyAdd(Vector256.Create(left[index..]), Vector256.Create(right[index..]), sum);
        }

        var rest = Vector256.Sum(sum);
        for (; index < left.Length; index++)
        {
            rest += left[index] * right[index];
        }

        return rest;
    }

    /// <summary>target += factor * source.</summary>
    public static void AddMultiple(Span<double> target, ReadOnlySpan<double> source, double factor)
    {
        var multiplier = Vector256.Create(factor);
        var index = 0;
        for (; index + Lanes <= target.Length; index += Lanes)
        {
            Vector256.FusedMultiplyAdd(multiplier, Vector256.Create(source[index..]), Vector256.Create<double>(target[index..])).CopyTo(target[index..]);
        }

        for (; index < target.Length; index++)
        {
            target[index] += factor * source[index];
        }
    }
}
