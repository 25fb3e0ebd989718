using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SparseCore.Cpu.Kernels;

/// <summary>
/// <see cref="DenseTiles"/> for machines with 16 registers of 256 bits: a vector of 16 examples is two halves, a product's tile 6 outputs x 1 column, a
/// weight gradient's tile 3 outputs x 4 weights of one half. Every lane sees the same operations in the same order, so the bits are the same.
/// </summary>
internal static unsafe partial class Avx2Tiles
{
    private const int Half = Lanes.Width / 2;
    private const int PartWeights = 384; // inputs of one column that stay in an L1 of 32 KiB

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
}
