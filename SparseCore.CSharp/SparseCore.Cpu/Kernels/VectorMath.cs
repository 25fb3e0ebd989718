using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SparseCore.Cpu.Kernels;

/// <summary>Exponential and logarithm of 16 floats, made of correctly rounded operations only: the same bits on every machine.</summary>
internal static class VectorMath
{
    private const float Log2E = 1.44269504088896341f;
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;
    private const float RoundingShift = 12582912f; // 1.5 * 2^23: adding it leaves the nearest integer in the low bits

    /// <summary>e^x for x at most 0 (relative error below 2e-7); below -87 the value at -87. NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ExpOfNegative(Vector512<float> x)
    {
        var lowest = Vector512.Create(-87f);
        x = Vector512.ConditionalSelect(Vector512.LessThan(x, lowest), lowest, x);
        var shift = Vector512.Create(RoundingShift);
        var shifted = Vector512.FusedMultiplyAdd(x, Vector512.Create(Log2E), shift);
        var n = shifted - shift;
        var r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2High), x);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2Low), r);

        // Minimax polynomial of Cephes' expf on |r| <= ln 2 / 2.
        var p = Vector512.Create(1.9875691500e-4f);
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.3981999507e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(8.3334519073e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(4.1665795894e-2f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.6666665459e-1f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(5.0000001201e-1f));
        p = Vector512.FusedMultiplyAdd(p, r * r, r) + Vector512<float>.One;
        var exponent = shifted.AsInt32() - shift.AsInt32() + Vector512.Create(127);
        return p * Vector512.ShiftLeft(exponent, 23).AsSingle();
    }

    /// <summary>Natural logarithm of a normal, positive x (absolute error below 1e-7 near 1, relative below 2e-7). NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Log(Vector512<float> x)
    {
        // x = 2^n * m with m in [sqrt(1/2), sqrt(2)).
        var bits = x.AsInt32() - Vector512.Create(0x3F3504F3);
        var n = Vector512.ShiftRightArithmetic(bits, 23);
        var m = ((bits & Vector512.Create(0x007FFFFF)) + Vector512.Create(0x3F3504F3)).AsSingle();
        var f = m - Vector512<float>.One;

        // Minimax polynomial of Cephes' logf.
        var p = Vector512.Create(7.0376836292e-2f);
        p = Vector512.FusedMultiplyAdd(p, f, Vector512.Create(-1.1514610310e-1f));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512.Create(1.1676998740e-1f));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512.Create(-1.2420140846e-1f));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512.Create(1.4249322787e-1f));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512.Create(-1.6668057665e-1f));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512.Create(2.0000714765e-1f));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512.Create(-2.4999993993e-1f));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512.Create(3.3333331174e-1f));
        var square = f * f;
        var exponent = Vector512.ConvertToSingle(n);
        var tail = Vector512.FusedMultiplyAdd(exponent, Vector512.Create(Ln2Low), p * (f * square));
        tail = Vector512.FusedMultiplyAdd(square, Vector512.Create(-0.5f), tail);
        var result = Vector512.FusedMultiplyAdd(exponent, Vector512.Create(Ln2High), f + tail);
        return Vector512.ConditionalSelect(Vector512.Equals(x, x), result, x);
    }
}
