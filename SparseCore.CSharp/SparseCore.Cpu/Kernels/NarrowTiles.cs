using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SparseCore.Cpu.Kernels;

/// <summary>
/// <see cref="DenseTiles"/> for machines with 16 registers of 256 bits: a vector of 16 examples is two halves, a product's tile 6 outputs x 1 column, a
/// weight gradient's tile 3 outputs x 4 weights of one half. Every lane sees the same operations in the same order, so the bits are the same.
/// </summary>
internal static unsafe class NarrowTiles
{
    private const int Half = Lanes.Width / 2;
    private const int PartWeights = 384; // inputs of one column that stay in a first-level cache of 32 KiB

    /// <summary>As <see cref="DenseTiles.Listed"/>, for any number of columns.</summary>
    public static void Listed(
        float* weights,
        nint weightRow,
        int outputs,
        int* offsets,
        int count,
        float* input,
        int columns,
        float* bias,
        float floor,
        float* output,
        nint outputRow,
        nint outputColumn)
    {
        for (var first = 0; first == 0 || first < count; first += PartWeights)
        {
            var part = Math.Min(PartWeights, count - first);
            var start = first == 0 ? bias : null;
            var bound = first + part == count ? floor : float.NegativeInfinity;
            for (var column = 0; column < columns; column++)
            {
                var x = input + (column * Lanes.Width);
                var y = output + (column * outputColumn);
                var m = 0;
                for (; m + 6 <= outputs; m += 6)
                {
                    Listed6(weights + first + (m * weightRow), weightRow, offsets + first, part, x, Shifted(start, m), bound, y + (m * outputRow), outputRow);
                }

                for (; m + 4 <= outputs; m += 4)
                {
                    Listed4(weights + first + (m * weightRow), weightRow, offsets + first, part, x, Shifted(start, m), bound, y + (m * outputRow), outputRow);
                }

                for (; m < outputs; m++)
                {
                    Listed1(weights + first + (m * weightRow), offsets + first, part, x, Shifted(start, m), bound, y + (m * outputRow));
                }
            }
        }
    }

    /// <summary>As <see cref="DenseTiles.Product"/>.</summary>
    public static void Product(float* weights, int outputs, float* input, int columns, in TileLoop loop, float* bias, float floor, float* output)
    {
        for (var column = 0; column < columns; column++)
        {
            var x = input + (column * loop.InputColumn);
            var y = output + (column * loop.OutputColumn);
            var m = 0;
            for (; m + 6 <= outputs; m += 6)
            {
                Product6(weights + (m * loop.WeightRow), x, loop, Shifted(bias, m), floor, y + (m * loop.OutputRow));
            }

            for (; m + 4 <= outputs; m += 4)
            {
                Product4(weights + (m * loop.WeightRow), x, loop, Shifted(bias, m), floor, y + (m * loop.OutputRow));
            }

            for (; m < outputs; m++)
            {
                Product1(weights + (m * loop.WeightRow), x, loop, Shifted(bias, m), floor, y + (m * loop.OutputRow));
            }
        }
    }

    /// <summary>As <see cref="DenseTiles.Dot"/>.</summary>
    public static void Dot(float* gradient, int outputs, float* input, int* offsets, int weights, in DotLoop loop, float* sums, nint sumRow)
    {
        for (var m = 0; m < outputs;)
        {
            var d = gradient + (m * loop.GradientChannel);
            var sum = sums + (m * sumRow);
            var rest = outputs - m;
            var height = rest % 3 == 0 ? 3 : rest >= 4 ? 4 : 1;
            var k = 0;
            if (height == 3)
            {
                for (; k + 4 <= weights; k += 4)
                {
                    Dot3x4(d, input, offsets + k, loop, sum + (k * Lanes.Width), sumRow);
                    Dot3x4(d + Half, input + Half, offsets + k, loop, sum + (k * Lanes.Width) + Half, sumRow);
                }

                for (; k < weights; k++)
                {
                    Dot3x1(d, input + offsets[k], loop, sum + (k * Lanes.Width), sumRow);
                }
            }
            else if (height == 4)
            {
                for (; k + 3 <= weights; k += 3)
                {
                    Dot4x3(d, input, offsets + k, loop, sum + (k * Lanes.Width), sumRow);
                    Dot4x3(d + Half, input + Half, offsets + k, loop, sum + (k * Lanes.Width) + Half, sumRow);
                }

                for (; k < weights; k++)
                {
                    Dot4x1(d, input + offsets[k], loop, sum + (k * Lanes.Width), sumRow);
                }
            }
            else
            {
                for (; k + 4 <= weights; k += 4)
                {
                    Dot1x4(d, input, offsets + k, loop, sum + (k * Lanes.Width));
                }

                for (; k < weights; k++)
                {
                    Dot1x1(d, input + offsets[k], loop, sum + (k * Lanes.Width));
                }
            }

            m += height;
        }
    }

