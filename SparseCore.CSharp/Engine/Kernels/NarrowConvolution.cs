using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SparseCore.Engine.Kernels;

/// <summary>
/// <see cref="SparseConvolution"/> for machines with 16 registers of 256 bits: each kernel takes the two halves of a vector of 16 examples one after the
/// other, and fewer columns at a time where its operands would not fit. Every lane sees the same operations in the same order, so the bits are the same.
/// </summary>
internal static unsafe class NarrowConvolution
{
    private const int Half = Lanes.Width / 2;

    /// <summary>As <see cref="SparseConvolution.ForwardPooled"/>: one window lives in 8 registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ForwardPooled(
        float* values,
        int* offsets,
        int count,
        float* input,
        int rowStride,
        int windows,
        float bias,
        float floor,
        float* output,
        int outputStep,
        byte* positions)
    {
        var start = Vector256.Create(bias);
        var bound = Vector256.Create(floor);
        var noted = positions is not null;
        for (var window = 0; window < windows; window++)
        {
            var s00 = start;
            var s01 = start;
            var s10 = start;
            var s11 = start;
            var s20 = start;
            var s21 = start;
            var s30 = start;
            var s31 = start;
            for (var k = 0; k < count; k++)
            {
                var x = input + offsets[k];
                var x1 = x + rowStride;
                var weight = Vector256.Create(values[k]);
                s00 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x), s00);
                s01 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 8), s01);
                s10 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 16), s10);
                s11 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 24), s11);
                s20 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x1), s20);
                s21 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x1 + 8), s21);
                s30 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x1 + 16), s30);
                s31 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x1 + 24), s31);
            }

            NarrowTiles.Maximum(s00, s01, s10, s11, s20, s21, s30, s31, bound, output, noted ? positions : null);
            input += 2 * Lanes.Width;
            output += outputStep;
            positions += Lanes.Width;
        }
    }

    /// <summary>
    /// As <see cref="SparseConvolution.BackwardPooled"/>: one row of two windows after the other, 4 columns of both halves in 8 registers, so that a line of
    /// the cache is used whole when it comes.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Vector512<float> BackwardPooled(
        float* values,
        int* offsets,
        int count,
        float* gradient,
        float* output,
        int step,
        bool gated,
        byte* positions,
        float* input,
        float* inputGradient,
        int rowStride,
        float* sums,
        long chainStride,
        Vector512<float> sum)
    {
        var biasLower = sum.GetLower();
        var biasUpper = sum.GetUpper();
        for (var part = 0; part < 4; part++)
        {
            var row = part / 2;
            var window = part % 2 * 2;
            var first = Vector256.Create(2 * row);
            var second = Vector256.Create((2 * row) + 1);
            var g = gradient + (window * step);
            var y = output + (window * step);
            var p = positions + (window * Lanes.Width);
            var v00 = Gated(g, y, gated);
            var p00 = Avx2.ConvertToVector256Int32(p);
            var d00 = At(v00, p00, first);
            var d10 = At(v00, p00, second);
            var v01 = Gated(g + Half, y + Half, gated);
            var p01 = Avx2.ConvertToVector256Int32(p + Half);
            var d01 = At(v01, p01, first);
            var d11 = At(v01, p01, second);
            var v10 = Gated(g + step, y + step, gated);
            var p10 = Avx2.ConvertToVector256Int32(p + Lanes.Width);
            var d20 = At(v10, p10, first);
            var d30 = At(v10, p10, second);
            var v11 = Gated(g + step + Half, y + step + Half, gated);
            var p11 = Avx2.ConvertToVector256Int32(p + Lanes.Width + Half);
            var d21 = At(v11, p11, first);
            var d31 = At(v11, p11, second);
            if (row == 0)
            {
                biasLower = biasLower + v00 + v10;
                biasUpper = biasUpper + v01 + v11;
            }

            var shift = (row * rowStride) + (window * 2 * Lanes.Width);
            var source = input + shift;
            var target = inputGradient + shift;
            var rowSums = sums + (row * chainStride);
            for (var k = count - 1; k >= 0; k--)
            {
                var x = source + offsets[k];
                var dx = target + offsets[k];
                var weight = Vector256.Create(values[k]);
                var lower = Vector256.Load(rowSums + (k * Lanes.Width));
                var upper = Vector256.Load(rowSums + (k * Lanes.Width) + Half);
                lower = Vector256.FusedMultiplyAdd(d00, Vector256.Load(x), lower);
                Vector256.FusedMultiplyAdd(weight, d00, Vector256.Load(dx)).Store(dx);
                upper = Vector256.FusedMultiplyAdd(d01, Vector256.Load(x + 8), upper);
                Vector256.FusedMultiplyAdd(weight, d01, Vector256.Load(dx + 8)).Store(dx + 8);
                lower = Vector256.FusedMultiplyAdd(d10, Vector256.Load(x + 16), lower);
                Vector256.FusedMultiplyAdd(weight, d10, Vector256.Load(dx + 16)).Store(dx + 16);
                upper = Vector256.FusedMultiplyAdd(d11, Vector256.Load(x + 24), upper);
                Vector256.FusedMultiplyAdd(weight, d11, Vector256.Load(dx + 24)).Store(dx + 24);
                lower = Vector256.FusedMultiplyAdd(d20, Vector256.Load(x + 32), lower);
                Vector256.FusedMultiplyAdd(weight, d20, Vector256.Load(dx + 32)).Store(dx + 32);
                upper = Vector256.FusedMultiplyAdd(d21, Vector256.Load(x + 40), upper);
                Vector256.FusedMultiplyAdd(weight, d21, Vector256.Load(dx + 40)).Store(dx + 40);
                lower = Vector256.FusedMultiplyAdd(d30, Vector256.Load(x + 48), lower);
                Vector256.FusedMultiplyAdd(weight, d30, Vector256.Load(dx + 48)).Store(dx + 48);
                upper = Vector256.FusedMultiplyAdd(d31, Vector256.Load(x + 56), upper);
                Vector256.FusedMultiplyAdd(weight, d31, Vector256.Load(dx + 56)).Store(dx + 56);
                lower.Store(rowSums + (k * Lanes.Width));
                upper.Store(rowSums + (k * Lanes.Width) + Half);
            }
        }

        return Vector512.Create(biasLower, biasUpper);
    }

    /// <summary>As <see cref="SparseConvolution.WeightGradientPooled"/>: two windows and one half at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Vector512<float> WeightGradientPooled(
        int* offsets,
        int count,
        float* gradient,
        float* output,
        int step,
        bool gated,
        byte* positions,
        int windows,
        float* input,
        int rowStride,
        float* sums,
        long chainStride,
        Vector512<float> sum)
    {
        var biasLower = sum.GetLower();
        var biasUpper = sum.GetUpper();
        for (var half = 0; half < windows; half++)
        {
            var shift = half % 2 * Half;
            var place = (half / 2 * 2 * step) + shift;
            var p = positions + (half / 2 * 2 * Lanes.Width) + shift;
            var v0 = Gated(gradient + place, output + place, gated);
            var p0 = Avx2.ConvertToVector256Int32(p);
            var d00 = At(v0, p0, Vector256.Create(0));
            var d01 = At(v0, p0, Vector256.Create(1));
            var d10 = At(v0, p0, Vector256.Create(2));
            var d11 = At(v0, p0, Vector256.Create(3));
            var v1 = Gated(gradient + place + step, output + place + step, gated);
            var p1 = Avx2.ConvertToVector256Int32(p + Lanes.Width);
            var d02 = At(v1, p1, Vector256.Create(0));
            var d03 = At(v1, p1, Vector256.Create(1));
            var d12 = At(v1, p1, Vector256.Create(2));
            var d13 = At(v1, p1, Vector256.Create(3));
            if (shift == 0)
            {
                biasLower = biasLower + v0 + v1;
            }
            else
            {
                biasUpper = biasUpper + v0 + v1;
            }

            var source = input + (half / 2 * 4 * Lanes.Width) + shift;
            var total = sums + shift;
            for (var k = count - 1; k >= 0; k--)
            {
                var x = source + offsets[k];
                var x1 = x + rowStride;
                var sum0 = Vector256.Load(total + (k * Lanes.Width));
                var sum1 = Vector256.Load(total + chainStride + (k * Lanes.Width));
                sum0 = Vector256.FusedMultiplyAdd(d00, Vector256.Load(x), sum0);
                sum1 = Vector256.FusedMultiplyAdd(d10, Vector256.Load(x1), sum1);
                sum0 = Vector256.FusedMultiplyAdd(d01, Vector256.Load(x + 16), sum0);
                sum1 = Vector256.FusedMultiplyAdd(d11, Vector256.Load(x1 + 16), sum1);
                sum0 = Vector256.FusedMultiplyAdd(d02, Vector256.Load(x + 32), sum0);
                sum1 = Vector256.FusedMultiplyAdd(d12, Vector256.Load(x1 + 32), sum1);
                sum0 = Vector256.FusedMultiplyAdd(d03, Vector256.Load(x + 48), sum0);
                sum1 = Vector256.FusedMultiplyAdd(d13, Vector256.Load(x1 + 48), sum1);
                sum0.Store(total + (k * Lanes.Width));
                sum1.Store(total + chainStride + (k * Lanes.Width));
            }
        }

        return Vector512.Create(biasLower, biasUpper);
    }

    /// <summary>Eight columns of a row whose inputs are 16 floats apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward8(float* values, int* offsets, int count, float* input, float bias, float floor, float* output, int outputStep)
    {
        var bound = Vector256.Create(floor);
        for (var half = 0; half < Lanes.Width; half += Half)
        {
            var source = input + half;
            var y = output + half;
            var sum0 = Vector256.Create(bias);
            var sum1 = sum0;
            var sum2 = sum0;
            var sum3 = sum0;
            var sum4 = sum0;
            var sum5 = sum0;
            var sum6 = sum0;
            var sum7 = sum0;
            for (var k = 0; k < count; k++)
            {
                var x = source + offsets[k];
                var weight = Vector256.Create(values[k]);
                sum0 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x), sum0);
                sum1 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 16), sum1);
                sum2 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 32), sum2);
                sum3 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 48), sum3);
                sum4 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 64), sum4);
                sum5 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 80), sum5);
                sum6 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 96), sum6);
                sum7 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 112), sum7);
            }

            NarrowTiles.Bounded(sum0, bound).Store(y);
            NarrowTiles.Bounded(sum1, bound).Store(y + outputStep);
            NarrowTiles.Bounded(sum2, bound).Store(y + (2 * outputStep));
            NarrowTiles.Bounded(sum3, bound).Store(y + (3 * outputStep));
            NarrowTiles.Bounded(sum4, bound).Store(y + (4 * outputStep));
            NarrowTiles.Bounded(sum5, bound).Store(y + (5 * outputStep));
            NarrowTiles.Bounded(sum6, bound).Store(y + (6 * outputStep));
            NarrowTiles.Bounded(sum7, bound).Store(y + (7 * outputStep));
        }
    }

    /// <summary>Fourteen columns of <see cref="SparseConvolution.ContinueRow"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Continue14(float* values, int* offsets, int count, float* input, float floor, float* output, int outputStep)
    {
        var bound = Vector256.Create(floor);
        for (var half = 0; half < Lanes.Width; half += Half)
        {
            var source = input + half;
            var y = output + half;
            var sum0 = Vector256.Load(y);
            var sum1 = Vector256.Load(y + outputStep);
            var sum2 = Vector256.Load(y + (2 * outputStep));
            var sum3 = Vector256.Load(y + (3 * outputStep));
            var sum4 = Vector256.Load(y + (4 * outputStep));
            var sum5 = Vector256.Load(y + (5 * outputStep));
            var sum6 = Vector256.Load(y + (6 * outputStep));
            var sum7 = Vector256.Load(y + (7 * outputStep));
            var sum8 = Vector256.Load(y + (8 * outputStep));
            var sum9 = Vector256.Load(y + (9 * outputStep));
            var sum10 = Vector256.Load(y + (10 * outputStep));
            var sum11 = Vector256.Load(y + (11 * outputStep));
            var sum12 = Vector256.Load(y + (12 * outputStep));
            var sum13 = Vector256.Load(y + (13 * outputStep));
            for (var k = 0; k < count; k++)
            {
                var x = source + offsets[k];
                var weight = Vector256.Create(values[k]);
                sum0 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x), sum0);
                sum1 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 16), sum1);
                sum2 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 32), sum2);
                sum3 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 48), sum3);
                sum4 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 64), sum4);
                sum5 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 80), sum5);
                sum6 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 96), sum6);
                sum7 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 112), sum7);
                sum8 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 128), sum8);
                sum9 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 144), sum9);
                sum10 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 160), sum10);
                sum11 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 176), sum11);
                sum12 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 192), sum12);
                sum13 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 208), sum13);
            }

            NarrowTiles.Bounded(sum0, bound).Store(y);
            NarrowTiles.Bounded(sum1, bound).Store(y + outputStep);
            NarrowTiles.Bounded(sum2, bound).Store(y + (2 * outputStep));
            NarrowTiles.Bounded(sum3, bound).Store(y + (3 * outputStep));
            NarrowTiles.Bounded(sum4, bound).Store(y + (4 * outputStep));
            NarrowTiles.Bounded(sum5, bound).Store(y + (5 * outputStep));
            NarrowTiles.Bounded(sum6, bound).Store(y + (6 * outputStep));
            NarrowTiles.Bounded(sum7, bound).Store(y + (7 * outputStep));
            NarrowTiles.Bounded(sum8, bound).Store(y + (8 * outputStep));
            NarrowTiles.Bounded(sum9, bound).Store(y + (9 * outputStep));
            NarrowTiles.Bounded(sum10, bound).Store(y + (10 * outputStep));
            NarrowTiles.Bounded(sum11, bound).Store(y + (11 * outputStep));
            NarrowTiles.Bounded(sum12, bound).Store(y + (12 * outputStep));
            NarrowTiles.Bounded(sum13, bound).Store(y + (13 * outputStep));
        }
    }

    /// <summary>Four columns of <see cref="SparseConvolution.ContinueRow"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Continue4(float* values, int* offsets, int count, float* input, float floor, float* output, int outputStep)
    {
        var bound = Vector256.Create(floor);
        for (var half = 0; half < Lanes.Width; half += Half)
        {
            var source = input + half;
            var y = output + half;
            var sum0 = Vector256.Load(y);
            var sum1 = Vector256.Load(y + outputStep);
            var sum2 = Vector256.Load(y + (2 * outputStep));
            var sum3 = Vector256.Load(y + (3 * outputStep));
            for (var k = 0; k < count; k++)
            {
                var x = source + offsets[k];
                var weight = Vector256.Create(values[k]);
                sum0 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x), sum0);
                sum1 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 16), sum1);
                sum2 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 32), sum2);
                sum3 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 48), sum3);
            }

            NarrowTiles.Bounded(sum0, bound).Store(y);
            NarrowTiles.Bounded(sum1, bound).Store(y + outputStep);
            NarrowTiles.Bounded(sum2, bound).Store(y + (2 * outputStep));
            NarrowTiles.Bounded(sum3, bound).Store(y + (3 * outputStep));
        }
    }

    /// <summary>Eight columns of <see cref="SparseConvolution.GatherRow"/>; 4 inputs stay in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gather8(float* values, int* offsets, int count, float* gradient, float* input, float* inputGradient, bool first, float* sums)
    {
        for (var half = 0; half < Lanes.Width; half += Half)
        {
            var source = gradient + half;
            var x = input + half;
            var target = inputGradient + half;
            var total = sums + half;
            var x0 = Vector256.Load(x);
            var x1 = Vector256.Load(x + 16);
            var x2 = Vector256.Load(x + 32);
            var x3 = Vector256.Load(x + 48);
            var dx0 = first ? Vector256<float>.Zero : Vector256.Load(target);
            var dx1 = first ? Vector256<float>.Zero : Vector256.Load(target + 16);
            var dx2 = first ? Vector256<float>.Zero : Vector256.Load(target + 32);
            var dx3 = first ? Vector256<float>.Zero : Vector256.Load(target + 48);
            var dx4 = first ? Vector256<float>.Zero : Vector256.Load(target + 64);
            var dx5 = first ? Vector256<float>.Zero : Vector256.Load(target + 80);
            var dx6 = first ? Vector256<float>.Zero : Vector256.Load(target + 96);
            var dx7 = first ? Vector256<float>.Zero : Vector256.Load(target + 112);
            for (var k = 0; k < count; k++)
            {
                var d = source + offsets[k];
                var weight = Vector256.Create(values[k]);
                var sum = Vector256.Load(total + ((long)k * Lanes.Width));
                var d0 = Vector256.Load(d);
                dx0 = Vector256.FusedMultiplyAdd(weight, d0, dx0);
                sum = Vector256.FusedMultiplyAdd(d0, x0, sum);
                var d1 = Vector256.Load(d + 16);
                dx1 = Vector256.FusedMultiplyAdd(weight, d1, dx1);
                sum = Vector256.FusedMultiplyAdd(d1, x1, sum);
                var d2 = Vector256.Load(d + 32);
                dx2 = Vector256.FusedMultiplyAdd(weight, d2, dx2);
                sum = Vector256.FusedMultiplyAdd(d2, x2, sum);
                var d3 = Vector256.Load(d + 48);
                dx3 = Vector256.FusedMultiplyAdd(weight, d3, dx3);
                sum = Vector256.FusedMultiplyAdd(d3, x3, sum);
                var d4 = Vector256.Load(d + 64);
                dx4 = Vector256.FusedMultiplyAdd(weight, d4, dx4);
                sum = Vector256.FusedMultiplyAdd(d4, Vector256.Load(x + 64), sum);
                var d5 = Vector256.Load(d + 80);
                dx5 = Vector256.FusedMultiplyAdd(weight, d5, dx5);
                sum = Vector256.FusedMultiplyAdd(d5, Vector256.Load(x + 80), sum);
                var d6 = Vector256.Load(d + 96);
                dx6 = Vector256.FusedMultiplyAdd(weight, d6, dx6);
                sum = Vector256.FusedMultiplyAdd(d6, Vector256.Load(x + 96), sum);
                var d7 = Vector256.Load(d + 112);
                dx7 = Vector256.FusedMultiplyAdd(weight, d7, dx7);
                sum = Vector256.FusedMultiplyAdd(d7, Vector256.Load(x + 112), sum);
                sum.Store(total + ((long)k * Lanes.Width));
            }

            dx0.Store(target);
            dx1.Store(target + 16);
            dx2.Store(target + 32);
            dx3.Store(target + 48);
            dx4.Store(target + 64);
            dx5.Store(target + 80);
            dx6.Store(target + 96);
            dx7.Store(target + 112);
        }
    }

    /// <summary>Seven columns of <see cref="SparseConvolution.GatherRow"/>; 5 inputs stay in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gather7(float* values, int* offsets, int count, float* gradient, float* input, float* inputGradient, bool first, float* sums)
    {
        for (var half = 0; half < Lanes.Width; half += Half)
        {
            var source = gradient + half;
            var x = input + half;
            var target = inputGradient + half;
            var total = sums + half;
            var x0 = Vector256.Load(x);
            var x1 = Vector256.Load(x + 16);
            var x2 = Vector256.Load(x + 32);
            var x3 = Vector256.Load(x + 48);
            var x4 = Vector256.Load(x + 64);
            var dx0 = first ? Vector256<float>.Zero : Vector256.Load(target);
            var dx1 = first ? Vector256<float>.Zero : Vector256.Load(target + 16);
            var dx2 = first ? Vector256<float>.Zero : Vector256.Load(target + 32);
            var dx3 = first ? Vector256<float>.Zero : Vector256.Load(target + 48);
            var dx4 = first ? Vector256<float>.Zero : Vector256.Load(target + 64);
            var dx5 = first ? Vector256<float>.Zero : Vector256.Load(target + 80);
            var dx6 = first ? Vector256<float>.Zero : Vector256.Load(target + 96);
            for (var k = 0; k < count; k++)
            {
                var d = source + offsets[k];
                var weight = Vector256.Create(values[k]);
                var sum = Vector256.Load(total + ((long)k * Lanes.Width));
                var d0 = Vector256.Load(d);
                dx0 = Vector256.FusedMultiplyAdd(weight, d0, dx0);
                sum = Vector256.FusedMultiplyAdd(d0, x0, sum);
                var d1 = Vector256.Load(d + 16);
                dx1 = Vector256.FusedMultiplyAdd(weight, d1, dx1);
                sum = Vector256.FusedMultiplyAdd(d1, x1, sum);
                var d2 = Vector256.Load(d + 32);
                dx2 = Vector256.FusedMultiplyAdd(weight, d2, dx2);
                sum = Vector256.FusedMultiplyAdd(d2, x2, sum);
                var d3 = Vector256.Load(d + 48);
                dx3 = Vector256.FusedMultiplyAdd(weight, d3, dx3);
                sum = Vector256.FusedMultiplyAdd(d3, x3, sum);
                var d4 = Vector256.Load(d + 64);
                dx4 = Vector256.FusedMultiplyAdd(weight, d4, dx4);
                sum = Vector256.FusedMultiplyAdd(d4, x4, sum);
                var d5 = Vector256.Load(d + 80);
                dx5 = Vector256.FusedMultiplyAdd(weight, d5, dx5);
                sum = Vector256.FusedMultiplyAdd(d5, Vector256.Load(x + 80), sum);
                var d6 = Vector256.Load(d + 96);
                dx6 = Vector256.FusedMultiplyAdd(weight, d6, dx6);
                sum = Vector256.FusedMultiplyAdd(d6, Vector256.Load(x + 96), sum);
                sum.Store(total + ((long)k * Lanes.Width));
            }

            dx0.Store(target);
            dx1.Store(target + 16);
            dx2.Store(target + 32);
            dx3.Store(target + 48);
            dx4.Store(target + 64);
            dx5.Store(target + 80);
            dx6.Store(target + 96);
        }
    }

    /// <summary>Eight columns of <see cref="SparseConvolution.BackwardRow"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward8(float* values, int* offsets, int count, float* gradient, float* input, float* inputGradient, float* sums)
    {
        for (var half = 0; half < Lanes.Width; half += Half)
        {
            var d = gradient + half;
            var source = input + half;
            var target = inputGradient + half;
            var total = sums + half;
            var d0 = Vector256.Load(d);
            var d1 = Vector256.Load(d + 16);
            var d2 = Vector256.Load(d + 32);
            var d3 = Vector256.Load(d + 48);
            var d4 = Vector256.Load(d + 64);
            var d5 = Vector256.Load(d + 80);
            var d6 = Vector256.Load(d + 96);
            var d7 = Vector256.Load(d + 112);
            for (var k = count - 1; k >= 0; k--)
            {
                var x = source + offsets[k];
                var dx = target + offsets[k];
                var weight = Vector256.Create(values[k]);
                var sum = Vector256.Load(total + (k * Lanes.Width));
                Vector256.FusedMultiplyAdd(weight, d0, Vector256.Load(dx)).Store(dx);
                sum = Vector256.FusedMultiplyAdd(d0, Vector256.Load(x), sum);
                Vector256.FusedMultiplyAdd(weight, d1, Vector256.Load(dx + 16)).Store(dx + 16);
                sum = Vector256.FusedMultiplyAdd(d1, Vector256.Load(x + 16), sum);
                Vector256.FusedMultiplyAdd(weight, d2, Vector256.Load(dx + 32)).Store(dx + 32);
                sum = Vector256.FusedMultiplyAdd(d2, Vector256.Load(x + 32), sum);
                Vector256.FusedMultiplyAdd(weight, d3, Vector256.Load(dx + 48)).Store(dx + 48);
                sum = Vector256.FusedMultiplyAdd(d3, Vector256.Load(x + 48), sum);
                Vector256.FusedMultiplyAdd(weight, d4, Vector256.Load(dx + 64)).Store(dx + 64);
                sum = Vector256.FusedMultiplyAdd(d4, Vector256.Load(x + 64), sum);
                Vector256.FusedMultiplyAdd(weight, d5, Vector256.Load(dx + 80)).Store(dx + 80);
                sum = Vector256.FusedMultiplyAdd(d5, Vector256.Load(x + 80), sum);
                Vector256.FusedMultiplyAdd(weight, d6, Vector256.Load(dx + 96)).Store(dx + 96);
                sum = Vector256.FusedMultiplyAdd(d6, Vector256.Load(x + 96), sum);
                Vector256.FusedMultiplyAdd(weight, d7, Vector256.Load(dx + 112)).Store(dx + 112);
                sum = Vector256.FusedMultiplyAdd(d7, Vector256.Load(x + 112), sum);
                sum.Store(total + (k * Lanes.Width));
            }
        }
    }

    /// <summary>The same without the input gradient.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void WeightGradient8(int* offsets, int count, float* gradient, float* input, float* sums)
    {
        for (var half = 0; half < Lanes.Width; half += Half)
        {
            var d = gradient + half;
            var source = input + half;
            var total = sums + half;
            var d0 = Vector256.Load(d);
            var d1 = Vector256.Load(d + 16);
            var d2 = Vector256.Load(d + 32);
            var d3 = Vector256.Load(d + 48);
            var d4 = Vector256.Load(d + 64);
            var d5 = Vector256.Load(d + 80);
            var d6 = Vector256.Load(d + 96);
            var d7 = Vector256.Load(d + 112);
            for (var k = count - 1; k >= 0; k--)
            {
                var x = source + offsets[k];
                var sum = Vector256.Load(total + (k * Lanes.Width));
                sum = Vector256.FusedMultiplyAdd(d0, Vector256.Load(x), sum);
                sum = Vector256.FusedMultiplyAdd(d1, Vector256.Load(x + 16), sum);
                sum = Vector256.FusedMultiplyAdd(d2, Vector256.Load(x + 32), sum);
                sum = Vector256.FusedMultiplyAdd(d3, Vector256.Load(x + 48), sum);
                sum = Vector256.FusedMultiplyAdd(d4, Vector256.Load(x + 64), sum);
                sum = Vector256.FusedMultiplyAdd(d5, Vector256.Load(x + 80), sum);
                sum = Vector256.FusedMultiplyAdd(d6, Vector256.Load(x + 96), sum);
                sum = Vector256.FusedMultiplyAdd(d7, Vector256.Load(x + 112), sum);
                sum.Store(total + (k * Lanes.Width));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Gated(float* gradient, float* output, bool gated)
    {
        var value = Vector256.Load(gradient);
        return gated ? value & Vector256.GreaterThan(Vector256.Load(output), Vector256<float>.Zero) : value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> At(Vector256<float> gradient, Vector256<int> positions, Vector256<int> position) =>
        gradient & Vector256.Equals(positions, position).AsSingle();
}
