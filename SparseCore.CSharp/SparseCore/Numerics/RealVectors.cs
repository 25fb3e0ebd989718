using System.Runtime.Intrinsics;

namespace SparseCore.Numerics;

/// <summary>Vectors of doubles, four elements at a time with fused multiply-adds: the same bits on every machine.</summary>
public static class RealVectors
{
    private const int Lanes = 4;

    /// <summary>The sum of the products of two vectors' elements.</summary>
    /// <param name="left">Shape [n].</param>
    /// <param name="right">Shape [n] or longer.</param>
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

    /// <summary>The sum of s log s, where s are the sums of two vectors' elements, each 0 or more; 0 log 0 = 0. The logarithm is .NET's, which may differ between versions of it.</summary>
    /// <param name="left">Shape [n].</param>
    /// <param name="right">Shape [n] or longer.</param>
    public static double SumOfLogarithms(ReadOnlySpan<double> left, ReadOnlySpan<double> right)
    {
        var sum = Vector256<double>.Zero;
        var index = 0;
        for (; index + Lanes <= left.Length; index += Lanes)
        {
            var both = Vector256.Create(left[index..]) + Vector256.Create(right[index..]);
            sum += Vector256.ConditionalSelect(Vector256.GreaterThan(both, Vector256<double>.Zero), both * Vector256.Log(both), Vector256<double>.Zero);
        }

        var rest = Vector256.Sum(sum);
        for (; index < left.Length; index++)
        {
            var both = left[index] + right[index];
            rest += both > 0 ? both * Math.Log(both) : 0;
        }

        return rest;
    }

    /// <summary>target += factor * source.</summary>
    /// <param name="target">Added to. Shape [n].</param>
    /// <param name="source">Shape [n] or longer.</param>
    /// <param name="factor">The factor.</param>
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