    /// <summary>destination[m, n] = sum over the examples of gradient[m] * input[n], two outputs x four inputs, first the lower lanes, then the upper ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Folded2x4(
        float* gradient, nint gradientRow, float* input, nint inputRow, int vectors, float* destination, nint destinationRow)
    {
        var end = vectors * Lanes.Width;
        var l00 = Vector256<float>.Zero;
        var l01 = Vector256<float>.Zero;
        var l02 = Vector256<float>.Zero;
        var l03 = Vector256<float>.Zero;
        var l10 = Vector256<float>.Zero;
        var l11 = Vector256<float>.Zero;
        var l12 = Vector256<float>.Zero;
        var l13 = Vector256<float>.Zero;
        for (var place = 0; place < end; place += Lanes.Width)
        {
            var d0 = Vector256.Load(gradient + place);
            var d1 = Vector256.Load(gradient + gradientRow + place);
            var x0 = Vector256.Load(input + place);
            l00 = Vector256.FusedMultiplyAdd(d0, x0, l00);
            l10 = Vector256.FusedMultiplyAdd(d1, x0, l10);
            var x1 = Vector256.Load(input + inputRow + place);
            l01 = Vector256.FusedMultiplyAdd(d0, x1, l01);
            l11 = Vector256.FusedMultiplyAdd(d1, x1, l11);
            var x2 = Vector256.Load(input + (2 * inputRow) + place);
            l02 = Vector256.FusedMultiplyAdd(d0, x2, l02);
            l12 = Vector256.FusedMultiplyAdd(d1, x2, l12);
            var x3 = Vector256.Load(input + (3 * inputRow) + place);
            l03 = Vector256.FusedMultiplyAdd(d0, x3, l03);
            l13 = Vector256.FusedMultiplyAdd(d1, x3, l13);
        }

        var u00 = Vector256<float>.Zero;
        var u01 = Vector256<float>.Zero;
        var u02 = Vector256<float>.Zero;
        var u03 = Vector256<float>.Zero;
        var u10 = Vector256<float>.Zero;
        var u11 = Vector256<float>.Zero;
        var u12 = Vector256<float>.Zero;
        var u13 = Vector256<float>.Zero;
        for (var place = Half; place < end; place += Lanes.Width)
        {
            var d0 = Vector256.Load(gradient + place);
            var d1 = Vector256.Load(gradient + gradientRow + place);
            var x0 = Vector256.Load(input + place);
            u00 = Vector256.FusedMultiplyAdd(d0, x0, u00);
            u10 = Vector256.FusedMultiplyAdd(d1, x0, u10);
            var x1 = Vector256.Load(input + inputRow + place);
            u01 = Vector256.FusedMultiplyAdd(d0, x1, u01);
            u11 = Vector256.FusedMultiplyAdd(d1, x1, u11);
            var x2 = Vector256.Load(input + (2 * inputRow) + place);
            u02 = Vector256.FusedMultiplyAdd(d0, x2, u02);
            u12 = Vector256.FusedMultiplyAdd(d1, x2, u12);
            var x3 = Vector256.Load(input + (3 * inputRow) + place);
            u03 = Vector256.FusedMultiplyAdd(d0, x3, u03);
            u13 = Vector256.FusedMultiplyAdd(d1, x3, u13);
        }

        var folded = Lanes.Sum8(l00 + u00, l01 + u01, l02 + u02, l03 + u03, l10 + u10, l11 + u11, l12 + u12, l13 + u13);
        folded.GetLower().Store(destination);
        folded.GetUpper().Store(destination + destinationRow);
    }

    /// <summary>As <see cref="DensePooledConvolution.Forward"/>: three output channels x one window of one half live in 12 registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pooled(
        float* weights,
        int* offsets,
        int count,
        float* input,
        int rowStride,
        int windows,
        float* bias,
        float floor,
        float* output,
        int outputRow,
        int outputStep,
        byte* positions,
        int positionRow)
    {
        var noted = positions is not null;
        var weights1 = weights + count;
        var weights2 = weights1 + count;
        var bound = Vector256.Create(floor);
        for (var window = 0; window < windows; window++)
        {
            var start = input + (window * 2 * Lanes.Width);
            var y = output + (window * outputStep);
            var place = positions + (window * Lanes.Width);
            for (var half = 0; half < Lanes.Width; half += Half)
            {
                var s00 = Vector256.Create(bias[0]);
                var s01 = s00;
                var s02 = s00;
                var s03 = s00;
                var s10 = Vector256.Create(bias[1]);
                var s11 = s10;
                var s12 = s10;
                var s13 = s10;
                var s20 = Vector256.Create(bias[2]);
                var s21 = s20;
                var s22 = s20;
                var s23 = s20;
                for (var k = 0; k < count; k++)
                {
                    var x = start + half + offsets[k];
                    var w0 = Vector256.Create(weights[k]);
                    var w1 = Vector256.Create(weights1[k]);
                    var w2 = Vector256.Create(weights2[k]);
                    var x0 = Vector256.Load(x);
                    s00 = Vector256.FusedMultiplyAdd(w0, x0, s00);
                    s10 = Vector256.FusedMultiplyAdd(w1, x0, s10);
                    s20 = Vector256.FusedMultiplyAdd(w2, x0, s20);
                    var x1 = Vector256.Load(x + 16);
                    s01 = Vector256.FusedMultiplyAdd(w0, x1, s01);
                    s11 = Vector256.FusedMultiplyAdd(w1, x1, s11);
                    s21 = Vector256.FusedMultiplyAdd(w2, x1, s21);
                    var x2 = Vector256.Load(x + rowStride);
                    s02 = Vector256.FusedMultiplyAdd(w0, x2, s02);
                    s12 = Vector256.FusedMultiplyAdd(w1, x2, s12);
                    s22 = Vector256.FusedMultiplyAdd(w2, x2, s22);
                    var x3 = Vector256.Load(x + rowStride + 16);
                    s03 = Vector256.FusedMultiplyAdd(w0, x3, s03);
                    s13 = Vector256.FusedMultiplyAdd(w1, x3, s13);
                    s23 = Vector256.FusedMultiplyAdd(w2, x3, s23);
                }

                Maximum(s00, s01, s02, s03, bound, y + half, noted ? place + half : null);
                Maximum(s10, s11, s12, s13, bound, y + half + outputRow, noted ? place + half + positionRow : null);
                Maximum(s20, s21, s22, s23, bound, y + half + (2 * outputRow), noted ? place + half + (2 * positionRow) : null);
            }
        }
    }

    /// <summary>One half of <see cref="Pooling.Maximum"/>. MAXPS gives its second operand on ties and NaN, as the comparisons of the wide version do.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Maximum(
        Vector256<float> value0,
        Vector256<float> value1,
        Vector256<float> value2,
        Vector256<float> value3,
        Vector256<float> bound,
        float* output,
        byte* positions)
    {
        var upper = Avx.Max(value1, value0);
        var lower = Avx.Max(value3, value2);
        Avx.Max(bound, Avx.Max(lower, upper)).Store(output);
        if (positions is not null)
        {
            var place = Position(value0, value1, value2, value3, upper, lower);
            var shorts = Sse2.PackSignedSaturate(place.GetLower(), place.GetUpper());
            *(ulong*)positions = Sse2.PackUnsignedSaturate(shorts, shorts).AsUInt64().ToScalar();
        }
    }

    /// <summary>
    /// <see cref="Pooling.Maximum"/> of one window: position p of the window is half (p, 0) and half (p, 1). MAXPS gives its second operand on ties and NaN,
    /// which is what the comparisons of the wide version do.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Maximum(
        Vector256<float> value00,
        Vector256<float> value01,
        Vector256<float> value10,
        Vector256<float> value11,
        Vector256<float> value20,
        Vector256<float> value21,
        Vector256<float> value30,
        Vector256<float> value31,
        Vector256<float> bound,
        float* output,
        byte* positions)
    {
        var upper0 = Avx.Max(value10, value00);
        var lower0 = Avx.Max(value30, value20);
        Avx.Max(bound, Avx.Max(lower0, upper0)).Store(output);
        var upper1 = Avx.Max(value11, value01);
        var lower1 = Avx.Max(value31, value21);
        Avx.Max(bound, Avx.Max(lower1, upper1)).Store(output + Half);
        if (positions is not null)
        {
            var place0 = Position(value00, value10, value20, value30, upper0, lower0);
            var place1 = Position(value01, value11, value21, value31, upper1, lower1);
            var shorts = Avx2.Permute4x64(Avx2.PackSignedSaturate(place0, place1).AsUInt64(), 0b11_01_10_00).AsInt16();
            Sse2.PackUnsignedSaturate(shorts.GetLower(), shorts.GetUpper()).Store(positions);
        }
    }

    /// <summary>The value, or the bound where the value is less; NaN stays.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Bounded(Vector256<float> value, Vector256<float> bound) =>
        Avx.Max(bound, value);

    /// <summary>0 to 3; a mask is -1 where it is set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Position(
        Vector256<float> value0, Vector256<float> value1, Vector256<float> value2, Vector256<float> value3, Vector256<float> upper, Vector256<float> lower)
    {
        var isLower = Vector256.GreaterThan(lower, upper);
        var second = Avx.BlendVariable(Vector256.GreaterThan(value1, value0), Vector256.GreaterThan(value3, value2), isLower).AsInt32();
        return (isLower.AsInt32() & Vector256.Create(2)) - second;
    }

    private static float* Shifted(float* bias, int output) => bias is null ? null : bias + output;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Listed6(
        float* weights, nint row, int* offsets, int count, float* input, float* bias, float floor, float* output, nint outputRow)
    {
        var s00 = bias is null ? Vector256.Load(output) : Vector256.Create(bias[0]);
        var s01 = bias is null ? Vector256.Load(output + Half) : s00;
        var s10 = bias is null ? Vector256.Load(output + outputRow) : Vector256.Create(bias[1]);
        var s11 = bias is null ? Vector256.Load(output + outputRow + Half) : s10;
        var s20 = bias is null ? Vector256.Load(output + (2 * outputRow)) : Vector256.Create(bias[2]);
        var s21 = bias is null ? Vector256.Load(output + (2 * outputRow) + Half) : s20;
        var s30 = bias is null ? Vector256.Load(output + (3 * outputRow)) : Vector256.Create(bias[3]);
        var s31 = bias is null ? Vector256.Load(output + (3 * outputRow) + Half) : s30;
        var s40 = bias is null ? Vector256.Load(output + (4 * outputRow)) : Vector256.Create(bias[4]);
        var s41 = bias is null ? Vector256.Load(output + (4 * outputRow) + Half) : s40;
        var s50 = bias is null ? Vector256.Load(output + (5 * outputRow)) : Vector256.Create(bias[5]);
        var s51 = bias is null ? Vector256.Load(output + (5 * outputRow) + Half) : s50;
        var weights3 = weights + (3 * row);
        for (var k = 0; k < count; k++)
        {
            var x = input + offsets[k];
            var x0 = Vector256.Load(x);
            var x1 = Vector256.Load(x + Half);
            var w0 = Vector256.Create(weights[k]);
            s00 = Vector256.FusedMultiplyAdd(w0, x0, s00);
            s01 = Vector256.FusedMultiplyAdd(w0, x1, s01);
            var w1 = Vector256.Create(weights[k + row]);
            s10 = Vector256.FusedMultiplyAdd(w1, x0, s10);
            s11 = Vector256.FusedMultiplyAdd(w1, x1, s11);
            var w2 = Vector256.Create(weights[k + (2 * row)]);
            s20 = Vector256.FusedMultiplyAdd(w2, x0, s20);
            s21 = Vector256.FusedMultiplyAdd(w2, x1, s21);
            var w3 = Vector256.Create(weights3[k]);
            s30 = Vector256.FusedMultiplyAdd(w3, x0, s30);
            s31 = Vector256.FusedMultiplyAdd(w3, x1, s31);
            var w4 = Vector256.Create(weights3[k + row]);
            s40 = Vector256.FusedMultiplyAdd(w4, x0, s40);
            s41 = Vector256.FusedMultiplyAdd(w4, x1, s41);
            var w5 = Vector256.Create(weights3[k + (2 * row)]);
            s50 = Vector256.FusedMultiplyAdd(w5, x0, s50);
            s51 = Vector256.FusedMultiplyAdd(w5, x1, s51);
        }

        var bound = Vector256.Create(floor);
        Bounded(s00, bound).Store(output);
        Bounded(s01, bound).Store(output + Half);
        Bounded(s10, bound).Store(output + outputRow);
        Bounded(s11, bound).Store(output + outputRow + Half);
        Bounded(s20, bound).Store(output + (2 * outputRow));
        Bounded(s21, bound).Store(output + (2 * outputRow) + Half);
        Bounded(s30, bound).Store(output + (3 * outputRow));
        Bounded(s31, bound).Store(output + (3 * outputRow) + Half);
        Bounded(s40, bound).Store(output + (4 * outputRow));
        Bounded(s41, bound).Store(output + (4 * outputRow) + Half);
        Bounded(s50, bound).Store(output + (5 * outputRow));
        Bounded(s51, bound).Store(output + (5 * outputRow) + Half);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Listed4(
        float* weights, nint row, int* offsets, int count, float* input, float* bias, float floor, float* output, nint outputRow)
    {
        var s00 = bias is null ? Vector256.Load(output) : Vector256.Create(bias[0]);
        var s01 = bias is null ? Vector256.Load(output + Half) : s00;
        var s10 = bias is null ? Vector256.Load(output + outputRow) : Vector256.Create(bias[1]);
        var s11 = bias is null ? Vector256.Load(output + outputRow + Half) : s10;
        var s20 = bias is null ? Vector256.Load(output + (2 * outputRow)) : Vector256.Create(bias[2]);
        var s21 = bias is null ? Vector256.Load(output + (2 * outputRow) + Half) : s20;
        var s30 = bias is null ? Vector256.Load(output + (3 * outputRow)) : Vector256.Create(bias[3]);
        var s31 = bias is null ? Vector256.Load(output + (3 * outputRow) + Half) : s30;
        var weights3 = weights + (3 * row);
        for (var k = 0; k < count; k++)
        {
            var x = input + offsets[k];
            var x0 = Vector256.Load(x);
            var x1 = Vector256.Load(x + Half);
            var w0 = Vector256.Create(weights[k]);
            s00 = Vector256.FusedMultiplyAdd(w0, x0, s00);
            s01 = Vector256.FusedMultiplyAdd(w0, x1, s01);
            var w1 = Vector256.Create(weights[k + row]);
            s10 = Vector256.FusedMultiplyAdd(w1, x0, s10);
            s11 = Vector256.FusedMultiplyAdd(w1, x1, s11);
            var w2 = Vector256.Create(weights[k + (2 * row)]);
            s20 = Vector256.FusedMultiplyAdd(w2, x0, s20);
            s21 = Vector256.FusedMultiplyAdd(w2, x1, s21);
            var w3 = Vector256.Create(weights3[k]);
            s30 = Vector256.FusedMultiplyAdd(w3, x0, s30);
            s31 = Vector256.FusedMultiplyAdd(w3, x1, s31);
        }

        var bound = Vector256.Create(floor);
        Bounded(s00, bound).Store(output);
        Bounded(s01, bound).Store(output + Half);
        Bounded(s10, bound).Store(output + outputRow);
        Bounded(s11, bound).Store(output + outputRow + Half);
        Bounded(s20, bound).Store(output + (2 * outputRow));
        Bounded(s21, bound).Store(output + (2 * outputRow) + Half);
        Bounded(s30, bound).Store(output + (3 * outputRow));
        Bounded(s31, bound).Store(output + (3 * outputRow) + Half);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Listed1(float* weights, int* offsets, int count, float* input, float* bias, float floor, float* output)
    {
        var s00 = bias is null ? Vector256.Load(output) : Vector256.Create(bias[0]);
        var s01 = bias is null ? Vector256.Load(output + Half) : s00;
        for (var k = 0; k < count; k++)
        {
            var x = input + offsets[k];
            var x0 = Vector256.Load(x);
            var x1 = Vector256.Load(x + Half);
            var w0 = Vector256.Create(weights[k]);
            s00 = Vector256.FusedMultiplyAdd(w0, x0, s00);
            s01 = Vector256.FusedMultiplyAdd(w0, x1, s01);
        }

        var bound = Vector256.Create(floor);
        Bounded(s00, bound).Store(output);
        Bounded(s01, bound).Store(output + Half);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Product6(float* weights, float* input, in TileLoop loop, float* bias, float floor, float* output)
    {
        var outputRow = loop.OutputRow;
        var accumulate = loop.Accumulate;
        var s00 = accumulate ? Vector256.Load(output) : bias is null ? Vector256<float>.Zero : Vector256.Create(bias[0]);
        var s01 = accumulate ? Vector256.Load(output + Half) : s00;
        var s10 = accumulate ? Vector256.Load(output + outputRow) : bias is null ? Vector256<float>.Zero : Vector256.Create(bias[1]);
        var s11 = accumulate ? Vector256.Load(output + outputRow + Half) : s10;
        var s20 = accumulate ? Vector256.Load(output + (2 * outputRow)) : bias is null ? Vector256<float>.Zero : Vector256.Create(bias[2]);
        var s21 = accumulate ? Vector256.Load(output + (2 * outputRow) + Half) : s20;
        var s30 = accumulate ? Vector256.Load(output + (3 * outputRow)) : bias is null ? Vector256<float>.Zero : Vector256.Create(bias[3]);
        var s31 = accumulate ? Vector256.Load(output + (3 * outputRow) + Half) : s30;
        var s40 = accumulate ? Vector256.Load(output + (4 * outputRow)) : bias is null ? Vector256<float>.Zero : Vector256.Create(bias[4]);
        var s41 = accumulate ? Vector256.Load(output + (4 * outputRow) + Half) : s40;
        var s50 = accumulate ? Vector256.Load(output + (5 * outputRow)) : bias is null ? Vector256<float>.Zero : Vector256.Create(bias[5]);
        var s51 = accumulate ? Vector256.Load(output + (5 * outputRow) + Half) : s50;
        var row = loop.WeightRow;
        var row3 = 3 * row;
        var weightInner = loop.WeightInner;
        var inputInner = loop.InputInner;
        for (var outer = 0; outer < loop.Outer; outer++)
        {
            for (var middle = 0; middle < loop.Middle; middle++)
            {
                var w = weights + (outer * loop.WeightOuter) + (middle * loop.WeightMiddle);
                var x = input + (outer * loop.InputOuter) + (middle * loop.InputMiddle);
                for (var inner = loop.Inner; inner > 0; inner--)
                {
                    var x0 = Vector256.Load(x);
                    var x1 = Vector256.Load(x + Half);
                    var v = w + row3;
                    var w0 = Vector256.Create(w[0]);
                    s00 = Vector256.FusedMultiplyAdd(w0, x0, s00);
                    s01 = Vector256.FusedMultiplyAdd(w0, x1, s01);
                    var w1 = Vector256.Create(w[row]);
                    s10 = Vector256.FusedMultiplyAdd(w1, x0, s10);
                    s11 = Vector256.FusedMultiplyAdd(w1, x1, s11);
                    var w2 = Vector256.Create(w[2 * row]);
                    s20 = Vector256.FusedMultiplyAdd(w2, x0, s20);
                    s21 = Vector256.FusedMultiplyAdd(w2, x1, s21);
                    var w3 = Vector256.Create(v[0]);
                    s30 = Vector256.FusedMultiplyAdd(w3, x0, s30);
                    s31 = Vector256.FusedMultiplyAdd(w3, x1, s31);
                    var w4 = Vector256.Create(v[row]);
                    s40 = Vector256.FusedMultiplyAdd(w4, x0, s40);
                    s41 = Vector256.FusedMultiplyAdd(w4, x1, s41);
                    var w5 = Vector256.Create(v[2 * row]);
                    s50 = Vector256.FusedMultiplyAdd(w5, x0, s50);
                    s51 = Vector256.FusedMultiplyAdd(w5, x1, s51);
                    w += weightInner;
                    x += inputInner;
                }
            }
        }

        var bound = Vector256.Create(floor);
        Bounded(s00, bound).Store(output);
        Bounded(s01, bound).Store(output + Half);
        Bounded(s10, bound).Store(output + outputRow);
        Bounded(s11, bound).Store(output + outputRow + Half);
        Bounded(s20, bound).Store(output + (2 * outputRow));
        Bounded(s21, bound).Store(output + (2 * outputRow) + Half);
        Bounded(s30, bound).Store(output + (3 * outputRow));
        Bounded(s31, bound).Store(output + (3 * outputRow) + Half);
        Bounded(s40, bound).Store(output + (4 * outputRow));
        Bounded(s41, bound).Store(output + (4 * outputRow) + Half);
        Bounded(s50, bound).Store(output + (5 * outputRow));
        Bounded(s51, bound).Store(output + (5 * outputRow) + Half);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Product4(float* weights, float* input, in TileLoop loop, float* bias, float floor, float* output)
    {
        var outputRow = loop.OutputRow;
        var accumulate = loop.Accumulate;
        var s00 = accumulate ? Vector256.Load(output) : bias is null ? Vector256<float>.Zero : Vector256.Create(bias[0]);
        var s01 = accumulate ? Vector256.Load(output + Half) : s00;
        var s10 = accumulate ? Vector256.Load(output + outputRow) : bias is null ? Vector256<float>.Zero : Vector256.Create(bias[1]);
        var s11 = accumulate ? Vector256.Load(output + outputRow + Half) : s10;
        var s20 = accumulate ? Vector256.Load(output + (2 * outputRow)) : bias is null ? Vector256<float>.Zero : Vector256.Create(bias[2]);
        var s21 = accumulate ? Vector256.Load(output + (2 * outputRow) + Half) : s20;
        var s30 = accumulate ? Vector256.Load(output + (3 * outputRow)) : bias is null ? Vector256<float>.Zero : Vector256.Create(bias[3]);
        var s31 = accumulate ? Vector256.Load(output + (3 * outputRow) + Half) : s30;
        var row = loop.WeightRow;
        var row3 = 3 * row;
        var weightInner = loop.WeightInner;
        var inputInner = loop.InputInner;
        for (var outer = 0; outer < loop.Outer; outer++)
        {
            for (var middle = 0; middle < loop.Middle; middle++)
            {
                var w = weights + (outer * loop.WeightOuter) + (middle * loop.WeightMiddle);
                var x = input + (outer * loop.InputOuter) + (middle * loop.InputMiddle);
                for (var inner = loop.Inner; inner > 0; inner--)
                {
                    var x0 = Vector256.Load(x);
                    var x1 = Vector256.Load(x + Half);
                    var v = w + row3;
                    var w0 = Vector256.Create(w[0]);
                    s00 = Vector256.FusedMultiplyAdd(w0, x0, s00);
                    s01 = Vector256.FusedMultiplyAdd(w0, x1, s01);
                    var w1 = Vector256.Create(w[row]);
                    s10 = Vector256.FusedMultiplyAdd(w1, x0, s10);
                    s11 = Vector256.FusedMultiplyAdd(w1, x1, s11);
                    var w2 = Vector256.Create(w[2 * row]);
                    s20 = Vector256.FusedMultiplyAdd(w2, x0, s20);
                    s21 = Vector256.FusedMultiplyAdd(w2, x1, s21);
                    var w3 = Vector256.Create(v[0]);
                    s30 = Vector256.FusedMultiplyAdd(w3, x0, s30);
                    s31 = Vector256.FusedMultiplyAdd(w3, x1, s31);
                    w += weightInner;
                    x += inputInner;
                }
            }
        }

        var bound = Vector256.Create(floor);
        Bounded(s00, bound).Store(output);
        Bounded(s01, bound).Store(output + Half);
        Bounded(s10, bound).Store(output + outputRow);
        Bounded(s11, bound).Store(output + outputRow + Half);
        Bounded(s20, bound).Store(output + (2 * outputRow));
        Bounded(s21, bound).Store(output + (2 * outputRow) + Half);
        Bounded(s30, bound).Store(output + (3 * outputRow));
        Bounded(s31, bound).Store(output + (3 * outputRow) + Half);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Product1(float* weights, float* input, in TileLoop loop, float* bias, float floor, float* output)
    {
        var accumulate = loop.Accumulate;
        var s00 = accumulate ? Vector256.Load(output) : bias is null ? Vector256<float>.Zero : Vector256.Create(bias[0]);
        var s01 = accumulate ? Vector256.Load(output + Half) : s00;
        var weightInner = loop.WeightInner;
        var inputInner = loop.InputInner;
        for (var outer = 0; outer < loop.Outer; outer++)
        {
            for (var middle = 0; middle < loop.Middle; middle++)
            {
                var w = weights + (outer * loop.WeightOuter) + (middle * loop.WeightMiddle);
                var x = input + (outer * loop.InputOuter) + (middle * loop.InputMiddle);
                for (var inner = loop.Inner; inner > 0; inner--)
                {
                    var x0 = Vector256.Load(x);
                    var x1 = Vector256.Load(x + Half);
                    var w0 = Vector256.Create(w[0]);
                    s00 = Vector256.FusedMultiplyAdd(w0, x0, s00);
                    s01 = Vector256.FusedMultiplyAdd(w0, x1, s01);
                    w += weightInner;
                    x += inputInner;
                }
            }
        }

        var bound = Vector256.Create(floor);
        Bounded(s00, bound).Store(output);
        Bounded(s01, bound).Store(output + Half);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Dot3x4(float* gradient, float* input, int* offsets, in DotLoop loop, float* sums, nint sumRow)
    {
        var s00 = Vector256.Load(sums);
        var s01 = Vector256.Load(sums + 16);
        var s02 = Vector256.Load(sums + 32);
        var s03 = Vector256.Load(sums + 48);
        var s10 = Vector256.Load(sums + sumRow);
        var s11 = Vector256.Load(sums + sumRow + 16);
        var s12 = Vector256.Load(sums + sumRow + 32);
        var s13 = Vector256.Load(sums + sumRow + 48);
        var s20 = Vector256.Load(sums + (2 * sumRow));
        var s21 = Vector256.Load(sums + (2 * sumRow) + 16);
        var s22 = Vector256.Load(sums + (2 * sumRow) + 32);
        var s23 = Vector256.Load(sums + (2 * sumRow) + 48);
        var channel = loop.GradientChannel;
        var inputStep = loop.InputStep;
        var input0 = input + offsets[0];
        var input1 = input + offsets[1];
        var input2 = input + offsets[2];
        var input3 = input + offsets[3];
        for (var row = 0; row < loop.Rows; row++)
        {
            var d = gradient + (row * loop.GradientRow);
            var shift = row * loop.InputRow;
            for (var column = loop.Columns; column > 0; column--)
            {
                var d0 = Vector256.Load(d);
                var d1 = Vector256.Load(d + channel);
                var d2 = Vector256.Load(d + (2 * channel));
                var x0 = Vector256.Load(input0 + shift);
                s00 = Vector256.FusedMultiplyAdd(d0, x0, s00);
                s10 = Vector256.FusedMultiplyAdd(d1, x0, s10);
                s20 = Vector256.FusedMultiplyAdd(d2, x0, s20);
                var x1 = Vector256.Load(input1 + shift);
                s01 = Vector256.FusedMultiplyAdd(d0, x1, s01);
                s11 = Vector256.FusedMultiplyAdd(d1, x1, s11);
                s21 = Vector256.FusedMultiplyAdd(d2, x1, s21);
                var x2 = Vector256.Load(input2 + shift);
                s02 = Vector256.FusedMultiplyAdd(d0, x2, s02);
                s12 = Vector256.FusedMultiplyAdd(d1, x2, s12);
                s22 = Vector256.FusedMultiplyAdd(d2, x2, s22);
                var x3 = Vector256.Load(input3 + shift);
                s03 = Vector256.FusedMultiplyAdd(d0, x3, s03);
                s13 = Vector256.FusedMultiplyAdd(d1, x3, s13);
                s23 = Vector256.FusedMultiplyAdd(d2, x3, s23);
                d += Lanes.Width;
                shift += inputStep;
            }
        }

        s00.Store(sums);
        s01.Store(sums + 16);
        s02.Store(sums + 32);
        s03.Store(sums + 48);
        s10.Store(sums + sumRow);
        s11.Store(sums + sumRow + 16);
        s12.Store(sums + sumRow + 32);
        s13.Store(sums + sumRow + 48);
        s20.Store(sums + (2 * sumRow));
        s21.Store(sums + (2 * sumRow) + 16);
        s22.Store(sums + (2 * sumRow) + 32);
        s23.Store(sums + (2 * sumRow) + 48);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Dot4x3(float* gradient, float* input, int* offsets, in DotLoop loop, float* sums, nint sumRow)
    {
        var s00 = Vector256.Load(sums);
        var s01 = Vector256.Load(sums + 16);
        var s02 = Vector256.Load(sums + 32);
        var s10 = Vector256.Load(sums + sumRow);
        var s11 = Vector256.Load(sums + sumRow + 16);
        var s12 = Vector256.Load(sums + sumRow + 32);
        var s20 = Vector256.Load(sums + (2 * sumRow));
        var s21 = Vector256.Load(sums + (2 * sumRow) + 16);
        var s22 = Vector256.Load(sums + (2 * sumRow) + 32);
        var s30 = Vector256.Load(sums + (3 * sumRow));
        var s31 = Vector256.Load(sums + (3 * sumRow) + 16);
        var s32 = Vector256.Load(sums + (3 * sumRow) + 32);
        var channel = loop.GradientChannel;
        var inputStep = loop.InputStep;
        var input0 = input + offsets[0];
        var input1 = input + offsets[1];
        var input2 = input + offsets[2];
        for (var row = 0; row < loop.Rows; row++)
        {
            var d = gradient + (row * loop.GradientRow);
            var shift = row * loop.InputRow;
            for (var column = loop.Columns; column > 0; column--)
            {
                var x0 = Vector256.Load(input0 + shift);
                var x1 = Vector256.Load(input1 + shift);
                var x2 = Vector256.Load(input2 + shift);
                var d0 = Vector256.Load(d);
                s00 = Vector256.FusedMultiplyAdd(d0, x0, s00);
                s01 = Vector256.FusedMultiplyAdd(d0, x1, s01);
                s02 = Vector256.FusedMultiplyAdd(d0, x2, s02);
                var d1 = Vector256.Load(d + channel);
                s10 = Vector256.FusedMultiplyAdd(d1, x0, s10);
                s11 = Vector256.FusedMultiplyAdd(d1, x1, s11);
                s12 = Vector256.FusedMultiplyAdd(d1, x2, s12);
                var d2 = Vector256.Load(d + (2 * channel));
                s20 = Vector256.FusedMultiplyAdd(d2, x0, s20);
                s21 = Vector256.FusedMultiplyAdd(d2, x1, s21);
                s22 = Vector256.FusedMultiplyAdd(d2, x2, s22);
                var d3 = Vector256.Load(d + (3 * channel));
                s30 = Vector256.FusedMultiplyAdd(d3, x0, s30);
                s31 = Vector256.FusedMultiplyAdd(d3, x1, s31);
                s32 = Vector256.FusedMultiplyAdd(d3, x2, s32);
                d += Lanes.Width;
                shift += inputStep;
            }
        }

        s00.Store(sums);
        s01.Store(sums + 16);
        s02.Store(sums + 32);
        s10.Store(sums + sumRow);
        s11.Store(sums + sumRow + 16);
        s12.Store(sums + sumRow + 32);
        s20.Store(sums + (2 * sumRow));
        s21.Store(sums + (2 * sumRow) + 16);
        s22.Store(sums + (2 * sumRow) + 32);
        s30.Store(sums + (3 * sumRow));
        s31.Store(sums + (3 * sumRow) + 16);
        s32.Store(sums + (3 * sumRow) + 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Dot4x1(float* gradient, float* input, in DotLoop loop, float* sums, nint sumRow)
    {
        var s00 = Vector256.Load(sums);
        var s01 = Vector256.Load(sums + Half);
        var s10 = Vector256.Load(sums + sumRow);
        var s11 = Vector256.Load(sums + sumRow + Half);
        var s20 = Vector256.Load(sums + (2 * sumRow));
        var s21 = Vector256.Load(sums + (2 * sumRow) + Half);
        var s30 = Vector256.Load(sums + (3 * sumRow));
        var s31 = Vector256.Load(sums + (3 * sumRow) + Half);
        var channel = loop.GradientChannel;
        var inputStep = loop.InputStep;
        for (var row = 0; row < loop.Rows; row++)
        {
            var d = gradient + (row * loop.GradientRow);
            var x = input + (row * loop.InputRow);
            for (var column = loop.Columns; column > 0; column--)
            {
                var x0 = Vector256.Load(x);
                var x1 = Vector256.Load(x + Half);
                s00 = Vector256.FusedMultiplyAdd(Vector256.Load(d), x0, s00);
                s01 = Vector256.FusedMultiplyAdd(Vector256.Load(d + Half), x1, s01);
                s10 = Vector256.FusedMultiplyAdd(Vector256.Load(d + channel), x0, s10);
                s11 = Vector256.FusedMultiplyAdd(Vector256.Load(d + channel + Half), x1, s11);
                s20 = Vector256.FusedMultiplyAdd(Vector256.Load(d + (2 * channel)), x0, s20);
                s21 = Vector256.FusedMultiplyAdd(Vector256.Load(d + (2 * channel) + Half), x1, s21);
                s30 = Vector256.FusedMultiplyAdd(Vector256.Load(d + (3 * channel)), x0, s30);
                s31 = Vector256.FusedMultiplyAdd(Vector256.Load(d + (3 * channel) + Half), x1, s31);
                d += Lanes.Width;
                x += inputStep;
            }
        }

        s00.Store(sums);
        s01.Store(sums + Half);
        s10.Store(sums + sumRow);
        s11.Store(sums + sumRow + Half);
        s20.Store(sums + (2 * sumRow));
        s21.Store(sums + (2 * sumRow) + Half);
        s30.Store(sums + (3 * sumRow));
        s31.Store(sums + (3 * sumRow) + Half);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Dot3x1(float* gradient, float* input, in DotLoop loop, float* sums, nint sumRow)
    {
        var s00 = Vector256.Load(sums);
        var s01 = Vector256.Load(sums + Half);
        var s10 = Vector256.Load(sums + sumRow);
        var s11 = Vector256.Load(sums + sumRow + Half);
        var s20 = Vector256.Load(sums + (2 * sumRow));
        var s21 = Vector256.Load(sums + (2 * sumRow) + Half);
        var channel = loop.GradientChannel;
        var inputStep = loop.InputStep;
        for (var row = 0; row < loop.Rows; row++)
        {
            var d = gradient + (row * loop.GradientRow);
            var x = input + (row * loop.InputRow);
            for (var column = loop.Columns; column > 0; column--)
            {
                var x0 = Vector256.Load(x);
                var x1 = Vector256.Load(x + Half);
                s00 = Vector256.FusedMultiplyAdd(Vector256.Load(d), x0, s00);
                s01 = Vector256.FusedMultiplyAdd(Vector256.Load(d + Half), x1, s01);
                s10 = Vector256.FusedMultiplyAdd(Vector256.Load(d + channel), x0, s10);
                s11 = Vector256.FusedMultiplyAdd(Vector256.Load(d + channel + Half), x1, s11);
                s20 = Vector256.FusedMultiplyAdd(Vector256.Load(d + (2 * channel)), x0, s20);
                s21 = Vector256.FusedMultiplyAdd(Vector256.Load(d + (2 * channel) + Half), x1, s21);
                d += Lanes.Width;
                x += inputStep;
            }
        }

        s00.Store(sums);
        s01.Store(sums + Half);
        s10.Store(sums + sumRow);
        s11.Store(sums + sumRow + Half);
        s20.Store(sums + (2 * sumRow));
        s21.Store(sums + (2 * sumRow) + Half);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Dot1x1(float* gradient, float* input, in DotLoop loop, float* sums)
    {
        var s00 = Vector256.Load(sums);
        var s01 = Vector256.Load(sums + Half);
        var inputStep = loop.InputStep;
        for (var row = 0; row < loop.Rows; row++)
        {
            var d = gradient + (row * loop.GradientRow);
            var x = input + (row * loop.InputRow);
            for (var column = loop.Columns; column > 0; column--)
            {
                var x0 = Vector256.Load(x);
                var x1 = Vector256.Load(x + Half);
                s00 = Vector256.FusedMultiplyAdd(Vector256.Load(d), x0, s00);
                s01 = Vector256.FusedMultiplyAdd(Vector256.Load(d + Half), x1, s01);
                d += Lanes.Width;
                x += inputStep;
            }
        }

        s00.Store(sums);
        s01.Store(sums + Half);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Dot1x4(float* gradient, float* input, int* offsets, in DotLoop loop, float* sums)
    {
        var s00 = Vector256.Load(sums);
        var s01 = Vector256.Load(sums + 8);
        var s10 = Vector256.Load(sums + 16);
        var s11 = Vector256.Load(sums + 24);
        var s20 = Vector256.Load(sums + 32);
        var s21 = Vector256.Load(sums + 40);
        var s30 = Vector256.Load(sums + 48);
        var s31 = Vector256.Load(sums + 56);
        var inputStep = loop.InputStep;
        var input0 = input + offsets[0];
        var input1 = input + offsets[1];
        var input2 = input + offsets[2];
        var input3 = input + offsets[3];
        for (var row = 0; row < loop.Rows; row++)
        {
            var d = gradient + (row * loop.GradientRow);
            var shift = row * loop.InputRow;
            for (var column = loop.Columns; column > 0; column--)
            {
                var d0 = Vector256.Load(d);
                var d1 = Vector256.Load(d + Half);
                s00 = Vector256.FusedMultiplyAdd(d0, Vector256.Load(input0 + shift), s00);
                s01 = Vector256.FusedMultiplyAdd(d1, Vector256.Load(input0 + shift + Half), s01);
                s10 = Vector256.FusedMultiplyAdd(d0, Vector256.Load(input1 + shift), s10);
                s11 = Vector256.FusedMultiplyAdd(d1, Vector256.Load(input1 + shift + Half), s11);
                s20 = Vector256.FusedMultiplyAdd(d0, Vector256.Load(input2 + shift), s20);
                s21 = Vector256.FusedMultiplyAdd(d1, Vector256.Load(input2 + shift + Half), s21);
                s30 = Vector256.FusedMultiplyAdd(d0, Vector256.Load(input3 + shift), s30);
                s31 = Vector256.FusedMultiplyAdd(d1, Vector256.Load(input3 + shift + Half), s31);
                d += Lanes.Width;
                shift += inputStep;
            }
        }

        s00.Store(sums);
        s01.Store(sums + 8);
        s10.Store(sums + 16);
        s11.Store(sums + 24);
        s20.Store(sums + 32);
        s21.Store(sums + 40);
        s30.Store(sums + 48);
        s31.Store(sums + 56);
    }
}
