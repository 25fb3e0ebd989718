using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SparseCore.Cpu.Kernels;

/// <summary>Strides of a dense product, in floats. The sum runs over three nested loops; a matrix product uses only the inner one.</summary>
internal struct TileLoop
{
    /// <summary>Trips of the three loops.</summary>
    public int Outer, Middle, Inner;

    /// <summary>Steps of the weight per trip, and from one output to the next.</summary>
    public nint WeightOuter, WeightMiddle, WeightInner, WeightRow;

    /// <summary>Steps of the input per trip, and from one column to the next.</summary>
    public nint InputOuter, InputMiddle, InputInner, InputColumn;

    /// <summary>Steps of the output from one output to the next and from one column to the next.</summary>
    public nint OutputRow, OutputColumn;

    /// <summary>Whether the sums start from the output instead of the bias.</summary>
    public bool Accumulate;
}

/// <summary>Extent and strides of a dense weight gradient, in floats: a sum over rows and columns of vectors.</summary>
internal struct DotLoop
{
    /// <summary>Rows and columns of the output.</summary>
    public int Rows, Columns;

    /// <summary>Steps of the output gradient from channel to channel and row to row; columns are 16 floats apart.</summary>
    public nint GradientChannel, GradientRow;

    /// <summary>Steps of the input from row to row and column to column.</summary>
    public nint InputRow, InputStep;
}

/// <summary>
/// Dense products on register tiles: every load of an input serves 6 outputs and every broadcast of a weight 4 columns. Sums run in the same
/// order as in the sparse kernels,
/// so that masked weights (exact zeros) give the same bits as absent ones.
/// </summary>
internal static unsafe class DenseTiles
{
    /// <summary>output[m, n] = max(floor, bias[m] + sum of weight[m, .] * input[., n]) for all outputs m and columns n.</summary>
    /// <param name="weights">Weight of output 0 at the loops' start.</param>
    /// <param name="outputs">Number of outputs.</param>
    /// <param name="input">Input of column 0 at the loops' start.</param>
    /// <param name="columns">Number of columns, one vector of 16 examples each.</param>
    /// <param name="loop">Trips and strides.</param>
    /// <param name="bias">Shape [outputs]; null for 0.</param>
    /// <param name="floor">0 for ReLU, -infinity for none.</param>
    /// <param name="output">Output 0, column 0.</param>
    public static void Product(float* weights, int outputs, float* input, int columns, in TileLoop loop, float* bias, float floor, float* output)
    {
        if (Lanes.AreHalved)
        {
            NarrowTiles.Product(weights, outputs, input, columns, loop, bias, floor, output);
            return;
        }

        var column = 0;
        if (loop.InputColumn == Lanes.Width)
        {
            for (; column + 4 <= columns; column += 4)
            {
                ProductColumns4(weights, outputs, input + (column * Lanes.Width), loop, bias, floor, output + (column * loop.OutputColumn));
            }
        }

        for (; column < columns; column++)
        {
            var x = input + (column * loop.InputColumn);
            var y = output + (column * loop.OutputColumn);
            var m = 0;
            for (; m + 6 <= outputs; m += 6)
            {
                Product6x1(weights + (m * loop.WeightRow), x, loop, Shifted(bias, m), floor, y + (m * loop.OutputRow));
            }

            for (; m < outputs; m++)
            {
                Product1x1(weights + (m * loop.WeightRow), x, loop, Shifted(bias, m), floor, y + (m * loop.OutputRow));
            }
        }
    }

    /// <summary>sums[m, k] += sum over rows and columns of gradient[m] * input[offsets[k]], in 16 lanes.</summary>
    /// <param name="gradient">Output gradients of output 0.</param>
    /// <param name="outputs">Number of outputs.</param>
    /// <param name="input">Start of the inputs.</param>
    /// <param name="offsets">Floats from <paramref name="input"/> to the input that weight k meets first. Shape [weights].</param>
    /// <param name="weights">Number of weights of one output.</param>
    /// <param name="loop">Extent and strides.</param>
    /// <param name="sums">Sums of output m at m * sumRow. Shape [outputs, weights, 16].</param>
    /// <param name="sumRow">Floats between outputs.</param>
    public static void Dot(float* gradient, int outputs, float* input, int* offsets, int weights, in DotLoop loop, float* sums, nint sumRow)
    {
        if (Lanes.AreHalved)
        {
            NarrowTiles.Dot(gradient, outputs, input, offsets, weights, loop, sums, sumRow);
            return;
        }

        for (var m = 0; m < outputs;)
        {
            var d = gradient + (m * loop.GradientChannel);
            var sum = sums + (m * sumRow);
            var rest = outputs - m;
            var height = rest is 6 or 10 ? 6 : rest >= 4 ? 4 : rest >= 2 ? 2 : 1;
            var k = 0;
            for (; height == 6 && k + 4 <= weights; k += 4)
            {
                Dot6x4(d, input, offsets + k, loop, sum + (k * Lanes.Width), sumRow);
            }

            for (; height == 6 && k < weights; k++)
            {
                Dot6x1(d, input, offsets + k, loop, sum + (k * Lanes.Width), sumRow);
            }

            for (; k + 6 <= weights; k += 6)
            {
                if (height == 4)
                {
                    Dot4x6(d, input, offsets + k, loop, sum + (k * Lanes.Width), sumRow);
                }
                else if (height == 2)
                {
                    Dot2x6(d, input, offsets + k, loop, sum + (k * Lanes.Width), sumRow);
                }
                else
                {
                    Dot1x6(d, input, offsets + k, loop, sum + (k * Lanes.Width), sumRow);
                }
            }

            for (; k < weights; k++)
            {
                if (height == 4)
                {
                    Dot4x1(d, input, offsets + k, loop, sum + (k * Lanes.Width), sumRow);
                }
                else
                {
                    for (var row = 0; row < height; row++)
                    {
                        Dot1x1(d + (row * loop.GradientChannel), input, offsets + k, loop, sum + (row * sumRow) + (k * Lanes.Width), sumRow);
                    }
                }
            }

            m += height;
        }
    }

    /// <summary>
    /// The product of a forward pass: weights of one output lie one after another, the inputs they meet are listed once for all outputs.
    /// </summary>
    /// <param name="weights">Weights of output m at m * weightRow.</param>
    /// <param name="weightRow">Floats between outputs.</param>
    /// <param name="outputs">Number of outputs.</param>
    /// <param name="offsets">Floats from <paramref name="input"/> to the input of each weight. Shape [count].</param>
    /// <param name="count">Weights of one output in this part of the sum.</param>
    /// <param name="input">Input of column 0; columns are 16 floats apart.</param>
    /// <param name="columns">Number of columns, a multiple of 4.</param>
    /// <param name="bias">Shape [outputs]; null to continue the sums in the output.</param>
    /// <param name="floor">0 for ReLU, -infinity for none.</param>
    /// <param name="output">Output 0, column 0.</param>
    /// <param name="outputRow">Floats between outputs.</param>
    /// <param name="outputColumn">Floats between columns of the output.</param>
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
        if (Lanes.AreHalved)
        {
            NarrowTiles.Listed(weights, weightRow, outputs, offsets, count, input, columns, bias, floor, output, outputRow, outputColumn);
            return;
        }

        for (var column = 0; column < columns; column += 4)
        {
            var x = input + (column * Lanes.Width);
            var y = output + (column * outputColumn);
            var m = 0;
            for (; m + 6 <= outputs; m += 6)
            {
                Listed6x4(weights + (m * weightRow), weightRow, offsets, count, x, Shifted(bias, m), floor, y + (m * outputRow), outputRow, outputColumn);
            }

            for (; m + 4 <= outputs; m += 4)
            {
                Listed4x4(weights + (m * weightRow), weightRow, offsets, count, x, Shifted(bias, m), floor, y + (m * outputRow), outputRow, outputColumn);
            }

            for (; m + 2 <= outputs; m += 2)
            {
                Listed2x4(weights + (m * weightRow), weightRow, offsets, count, x, Shifted(bias, m), floor, y + (m * outputRow), outputRow, outputColumn);
            }

            for (; m < outputs; m++)
            {
                Listed1x4(weights + (m * weightRow), weightRow, offsets, count, x, Shifted(bias, m), floor, y + (m * outputRow), outputRow, outputColumn);
            }
        }
    }

    /// <summary>destination[m, n] = sum over the examples of gradient[m] * input[n], folded from 16 lanes at once.</summary>
    /// <param name="gradient">Output gradients, row m at m * gradientRow.</param>
    /// <param name="outputs">Number of outputs, a multiple of 4.</param>
    /// <param name="gradientRow">Floats between outputs.</param>
    /// <param name="input">Inputs, row n at n * inputRow.</param>
    /// <param name="inputs">Number of inputs, a multiple of 4.</param>
    /// <param name="inputRow">Floats between inputs.</param>
    /// <param name="vectors">Vectors of 16 examples.</param>
    /// <param name="destination">Shape [outputs, destinationRow].</param>
    /// <param name="destinationRow">Floats between rows of the result.</param>
    public static void FoldedDot(
        float* gradient, int outputs, nint gradientRow, float* input, int inputs, nint inputRow, int vectors, float* destination, nint destinationRow)
    {
        for (var n = 0; n < inputs; n += 4)
        {
            var x = input + (n * inputRow);
            for (var m = 0; m < outputs; m += 4)
            {
                var d = gradient + (m * gradientRow);
                var target = destination + (m * destinationRow) + n;
                if (Avx512F.IsSupported)
                {
                    Folded4x4(d, gradientRow, x, inputRow, vectors, target, destinationRow);
                }
                else if (Lanes.AreHalved)
                {
                    NarrowTiles.Folded2x4(d, gradientRow, x, inputRow, vectors, target, destinationRow);
                    NarrowTiles.Folded2x4(d + (2 * gradientRow), gradientRow, x, inputRow, vectors, target + (2 * destinationRow), destinationRow);
                }
                else
                {
                    FoldedOneByOne(d, gradientRow, x, inputRow, vectors, target, destinationRow);
                }
            }
        }
    }

    private static void FoldedOneByOne(float* gradient, nint gradientRow, float* input, nint inputRow, int vectors, float* destination, nint destinationRow)
    {
        for (var m = 0; m < 4; m++)
        {
            for (var n = 0; n < 4; n++)
            {
                var sum = Vector512<float>.Zero;
                for (var vector = 0; vector < vectors; vector++)
                {
                    var place = vector * Lanes.Width;
                    sum = Vector512.FusedMultiplyAdd(
                        Vector512.Load(gradient + (m * gradientRow) + place), Vector512.Load(input + (n * inputRow) + place), sum);
                }

                destination[(m * destinationRow) + n] = Lanes.Sum(sum);
            }
        }
    }

    private static float* Shifted(float* bias, int output) => bias is null ? null : bias + output;

    private static void ProductColumns4(float* weights, int outputs, float* input, in TileLoop loop, float* bias, float floor, float* output)
    {
        var m = 0;
        for (; m + 6 <= outputs; m += 6)
        {
            Product6x4(weights + (m * loop.WeightRow), input, loop, Shifted(bias, m), floor, output + (m * loop.OutputRow));
        }

        for (; m + 4 <= outputs; m += 4)
        {
            Product4x4(weights + (m * loop.WeightRow), input, loop, Shifted(bias, m), floor, output + (m * loop.OutputRow));
        }

        for (; m + 2 <= outputs; m += 2)
        {
            Product2x4(weights + (m * loop.WeightRow), input, loop, Shifted(bias, m), floor, output + (m * loop.OutputRow));
        }

        for (; m < outputs; m++)
        {
            Product1x4(weights + (m * loop.WeightRow), input, loop, Shifted(bias, m), floor, output + (m * loop.OutputRow));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Product6x4(float* weights, float* input, in TileLoop loop, float* bias, float floor, float* output)
    {
        var s00 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[0]);
        var s01 = s00;
        var s02 = s00;
        var s03 = s00;
        var s10 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[1]);
        var s11 = s10;
        var s12 = s10;
        var s13 = s10;
        var s20 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[2]);
        var s21 = s20;
        var s22 = s20;
        var s23 = s20;
        var s30 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[3]);
        var s31 = s30;
        var s32 = s30;
        var s33 = s30;
        var s40 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[4]);
        var s41 = s40;
        var s42 = s40;
        var s43 = s40;
        var s50 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[5]);
        var s51 = s50;
        var s52 = s50;
        var s53 = s50;
        if (loop.Accumulate)
        {
            s00 = Vector512.Load(output);
            s01 = Vector512.Load(output + loop.OutputColumn);
            s02 = Vector512.Load(output + (2 * loop.OutputColumn));
            s03 = Vector512.Load(output + (3 * loop.OutputColumn));
            s10 = Vector512.Load(output + loop.OutputRow);
            s11 = Vector512.Load(output + loop.OutputRow + loop.OutputColumn);
            s12 = Vector512.Load(output + loop.OutputRow + (2 * loop.OutputColumn));
            s13 = Vector512.Load(output + loop.OutputRow + (3 * loop.OutputColumn));
            s20 = Vector512.Load(output + (2 * loop.OutputRow));
            s21 = Vector512.Load(output + (2 * loop.OutputRow) + loop.OutputColumn);
            s22 = Vector512.Load(output + (2 * loop.OutputRow) + (2 * loop.OutputColumn));
            s23 = Vector512.Load(output + (2 * loop.OutputRow) + (3 * loop.OutputColumn));
            s30 = Vector512.Load(output + (3 * loop.OutputRow));
            s31 = Vector512.Load(output + (3 * loop.OutputRow) + loop.OutputColumn);
            s32 = Vector512.Load(output + (3 * loop.OutputRow) + (2 * loop.OutputColumn));
            s33 = Vector512.Load(output + (3 * loop.OutputRow) + (3 * loop.OutputColumn));
            s40 = Vector512.Load(output + (4 * loop.OutputRow));
            s41 = Vector512.Load(output + (4 * loop.OutputRow) + loop.OutputColumn);
            s42 = Vector512.Load(output + (4 * loop.OutputRow) + (2 * loop.OutputColumn));
            s43 = Vector512.Load(output + (4 * loop.OutputRow) + (3 * loop.OutputColumn));
            s50 = Vector512.Load(output + (5 * loop.OutputRow));
            s51 = Vector512.Load(output + (5 * loop.OutputRow) + loop.OutputColumn);
            s52 = Vector512.Load(output + (5 * loop.OutputRow) + (2 * loop.OutputColumn));
            s53 = Vector512.Load(output + (5 * loop.OutputRow) + (3 * loop.OutputColumn));
        }

        var row = loop.WeightRow;
        var weightInner = loop.WeightInner;
        var inputInner = loop.InputInner;
        var weights3 = weights + (3 * row);
        for (var outer = 0; outer < loop.Outer; outer++)
        {
            for (var middle = 0; middle < loop.Middle; middle++)
            {
                var weightOffset = (outer * loop.WeightOuter) + (middle * loop.WeightMiddle);
                var x = input + (outer * loop.InputOuter) + (middle * loop.InputMiddle);
                for (var inner = loop.Inner; inner > 0; inner--)
                {
                    var x0 = Vector512.Load(x);
                    var x1 = Vector512.Load(x + 16);
                    var x2 = Vector512.Load(x + 32);
                    var x3 = Vector512.Load(x + 48);
                    var w0 = Vector512.Create(weights[weightOffset]);
                    s00 = Vector512.FusedMultiplyAdd(w0, x0, s00);
                    s01 = Vector512.FusedMultiplyAdd(w0, x1, s01);
                    s02 = Vector512.FusedMultiplyAdd(w0, x2, s02);
                    s03 = Vector512.FusedMultiplyAdd(w0, x3, s03);
                    var w1 = Vector512.Create(weights[weightOffset + row]);
                    s10 = Vector512.FusedMultiplyAdd(w1, x0, s10);
                    s11 = Vector512.FusedMultiplyAdd(w1, x1, s11);
                    s12 = Vector512.FusedMultiplyAdd(w1, x2, s12);
                    s13 = Vector512.FusedMultiplyAdd(w1, x3, s13);
                    var w2 = Vector512.Create(weights[weightOffset + (2 * row)]);
                    s20 = Vector512.FusedMultiplyAdd(w2, x0, s20);
                    s21 = Vector512.FusedMultiplyAdd(w2, x1, s21);
                    s22 = Vector512.FusedMultiplyAdd(w2, x2, s22);
                    s23 = Vector512.FusedMultiplyAdd(w2, x3, s23);
                    var w3 = Vector512.Create(weights3[weightOffset]);
                    s30 = Vector512.FusedMultiplyAdd(w3, x0, s30);
                    s31 = Vector512.FusedMultiplyAdd(w3, x1, s31);
                    s32 = Vector512.FusedMultiplyAdd(w3, x2, s32);
                    s33 = Vector512.FusedMultiplyAdd(w3, x3, s33);
                    var w4 = Vector512.Create(weights3[weightOffset + row]);
                    s40 = Vector512.FusedMultiplyAdd(w4, x0, s40);
                    s41 = Vector512.FusedMultiplyAdd(w4, x1, s41);
                    s42 = Vector512.FusedMultiplyAdd(w4, x2, s42);
                    s43 = Vector512.FusedMultiplyAdd(w4, x3, s43);
                    var w5 = Vector512.Create(weights3[weightOffset + (2 * row)]);
                    s50 = Vector512.FusedMultiplyAdd(w5, x0, s50);
                    s51 = Vector512.FusedMultiplyAdd(w5, x1, s51);
                    s52 = Vector512.FusedMultiplyAdd(w5, x2, s52);
                    s53 = Vector512.FusedMultiplyAdd(w5, x3, s53);
                    weightOffset += weightInner;
                    x += inputInner;
                }
            }
        }

        var bound = Vector512.Create(floor);
        Vector512.ConditionalSelect(Vector512.LessThan(s00, bound), bound, s00).Store(output);
        Vector512.ConditionalSelect(Vector512.LessThan(s01, bound), bound, s01).Store(output + loop.OutputColumn);
        Vector512.ConditionalSelect(Vector512.LessThan(s02, bound), bound, s02).Store(output + (2 * loop.OutputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s03, bound), bound, s03).Store(output + (3 * loop.OutputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s10, bound), bound, s10).Store(output + loop.OutputRow);
        Vector512.ConditionalSelect(Vector512.LessThan(s11, bound), bound, s11).Store(output + loop.OutputRow + loop.OutputColumn);
        Vector512.ConditionalSelect(Vector512.LessThan(s12, bound), bound, s12).Store(output + loop.OutputRow + (2 * loop.OutputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s13, bound), bound, s13).Store(output + loop.OutputRow + (3 * loop.OutputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s20, bound), bound, s20).Store(output + (2 * loop.OutputRow));
        Vector512.ConditionalSelect(Vector512.LessThan(s21, bound), bound, s21).Store(output + (2 * loop.OutputRow) + loop.OutputColumn);
        Vector512.ConditionalSelect(Vector512.LessThan(s22, bound), bound, s22).Store(output + (2 * loop.OutputRow) + (2 * loop.OutputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s23, bound), bound, s23).Store(output + (2 * loop.OutputRow) + (3 * loop.OutputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s30, bound), bound, s30).Store(output + (3 * loop.OutputRow));
        Vector512.ConditionalSelect(Vector512.LessThan(s31, bound), bound, s31).Store(output + (3 * loop.OutputRow) + loop.OutputColumn);
        Vector512.ConditionalSelect(Vector512.LessThan(s32, bound), bound, s32).Store(output + (3 * loop.OutputRow) + (2 * loop.OutputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s33, bound), bound, s33).Store(output + (3 * loop.OutputRow) + (3 * loop.OutputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s40, bound), bound, s40).Store(output + (4 * loop.OutputRow));
        Vector512.ConditionalSelect(Vector512.LessThan(s41, bound), bound, s41).Store(output + (4 * loop.OutputRow) + loop.OutputColumn);
        Vector512.ConditionalSelect(Vector512.LessThan(s42, bound), bound, s42).Store(output + (4 * loop.OutputRow) + (2 * loop.OutputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s43, bound), bound, s43).Store(output + (4 * loop.OutputRow) + (3 * loop.OutputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s50, bound), bound, s50).Store(output + (5 * loop.OutputRow));
        Vector512.ConditionalSelect(Vector512.LessThan(s51, bound), bound, s51).Store(output + (5 * loop.OutputRow) + loop.OutputColumn);
        Vector512.ConditionalSelect(Vector512.LessThan(s52, bound), bound, s52).Store(output + (5 * loop.OutputRow) + (2 * loop.OutputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s53, bound), bound, s53).Store(output + (5 * loop.OutputRow) + (3 * loop.OutputColumn));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Product4x4(float* weights, float* input, in TileLoop loop, float* bias, float floor, float* output)
    {
        var s00 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[0]);
        var s01 = s00;
        var s02 = s00;
        var s03 = s00;
        var s10 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[1]);
        var s11 = s10;
        var s12 = s10;
        var s13 = s10;
        var s20 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[2]);
        var s21 = s20;
        var s22 = s20;
        var s23 = s20;
        var s30 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[3]);
        var s31 = s30;
        var s32 = s30;
        var s33 = s30;
        if (loop.Accumulate)
        {
            s00 = Vector512.Load(output);
            s01 = Vector512.Load(output + loop.OutputColumn);
            s02 = Vector512.Load(output + (2 * loop.OutputColumn));
            s03 = Vector512.Load(output + (3 * loop.OutputColumn));
            s10 = Vector512.Load(output + loop.OutputRow);
            s11 = Vector512.Load(output + loop.OutputRow + loop.OutputColumn);
            s12 = Vector512.Load(output + loop.OutputRow + (2 * loop.OutputColumn));
            s13 = Vector512.Load(output + loop.OutputRow + (3 * loop.OutputColumn));
            s20 = Vector512.Load(output + (2 * loop.OutputRow));
            s21 = Vector512.Load(output + (2 * loop.OutputRow) + loop.OutputColumn);
            s22 = Vector512.Load(output + (2 * loop.OutputRow) + (2 * loop.OutputColumn));
            s23 = Vector512.Load(output + (2 * loop.OutputRow) + (3 * loop.OutputColumn));
            s30 = Vector512.Load(output + (3 * loop.OutputRow));
            s31 = Vector512.Load(output + (3 * loop.OutputRow) + loop.OutputColumn);
            s32 = Vector512.Load(output + (3 * loop.OutputRow) + (2 * loop.OutputColumn));
            s33 = Vector512.Load(output + (3 * loop.OutputRow) + (3 * loop.OutputColumn));
        }

        var row = loop.WeightRow;
        var weightInner = loop.WeightInner;
        var inputInner = loop.InputInner;
        var weights3 = weights + (3 * row);
        for (var outer = 0; outer < loop.Outer; outer++)
        {
            for (var middle = 0; middle < loop.Middle; middle++)
            {
                var weightOffset = (outer * loop.WeightOuter) + (middle * loop.WeightMiddle);
                var x = input + (outer * loop.InputOuter) + (middle * loop.InputMiddle);
                for (var inner = loop.Inner; inner > 0; inner--)
                {
                    var x0 = Vector512.Load(x);
                    var x1 = Vector512.Load(x + 16);
                    var x2 = Vector512.Load(x + 32);
                    var x3 = Vector512.Load(x + 48);
                    var w0 = Vector512.Create(weights[weightOffset]);
                    s00 = Vector512.FusedMultiplyAdd(w0, x0, s00);
                    s01 = Vector512.FusedMultiplyAdd(w0, x1, s01);
                    s02 = Vector512.FusedMultiplyAdd(w0, x2, s02);
                    s03 = Vector512.FusedMultiplyAdd(w0, x3, s03);
                    var w1 = Vector512.Create(weights[weightOffset + row]);
                    s10 = Vector512.FusedMultiplyAdd(w1, x0, s10);
                    s11 = Vector512.FusedMultiplyAdd(w1, x1, s11);
                    s12 = Vector512.FusedMultiplyAdd(w1, x2, s12);
                    s13 = Vector512.FusedMultiplyAdd(w1, x3, s13);
                    var w2 = Vector512.Create(weights[weightOffset + (2 * row)]);
                    s20 = Vector512.FusedMultiplyAdd(w2, x0, s20);
                    s21 = Vector512.FusedMultiplyAdd(w2, x1, s21);
                    s22 = Vector512.FusedMultiplyAdd(w2, x2, s22);
                    s23 = Vector512.FusedMultiplyAdd(w2, x3, s23);
                    var w3 = Vector512.Create(weights3[weightOffset]);
                    s30 = Vector512.FusedMultiplyAdd(w3, x0, s30);
                    s31 = Vector512.FusedMultiplyAdd(w3, x1, s31);
                    s32 = Vector512.FusedMultiplyAdd(w3, x2, s32);
                    s33 = Vector512.FusedMultiplyAdd(w3, x3, s33);
                    weightOffset += weightInner;
                    x += inputInner;
                }
            }
        }

        var bound = Vector512.Create(floor);
        Vector512.ConditionalSelect(Vector512.LessThan(s00, bound), bound, s00).Store(output);
        Vector512.ConditionalSelect(Vector512.LessThan(s01, bound), bound, s01).Store(output + loop.OutputColumn);
        Vector512.ConditionalSelect(Vector512.LessThan(s02, bound), bound, s02).Store(output + (2 * loop.OutputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s03, bound), bound, s03).Store(output + (3 * loop.OutputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s10, bound), bound, s10).Store(output + loop.OutputRow);
        Vector512.ConditionalSelect(Vector512.LessThan(s11, bound), bound, s11).Store(output + loop.OutputRow + loop.OutputColumn);
        Vector512.ConditionalSelect(Vector512.LessThan(s12, bound), bound, s12).Store(output + loop.OutputRow + (2 * loop.OutputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s13, bound), bound, s13).Store(output + loop.OutputRow + (3 * loop.OutputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s20, bound), bound, s20).Store(output + (2 * loop.OutputRow));
        Vector512.ConditionalSelect(Vector512.LessThan(s21, bound), bound, s21).Store(output + (2 * loop.OutputRow) + loop.OutputColumn);
        Vector512.ConditionalSelect(Vector512.LessThan(s22, bound), bound, s22).Store(output + (2 * loop.OutputRow) + (2 * loop.OutputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s23, bound), bound, s23).Store(output + (2 * loop.OutputRow) + (3 * loop.OutputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s30, bound), bound, s30).Store(output + (3 * loop.OutputRow));
        Vector512.ConditionalSelect(Vector512.LessThan(s31, bound), bound, s31).Store(output + (3 * loop.OutputRow) + loop.OutputColumn);
        Vector512.ConditionalSelect(Vector512.LessThan(s32, bound), bound, s32).Store(output + (3 * loop.OutputRow) + (2 * loop.OutputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s33, bound), bound, s33).Store(output + (3 * loop.OutputRow) + (3 * loop.OutputColumn));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Product2x4(float* weights, float* input, in TileLoop loop, float* bias, float floor, float* output)
    {
        var s00 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[0]);
        var s01 = s00;
        var s02 = s00;
        var s03 = s00;
        var s10 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[1]);
        var s11 = s10;
        var s12 = s10;
        var s13 = s10;
        if (loop.Accumulate)
        {
            s00 = Vector512.Load(output);
            s01 = Vector512.Load(output + loop.OutputColumn);
            s02 = Vector512.Load(output + (2 * loop.OutputColumn));
            s03 = Vector512.Load(output + (3 * loop.OutputColumn));
            s10 = Vector512.Load(output + loop.OutputRow);
            s11 = Vector512.Load(output + loop.OutputRow + loop.OutputColumn);
            s12 = Vector512.Load(output + loop.OutputRow + (2 * loop.OutputColumn));
            s13 = Vector512.Load(output + loop.OutputRow + (3 * loop.OutputColumn));
        }

        var row = loop.WeightRow;
        var weightInner = loop.WeightInner;
        var inputInner = loop.InputInner;
        for (var outer = 0; outer < loop.Outer; outer++)
        {
            for (var middle = 0; middle < loop.Middle; middle++)
            {
                var weightOffset = (outer * loop.WeightOuter) + (middle * loop.WeightMiddle);
                var x = input + (outer * loop.InputOuter) + (middle * loop.InputMiddle);
                for (var inner = loop.Inner; inner > 0; inner--)
                {
                    var x0 = Vector512.Load(x);
                    var x1 = Vector512.Load(x + 16);
                    var x2 = Vector512.Load(x + 32);
                    var x3 = Vector512.Load(x + 48);
                    var w0 = Vector512.Create(weights[weightOffset]);
                    s00 = Vector512.FusedMultiplyAdd(w0, x0, s00);
                    s01 = Vector512.FusedMultiplyAdd(w0, x1, s01);
                    s02 = Vector512.FusedMultiplyAdd(w0, x2, s02);
                    s03 = Vector512.FusedMultiplyAdd(w0, x3, s03);
                    var w1 = Vector512.Create(weights[weightOffset + row]);
                    s10 = Vector512.FusedMultiplyAdd(w1, x0, s10);
                    s11 = Vector512.FusedMultiplyAdd(w1, x1, s11);
                    s12 = Vector512.FusedMultiplyAdd(w1, x2, s12);
                    s13 = Vector512.FusedMultiplyAdd(w1, x3, s13);
                    weightOffset += weightInner;
                    x += inputInner;
                }
            }
        }

        var bound = Vector512.Create(floor);
        Vector512.ConditionalSelect(Vector512.LessThan(s00, bound), bound, s00).Store(output);
        Vector512.ConditionalSelect(Vector512.LessThan(s01, bound), bound, s01).Store(output + loop.OutputColumn);
        Vector512.ConditionalSelect(Vector512.LessThan(s02, bound), bound, s02).Store(output + (2 * loop.OutputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s03, bound), bound, s03).Store(output + (3 * loop.OutputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s10, bound), bound, s10).Store(output + loop.OutputRow);
        Vector512.ConditionalSelect(Vector512.LessThan(s11, bound), bound, s11).Store(output + loop.OutputRow + loop.OutputColumn);
        Vector512.ConditionalSelect(Vector512.LessThan(s12, bound), bound, s12).Store(output + loop.OutputRow + (2 * loop.OutputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s13, bound), bound, s13).Store(output + loop.OutputRow + (3 * loop.OutputColumn));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Product1x4(float* weights, float* input, in TileLoop loop, float* bias, float floor, float* output)
    {
        var s00 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[0]);
        var s01 = s00;
        var s02 = s00;
        var s03 = s00;
        if (loop.Accumulate)
        {
            s00 = Vector512.Load(output);
            s01 = Vector512.Load(output + loop.OutputColumn);
            s02 = Vector512.Load(output + (2 * loop.OutputColumn));
            s03 = Vector512.Load(output + (3 * loop.OutputColumn));
        }

        var row = loop.WeightRow;
        var weightInner = loop.WeightInner;
        var inputInner = loop.InputInner;
        for (var outer = 0; outer < loop.Outer; outer++)
        {
            for (var middle = 0; middle < loop.Middle; middle++)
            {
                var weightOffset = (outer * loop.WeightOuter) + (middle * loop.WeightMiddle);
                var x = input + (outer * loop.InputOuter) + (middle * loop.InputMiddle);
                for (var inner = loop.Inner; inner > 0; inner--)
                {
                    var x0 = Vector512.Load(x);
                    var x1 = Vector512.Load(x + 16);
                    var x2 = Vector512.Load(x + 32);
                    var x3 = Vector512.Load(x + 48);
                    var w0 = Vector512.Create(weights[weightOffset]);
                    s00 = Vector512.FusedMultiplyAdd(w0, x0, s00);
                    s01 = Vector512.FusedMultiplyAdd(w0, x1, s01);
                    s02 = Vector512.FusedMultiplyAdd(w0, x2, s02);
                    s03 = Vector512.FusedMultiplyAdd(w0, x3, s03);
                    weightOffset += weightInner;
                    x += inputInner;
                }
            }
        }

        var bound = Vector512.Create(floor);
        Vector512.ConditionalSelect(Vector512.LessThan(s00, bound), bound, s00).Store(output);
        Vector512.ConditionalSelect(Vector512.LessThan(s01, bound), bound, s01).Store(output + loop.OutputColumn);
        Vector512.ConditionalSelect(Vector512.LessThan(s02, bound), bound, s02).Store(output + (2 * loop.OutputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s03, bound), bound, s03).Store(output + (3 * loop.OutputColumn));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Product6x1(float* weights, float* input, in TileLoop loop, float* bias, float floor, float* output)
    {
        var s00 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[0]);
        var s10 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[1]);
        var s20 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[2]);
        var s30 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[3]);
        var s40 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[4]);
        var s50 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[5]);
        if (loop.Accumulate)
        {
            s00 = Vector512.Load(output);
            s10 = Vector512.Load(output + loop.OutputRow);
            s20 = Vector512.Load(output + (2 * loop.OutputRow));
            s30 = Vector512.Load(output + (3 * loop.OutputRow));
            s40 = Vector512.Load(output + (4 * loop.OutputRow));
            s50 = Vector512.Load(output + (5 * loop.OutputRow));
        }

        var row = loop.WeightRow;
        var weightInner = loop.WeightInner;
        var inputInner = loop.InputInner;
        var weights3 = weights + (3 * row);
        for (var outer = 0; outer < loop.Outer; outer++)
        {
            for (var middle = 0; middle < loop.Middle; middle++)
            {
                var weightOffset = (outer * loop.WeightOuter) + (middle * loop.WeightMiddle);
                var x = input + (outer * loop.InputOuter) + (middle * loop.InputMiddle);
                for (var inner = loop.Inner; inner > 0; inner--)
                {
                    var x0 = Vector512.Load(x);
                    var w0 = Vector512.Create(weights[weightOffset]);
                    s00 = Vector512.FusedMultiplyAdd(w0, x0, s00);
                    var w1 = Vector512.Create(weights[weightOffset + row]);
                    s10 = Vector512.FusedMultiplyAdd(w1, x0, s10);
                    var w2 = Vector512.Create(weights[weightOffset + (2 * row)]);
                    s20 = Vector512.FusedMultiplyAdd(w2, x0, s20);
                    var w3 = Vector512.Create(weights3[weightOffset]);
                    s30 = Vector512.FusedMultiplyAdd(w3, x0, s30);
                    var w4 = Vector512.Create(weights3[weightOffset + row]);
                    s40 = Vector512.FusedMultiplyAdd(w4, x0, s40);
                    var w5 = Vector512.Create(weights3[weightOffset + (2 * row)]);
                    s50 = Vector512.FusedMultiplyAdd(w5, x0, s50);
                    weightOffset += weightInner;
                    x += inputInner;
                }
            }
        }

        var bound = Vector512.Create(floor);
        Vector512.ConditionalSelect(Vector512.LessThan(s00, bound), bound, s00).Store(output);
        Vector512.ConditionalSelect(Vector512.LessThan(s10, bound), bound, s10).Store(output + loop.OutputRow);
        Vector512.ConditionalSelect(Vector512.LessThan(s20, bound), bound, s20).Store(output + (2 * loop.OutputRow));
        Vector512.ConditionalSelect(Vector512.LessThan(s30, bound), bound, s30).Store(output + (3 * loop.OutputRow));
        Vector512.ConditionalSelect(Vector512.LessThan(s40, bound), bound, s40).Store(output + (4 * loop.OutputRow));
        Vector512.ConditionalSelect(Vector512.LessThan(s50, bound), bound, s50).Store(output + (5 * loop.OutputRow));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Product1x1(float* weights, float* input, in TileLoop loop, float* bias, float floor, float* output)
    {
        var s00 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[0]);
        if (loop.Accumulate)
        {
            s00 = Vector512.Load(output);
        }

        var row = loop.WeightRow;
        var weightInner = loop.WeightInner;
        var inputInner = loop.InputInner;
        for (var outer = 0; outer < loop.Outer; outer++)
        {
            for (var middle = 0; middle < loop.Middle; middle++)
            {
                var weightOffset = (outer * loop.WeightOuter) + (middle * loop.WeightMiddle);
                var x = input + (outer * loop.InputOuter) + (middle * loop.InputMiddle);
                for (var inner = loop.Inner; inner > 0; inner--)
                {
                    var x0 = Vector512.Load(x);
                    var w0 = Vector512.Create(weights[weightOffset]);
                    s00 = Vector512.FusedMultiplyAdd(w0, x0, s00);
                    weightOffset += weightInner;
                    x += inputInner;
                }
            }
        }

        var bound = Vector512.Create(floor);
        Vector512.ConditionalSelect(Vector512.LessThan(s00, bound), bound, s00).Store(output);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Listed6x4(
        float* weights, nint row, int* offsets, int count, float* input, float* bias, float floor, float* output, nint outputRow, nint outputColumn)
    {
        var s00 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[0]);
        var s01 = s00;
        var s02 = s00;
        var s03 = s00;
        var s10 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[1]);
        var s11 = s10;
        var s12 = s10;
        var s13 = s10;
        var s20 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[2]);
        var s21 = s20;
        var s22 = s20;
        var s23 = s20;
        var s30 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[3]);
        var s31 = s30;
        var s32 = s30;
        var s33 = s30;
        var s40 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[4]);
        var s41 = s40;
        var s42 = s40;
        var s43 = s40;
        var s50 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[5]);
        var s51 = s50;
        var s52 = s50;
        var s53 = s50;
        if (bias is null)
        {
            s00 = Vector512.Load(output);
            s01 = Vector512.Load(output + outputColumn);
            s02 = Vector512.Load(output + (2 * outputColumn));
            s03 = Vector512.Load(output + (3 * outputColumn));
            s10 = Vector512.Load(output + outputRow);
            s11 = Vector512.Load(output + outputRow + outputColumn);
            s12 = Vector512.Load(output + outputRow + (2 * outputColumn));
            s13 = Vector512.Load(output + outputRow + (3 * outputColumn));
            s20 = Vector512.Load(output + (2 * outputRow));
            s21 = Vector512.Load(output + (2 * outputRow) + outputColumn);
            s22 = Vector512.Load(output + (2 * outputRow) + (2 * outputColumn));
            s23 = Vector512.Load(output + (2 * outputRow) + (3 * outputColumn));
            s30 = Vector512.Load(output + (3 * outputRow));
            s31 = Vector512.Load(output + (3 * outputRow) + outputColumn);
            s32 = Vector512.Load(output + (3 * outputRow) + (2 * outputColumn));
            s33 = Vector512.Load(output + (3 * outputRow) + (3 * outputColumn));
            s40 = Vector512.Load(output + (4 * outputRow));
            s41 = Vector512.Load(output + (4 * outputRow) + outputColumn);
            s42 = Vector512.Load(output + (4 * outputRow) + (2 * outputColumn));
            s43 = Vector512.Load(output + (4 * outputRow) + (3 * outputColumn));
            s50 = Vector512.Load(output + (5 * outputRow));
            s51 = Vector512.Load(output + (5 * outputRow) + outputColumn);
            s52 = Vector512.Load(output + (5 * outputRow) + (2 * outputColumn));
            s53 = Vector512.Load(output + (5 * outputRow) + (3 * outputColumn));
        }

        var weights3 = weights + (3 * row);
        for (var k = 0; k < count; k++)
        {
            var x = input + offsets[k];
            var x0 = Vector512.Load(x);
            var x1 = Vector512.Load(x + 16);
            var x2 = Vector512.Load(x + 32);
            var x3 = Vector512.Load(x + 48);
            var w0 = Vector512.Create(weights[k]);
            s00 = Vector512.FusedMultiplyAdd(w0, x0, s00);
            s01 = Vector512.FusedMultiplyAdd(w0, x1, s01);
            s02 = Vector512.FusedMultiplyAdd(w0, x2, s02);
            s03 = Vector512.FusedMultiplyAdd(w0, x3, s03);
            var w1 = Vector512.Create(weights[k + row]);
            s10 = Vector512.FusedMultiplyAdd(w1, x0, s10);
            s11 = Vector512.FusedMultiplyAdd(w1, x1, s11);
            s12 = Vector512.FusedMultiplyAdd(w1, x2, s12);
            s13 = Vector512.FusedMultiplyAdd(w1, x3, s13);
            var w2 = Vector512.Create(weights[k + (2 * row)]);
            s20 = Vector512.FusedMultiplyAdd(w2, x0, s20);
            s21 = Vector512.FusedMultiplyAdd(w2, x1, s21);
            s22 = Vector512.FusedMultiplyAdd(w2, x2, s22);
            s23 = Vector512.FusedMultiplyAdd(w2, x3, s23);
            var w3 = Vector512.Create(weights3[k]);
            s30 = Vector512.FusedMultiplyAdd(w3, x0, s30);
            s31 = Vector512.FusedMultiplyAdd(w3, x1, s31);
            s32 = Vector512.FusedMultiplyAdd(w3, x2, s32);
            s33 = Vector512.FusedMultiplyAdd(w3, x3, s33);
            var w4 = Vector512.Create(weights3[k + row]);
            s40 = Vector512.FusedMultiplyAdd(w4, x0, s40);
            s41 = Vector512.FusedMultiplyAdd(w4, x1, s41);
            s42 = Vector512.FusedMultiplyAdd(w4, x2, s42);
            s43 = Vector512.FusedMultiplyAdd(w4, x3, s43);
            var w5 = Vector512.Create(weights3[k + (2 * row)]);
            s50 = Vector512.FusedMultiplyAdd(w5, x0, s50);
            s51 = Vector512.FusedMultiplyAdd(w5, x1, s51);
            s52 = Vector512.FusedMultiplyAdd(w5, x2, s52);
            s53 = Vector512.FusedMultiplyAdd(w5, x3, s53);
        }

        var bound = Vector512.Create(floor);
        Vector512.ConditionalSelect(Vector512.LessThan(s00, bound), bound, s00).Store(output);
        Vector512.ConditionalSelect(Vector512.LessThan(s01, bound), bound, s01).Store(output + outputColumn);
        Vector512.ConditionalSelect(Vector512.LessThan(s02, bound), bound, s02).Store(output + (2 * outputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s03, bound), bound, s03).Store(output + (3 * outputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s10, bound), bound, s10).Store(output + outputRow);
        Vector512.ConditionalSelect(Vector512.LessThan(s11, bound), bound, s11).Store(output + outputRow + outputColumn);
        Vector512.ConditionalSelect(Vector512.LessThan(s12, bound), bound, s12).Store(output + outputRow + (2 * outputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s13, bound), bound, s13).Store(output + outputRow + (3 * outputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s20, bound), bound, s20).Store(output + (2 * outputRow));
        Vector512.ConditionalSelect(Vector512.LessThan(s21, bound), bound, s21).Store(output + (2 * outputRow) + outputColumn);
        Vector512.ConditionalSelect(Vector512.LessThan(s22, bound), bound, s22).Store(output + (2 * outputRow) + (2 * outputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s23, bound), bound, s23).Store(output + (2 * outputRow) + (3 * outputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s30, bound), bound, s30).Store(output + (3 * outputRow));
        Vector512.ConditionalSelect(Vector512.LessThan(s31, bound), bound, s31).Store(output + (3 * outputRow) + outputColumn);
        Vector512.ConditionalSelect(Vector512.LessThan(s32, bound), bound, s32).Store(output + (3 * outputRow) + (2 * outputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s33, bound), bound, s33).Store(output + (3 * outputRow) + (3 * outputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s40, bound), bound, s40).Store(output + (4 * outputRow));
        Vector512.ConditionalSelect(Vector512.LessThan(s41, bound), bound, s41).Store(output + (4 * outputRow) + outputColumn);
        Vector512.ConditionalSelect(Vector512.LessThan(s42, bound), bound, s42).Store(output + (4 * outputRow) + (2 * outputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s43, bound), bound, s43).Store(output + (4 * outputRow) + (3 * outputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s50, bound), bound, s50).Store(output + (5 * outputRow));
        Vector512.ConditionalSelect(Vector512.LessThan(s51, bound), bound, s51).Store(output + (5 * outputRow) + outputColumn);
        Vector512.ConditionalSelect(Vector512.LessThan(s52, bound), bound, s52).Store(output + (5 * outputRow) + (2 * outputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s53, bound), bound, s53).Store(output + (5 * outputRow) + (3 * outputColumn));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Listed4x4(
        float* weights, nint row, int* offsets, int count, float* input, float* bias, float floor, float* output, nint outputRow, nint outputColumn)
    {
        var s00 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[0]);
        var s01 = s00;
        var s02 = s00;
        var s03 = s00;
        var s10 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[1]);
        var s11 = s10;
        var s12 = s10;
        var s13 = s10;
        var s20 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[2]);
        var s21 = s20;
        var s22 = s20;
        var s23 = s20;
        var s30 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[3]);
        var s31 = s30;
        var s32 = s30;
        var s33 = s30;
        if (bias is null)
        {
            s00 = Vector512.Load(output);
            s01 = Vector512.Load(output + outputColumn);
            s02 = Vector512.Load(output + (2 * outputColumn));
            s03 = Vector512.Load(output + (3 * outputColumn));
            s10 = Vector512.Load(output + outputRow);
            s11 = Vector512.Load(output + outputRow + outputColumn);
            s12 = Vector512.Load(output + outputRow + (2 * outputColumn));
            s13 = Vector512.Load(output + outputRow + (3 * outputColumn));
            s20 = Vector512.Load(output + (2 * outputRow));
            s21 = Vector512.Load(output + (2 * outputRow) + outputColumn);
            s22 = Vector512.Load(output + (2 * outputRow) + (2 * outputColumn));
            s23 = Vector512.Load(output + (2 * outputRow) + (3 * outputColumn));
            s30 = Vector512.Load(output + (3 * outputRow));
            s31 = Vector512.Load(output + (3 * outputRow) + outputColumn);
            s32 = Vector512.Load(output + (3 * outputRow) + (2 * outputColumn));
            s33 = Vector512.Load(output + (3 * outputRow) + (3 * outputColumn));
        }

        var weights3 = weights + (3 * row);
        for (var k = 0; k < count; k++)
        {
            var x = input + offsets[k];
            var x0 = Vector512.Load(x);
            var x1 = Vector512.Load(x + 16);
            var x2 = Vector512.Load(x + 32);
            var x3 = Vector512.Load(x + 48);
            var w0 = Vector512.Create(weights[k]);
            s00 = Vector512.FusedMultiplyAdd(w0, x0, s00);
            s01 = Vector512.FusedMultiplyAdd(w0, x1, s01);
            s02 = Vector512.FusedMultiplyAdd(w0, x2, s02);
            s03 = Vector512.FusedMultiplyAdd(w0, x3, s03);
            var w1 = Vector512.Create(weights[k + row]);
            s10 = Vector512.FusedMultiplyAdd(w1, x0, s10);
            s11 = Vector512.FusedMultiplyAdd(w1, x1, s11);
            s12 = Vector512.FusedMultiplyAdd(w1, x2, s12);
            s13 = Vector512.FusedMultiplyAdd(w1, x3, s13);
            var w2 = Vector512.Create(weights[k + (2 * row)]);
            s20 = Vector512.FusedMultiplyAdd(w2, x0, s20);
            s21 = Vector512.FusedMultiplyAdd(w2, x1, s21);
            s22 = Vector512.FusedMultiplyAdd(w2, x2, s22);
            s23 = Vector512.FusedMultiplyAdd(w2, x3, s23);
            var w3 = Vector512.Create(weights3[k]);
            s30 = Vector512.FusedMultiplyAdd(w3, x0, s30);
            s31 = Vector512.FusedMultiplyAdd(w3, x1, s31);
            s32 = Vector512.FusedMultiplyAdd(w3, x2, s32);
            s33 = Vector512.FusedMultiplyAdd(w3, x3, s33);
        }

        var bound = Vector512.Create(floor);
        Vector512.ConditionalSelect(Vector512.LessThan(s00, bound), bound, s00).Store(output);
        Vector512.ConditionalSelect(Vector512.LessThan(s01, bound), bound, s01).Store(output + outputColumn);
        Vector512.ConditionalSelect(Vector512.LessThan(s02, bound), bound, s02).Store(output + (2 * outputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s03, bound), bound, s03).Store(output + (3 * outputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s10, bound), bound, s10).Store(output + outputRow);
        Vector512.ConditionalSelect(Vector512.LessThan(s11, bound), bound, s11).Store(output + outputRow + outputColumn);
        Vector512.ConditionalSelect(Vector512.LessThan(s12, bound), bound, s12).Store(output + outputRow + (2 * outputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s13, bound), bound, s13).Store(output + outputRow + (3 * outputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s20, bound), bound, s20).Store(output + (2 * outputRow));
        Vector512.ConditionalSelect(Vector512.LessThan(s21, bound), bound, s21).Store(output + (2 * outputRow) + outputColumn);
        Vector512.ConditionalSelect(Vector512.LessThan(s22, bound), bound, s22).Store(output + (2 * outputRow) + (2 * outputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s23, bound), bound, s23).Store(output + (2 * outputRow) + (3 * outputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s30, bound), bound, s30).Store(output + (3 * outputRow));
        Vector512.ConditionalSelect(Vector512.LessThan(s31, bound), bound, s31).Store(output + (3 * outputRow) + outputColumn);
        Vector512.ConditionalSelect(Vector512.LessThan(s32, bound), bound, s32).Store(output + (3 * outputRow) + (2 * outputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s33, bound), bound, s33).Store(output + (3 * outputRow) + (3 * outputColumn));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Listed2x4(
        float* weights, nint row, int* offsets, int count, float* input, float* bias, float floor, float* output, nint outputRow, nint outputColumn)
    {
        var s00 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[0]);
        var s01 = s00;
        var s02 = s00;
        var s03 = s00;
        var s10 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[1]);
        var s11 = s10;
        var s12 = s10;
        var s13 = s10;
        if (bias is null)
        {
            s00 = Vector512.Load(output);
            s01 = Vector512.Load(output + outputColumn);
            s02 = Vector512.Load(output + (2 * outputColumn));
            s03 = Vector512.Load(output + (3 * outputColumn));
            s10 = Vector512.Load(output + outputRow);
            s11 = Vector512.Load(output + outputRow + outputColumn);
            s12 = Vector512.Load(output + outputRow + (2 * outputColumn));
            s13 = Vector512.Load(output + outputRow + (3 * outputColumn));
        }

        for (var k = 0; k < count; k++)
        {
            var x = input + offsets[k];
            var x0 = Vector512.Load(x);
            var x1 = Vector512.Load(x + 16);
            var x2 = Vector512.Load(x + 32);
            var x3 = Vector512.Load(x + 48);
            var w0 = Vector512.Create(weights[k]);
            s00 = Vector512.FusedMultiplyAdd(w0, x0, s00);
            s01 = Vector512.FusedMultiplyAdd(w0, x1, s01);
            s02 = Vector512.FusedMultiplyAdd(w0, x2, s02);
            s03 = Vector512.FusedMultiplyAdd(w0, x3, s03);
            var w1 = Vector512.Create(weights[k + row]);
            s10 = Vector512.FusedMultiplyAdd(w1, x0, s10);
            s11 = Vector512.FusedMultiplyAdd(w1, x1, s11);
            s12 = Vector512.FusedMultiplyAdd(w1, x2, s12);
            s13 = Vector512.FusedMultiplyAdd(w1, x3, s13);
        }

        var bound = Vector512.Create(floor);
        Vector512.ConditionalSelect(Vector512.LessThan(s00, bound), bound, s00).Store(output);
        Vector512.ConditionalSelect(Vector512.LessThan(s01, bound), bound, s01).Store(output + outputColumn);
        Vector512.ConditionalSelect(Vector512.LessThan(s02, bound), bound, s02).Store(output + (2 * outputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s03, bound), bound, s03).Store(output + (3 * outputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s10, bound), bound, s10).Store(output + outputRow);
        Vector512.ConditionalSelect(Vector512.LessThan(s11, bound), bound, s11).Store(output + outputRow + outputColumn);
        Vector512.ConditionalSelect(Vector512.LessThan(s12, bound), bound, s12).Store(output + outputRow + (2 * outputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s13, bound), bound, s13).Store(output + outputRow + (3 * outputColumn));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Listed1x4(
        float* weights, nint row, int* offsets, int count, float* input, float* bias, float floor, float* output, nint outputRow, nint outputColumn)
    {
        var s00 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[0]);
        var s01 = s00;
        var s02 = s00;
        var s03 = s00;
        if (bias is null)
        {
            s00 = Vector512.Load(output);
            s01 = Vector512.Load(output + outputColumn);
            s02 = Vector512.Load(output + (2 * outputColumn));
            s03 = Vector512.Load(output + (3 * outputColumn));
        }

        for (var k = 0; k < count; k++)
        {
            var x = input + offsets[k];
            var x0 = Vector512.Load(x);
            var x1 = Vector512.Load(x + 16);
            var x2 = Vector512.Load(x + 32);
            var x3 = Vector512.Load(x + 48);
            var w0 = Vector512.Create(weights[k]);
            s00 = Vector512.FusedMultiplyAdd(w0, x0, s00);
            s01 = Vector512.FusedMultiplyAdd(w0, x1, s01);
            s02 = Vector512.FusedMultiplyAdd(w0, x2, s02);
            s03 = Vector512.FusedMultiplyAdd(w0, x3, s03);
        }

        var bound = Vector512.Create(floor);
        Vector512.ConditionalSelect(Vector512.LessThan(s00, bound), bound, s00).Store(output);
        Vector512.ConditionalSelect(Vector512.LessThan(s01, bound), bound, s01).Store(output + outputColumn);
        Vector512.ConditionalSelect(Vector512.LessThan(s02, bound), bound, s02).Store(output + (2 * outputColumn));
        Vector512.ConditionalSelect(Vector512.LessThan(s03, bound), bound, s03).Store(output + (3 * outputColumn));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Dot6x4(float* gradient, float* input, int* offsets, in DotLoop loop, float* sums, nint sumRow)
    {
        var s00 = Vector512.Load(sums);
        var s01 = Vector512.Load(sums + 16);
        var s02 = Vector512.Load(sums + 32);
        var s03 = Vector512.Load(sums + 48);
        var s10 = Vector512.Load(sums + sumRow);
        var s11 = Vector512.Load(sums + sumRow + 16);
        var s12 = Vector512.Load(sums + sumRow + 32);
        var s13 = Vector512.Load(sums + sumRow + 48);
        var s20 = Vector512.Load(sums + (2 * sumRow));
        var s21 = Vector512.Load(sums + (2 * sumRow) + 16);
        var s22 = Vector512.Load(sums + (2 * sumRow) + 32);
        var s23 = Vector512.Load(sums + (2 * sumRow) + 48);
        var s30 = Vector512.Load(sums + (3 * sumRow));
        var s31 = Vector512.Load(sums + (3 * sumRow) + 16);
        var s32 = Vector512.Load(sums + (3 * sumRow) + 32);
        var s33 = Vector512.Load(sums + (3 * sumRow) + 48);
        var s40 = Vector512.Load(sums + (4 * sumRow));
        var s41 = Vector512.Load(sums + (4 * sumRow) + 16);
        var s42 = Vector512.Load(sums + (4 * sumRow) + 32);
        var s43 = Vector512.Load(sums + (4 * sumRow) + 48);
        var s50 = Vector512.Load(sums + (5 * sumRow));
        var s51 = Vector512.Load(sums + (5 * sumRow) + 16);
        var s52 = Vector512.Load(sums + (5 * sumRow) + 32);
        var s53 = Vector512.Load(sums + (5 * sumRow) + 48);
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
                var d0 = Vector512.Load(d);
                var d1 = Vector512.Load(d + channel);
                var d2 = Vector512.Load(d + (2 * channel));
                var d3 = Vector512.Load(d + (3 * channel));
                var d4 = Vector512.Load(d + (4 * channel));
                var d5 = Vector512.Load(d + (5 * channel));
                var x0 = Vector512.Load(input0 + shift);
                s00 = Vector512.FusedMultiplyAdd(d0, x0, s00);
                s10 = Vector512.FusedMultiplyAdd(d1, x0, s10);
                s20 = Vector512.FusedMultiplyAdd(d2, x0, s20);
                s30 = Vector512.FusedMultiplyAdd(d3, x0, s30);
                s40 = Vector512.FusedMultiplyAdd(d4, x0, s40);
                s50 = Vector512.FusedMultiplyAdd(d5, x0, s50);
                var x1 = Vector512.Load(input1 + shift);
                s01 = Vector512.FusedMultiplyAdd(d0, x1, s01);
                s11 = Vector512.FusedMultiplyAdd(d1, x1, s11);
                s21 = Vector512.FusedMultiplyAdd(d2, x1, s21);
                s31 = Vector512.FusedMultiplyAdd(d3, x1, s31);
                s41 = Vector512.FusedMultiplyAdd(d4, x1, s41);
                s51 = Vector512.FusedMultiplyAdd(d5, x1, s51);
                var x2 = Vector512.Load(input2 + shift);
                s02 = Vector512.FusedMultiplyAdd(d0, x2, s02);
                s12 = Vector512.FusedMultiplyAdd(d1, x2, s12);
                s22 = Vector512.FusedMultiplyAdd(d2, x2, s22);
                s32 = Vector512.FusedMultiplyAdd(d3, x2, s32);
                s42 = Vector512.FusedMultiplyAdd(d4, x2, s42);
                s52 = Vector512.FusedMultiplyAdd(d5, x2, s52);
                var x3 = Vector512.Load(input3 + shift);
                s03 = Vector512.FusedMultiplyAdd(d0, x3, s03);
                s13 = Vector512.FusedMultiplyAdd(d1, x3, s13);
                s23 = Vector512.FusedMultiplyAdd(d2, x3, s23);
                s33 = Vector512.FusedMultiplyAdd(d3, x3, s33);
                s43 = Vector512.FusedMultiplyAdd(d4, x3, s43);
                s53 = Vector512.FusedMultiplyAdd(d5, x3, s53);
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
        s30.Store(sums + (3 * sumRow));
        s31.Store(sums + (3 * sumRow) + 16);
        s32.Store(sums + (3 * sumRow) + 32);
        s33.Store(sums + (3 * sumRow) + 48);
        s40.Store(sums + (4 * sumRow));
        s41.Store(sums + (4 * sumRow) + 16);
        s42.Store(sums + (4 * sumRow) + 32);
        s43.Store(sums + (4 * sumRow) + 48);
        s50.Store(sums + (5 * sumRow));
        s51.Store(sums + (5 * sumRow) + 16);
        s52.Store(sums + (5 * sumRow) + 32);
        s53.Store(sums + (5 * sumRow) + 48);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Dot6x1(float* gradient, float* input, int* offsets, in DotLoop loop, float* sums, nint sumRow)
    {
        var s00 = Vector512.Load(sums);
        var s10 = Vector512.Load(sums + sumRow);
        var s20 = Vector512.Load(sums + (2 * sumRow));
        var s30 = Vector512.Load(sums + (3 * sumRow));
        var s40 = Vector512.Load(sums + (4 * sumRow));
        var s50 = Vector512.Load(sums + (5 * sumRow));
        var channel = loop.GradientChannel;
        var inputStep = loop.InputStep;
        var input0 = input + offsets[0];
        for (var row = 0; row < loop.Rows; row++)
        {
            var d = gradient + (row * loop.GradientRow);
            var shift = row * loop.InputRow;
            for (var column = loop.Columns; column > 0; column--)
            {
                var d0 = Vector512.Load(d);
                var d1 = Vector512.Load(d + channel);
                var d2 = Vector512.Load(d + (2 * channel));
                var d3 = Vector512.Load(d + (3 * channel));
                var d4 = Vector512.Load(d + (4 * channel));
                var d5 = Vector512.Load(d + (5 * channel));
                var x0 = Vector512.Load(input0 + shift);
                s00 = Vector512.FusedMultiplyAdd(d0, x0, s00);
                s10 = Vector512.FusedMultiplyAdd(d1, x0, s10);
                s20 = Vector512.FusedMultiplyAdd(d2, x0, s20);
                s30 = Vector512.FusedMultiplyAdd(d3, x0, s30);
                s40 = Vector512.FusedMultiplyAdd(d4, x0, s40);
                s50 = Vector512.FusedMultiplyAdd(d5, x0, s50);
                d += Lanes.Width;
                shift += inputStep;
            }
        }

        s00.Store(sums);
        s10.Store(sums + sumRow);
        s20.Store(sums + (2 * sumRow));
        s30.Store(sums + (3 * sumRow));
        s40.Store(sums + (4 * sumRow));
        s50.Store(sums + (5 * sumRow));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Dot4x6(float* gradient, float* input, int* offsets, in DotLoop loop, float* sums, nint sumRow)
    {
        var s00 = Vector512.Load(sums);
        var s01 = Vector512.Load(sums + 16);
        var s02 = Vector512.Load(sums + 32);
        var s03 = Vector512.Load(sums + 48);
        var s04 = Vector512.Load(sums + 64);
        var s05 = Vector512.Load(sums + 80);
        var s10 = Vector512.Load(sums + sumRow);
        var s11 = Vector512.Load(sums + sumRow + 16);
        var s12 = Vector512.Load(sums + sumRow + 32);
        var s13 = Vector512.Load(sums + sumRow + 48);
        var s14 = Vector512.Load(sums + sumRow + 64);
        var s15 = Vector512.Load(sums + sumRow + 80);
        var s20 = Vector512.Load(sums + (2 * sumRow));
        var s21 = Vector512.Load(sums + (2 * sumRow) + 16);
        var s22 = Vector512.Load(sums + (2 * sumRow) + 32);
        var s23 = Vector512.Load(sums + (2 * sumRow) + 48);
        var s24 = Vector512.Load(sums + (2 * sumRow) + 64);
        var s25 = Vector512.Load(sums + (2 * sumRow) + 80);
        var s30 = Vector512.Load(sums + (3 * sumRow));
        var s31 = Vector512.Load(sums + (3 * sumRow) + 16);
        var s32 = Vector512.Load(sums + (3 * sumRow) + 32);
        var s33 = Vector512.Load(sums + (3 * sumRow) + 48);
        var s34 = Vector512.Load(sums + (3 * sumRow) + 64);
        var s35 = Vector512.Load(sums + (3 * sumRow) + 80);
        var channel = loop.GradientChannel;
        var inputStep = loop.InputStep;
        var input0 = input + offsets[0];
        var input1 = input + offsets[1];
        var input2 = input + offsets[2];
        var input3 = input + offsets[3];
        var input4 = input + offsets[4];
        var input5 = input + offsets[5];
        for (var row = 0; row < loop.Rows; row++)
        {
            var d = gradient + (row * loop.GradientRow);
            var shift = row * loop.InputRow;
            for (var column = loop.Columns; column > 0; column--)
            {
                var d0 = Vector512.Load(d);
                var d1 = Vector512.Load(d + channel);
                var d2 = Vector512.Load(d + (2 * channel));
                var d3 = Vector512.Load(d + (3 * channel));
                var x0 = Vector512.Load(input0 + shift);
                s00 = Vector512.FusedMultiplyAdd(d0, x0, s00);
                s10 = Vector512.FusedMultiplyAdd(d1, x0, s10);
                s20 = Vector512.FusedMultiplyAdd(d2, x0, s20);
                s30 = Vector512.FusedMultiplyAdd(d3, x0, s30);
                var x1 = Vector512.Load(input1 + shift);
                s01 = Vector512.FusedMultiplyAdd(d0, x1, s01);
                s11 = Vector512.FusedMultiplyAdd(d1, x1, s11);
                s21 = Vector512.FusedMultiplyAdd(d2, x1, s21);
                s31 = Vector512.FusedMultiplyAdd(d3, x1, s31);
                var x2 = Vector512.Load(input2 + shift);
                s02 = Vector512.FusedMultiplyAdd(d0, x2, s02);
                s12 = Vector512.FusedMultiplyAdd(d1, x2, s12);
                s22 = Vector512.FusedMultiplyAdd(d2, x2, s22);
                s32 = Vector512.FusedMultiplyAdd(d3, x2, s32);
                var x3 = Vector512.Load(input3 + shift);
                s03 = Vector512.FusedMultiplyAdd(d0, x3, s03);
                s13 = Vector512.FusedMultiplyAdd(d1, x3, s13);
                s23 = Vector512.FusedMultiplyAdd(d2, x3, s23);
                s33 = Vector512.FusedMultiplyAdd(d3, x3, s33);
                var x4 = Vector512.Load(input4 + shift);
                s04 = Vector512.FusedMultiplyAdd(d0, x4, s04);
                s14 = Vector512.FusedMultiplyAdd(d1, x4, s14);
                s24 = Vector512.FusedMultiplyAdd(d2, x4, s24);
                s34 = Vector512.FusedMultiplyAdd(d3, x4, s34);
                var x5 = Vector512.Load(input5 + shift);
                s05 = Vector512.FusedMultiplyAdd(d0, x5, s05);
                s15 = Vector512.FusedMultiplyAdd(d1, x5, s15);
                s25 = Vector512.FusedMultiplyAdd(d2, x5, s25);
                s35 = Vector512.FusedMultiplyAdd(d3, x5, s35);
                d += Lanes.Width;
                shift += inputStep;
            }
        }

        s00.Store(sums);
        s01.Store(sums + 16);
        s02.Store(sums + 32);
        s03.Store(sums + 48);
        s04.Store(sums + 64);
        s05.Store(sums + 80);
        s10.Store(sums + sumRow);
        s11.Store(sums + sumRow + 16);
        s12.Store(sums + sumRow + 32);
        s13.Store(sums + sumRow + 48);
        s14.Store(sums + sumRow + 64);
        s15.Store(sums + sumRow + 80);
        s20.Store(sums + (2 * sumRow));
        s21.Store(sums + (2 * sumRow) + 16);
        s22.Store(sums + (2 * sumRow) + 32);
        s23.Store(sums + (2 * sumRow) + 48);
        s24.Store(sums + (2 * sumRow) + 64);
        s25.Store(sums + (2 * sumRow) + 80);
        s30.Store(sums + (3 * sumRow));
        s31.Store(sums + (3 * sumRow) + 16);
        s32.Store(sums + (3 * sumRow) + 32);
        s33.Store(sums + (3 * sumRow) + 48);
        s34.Store(sums + (3 * sumRow) + 64);
        s35.Store(sums + (3 * sumRow) + 80);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Dot2x6(float* gradient, float* input, int* offsets, in DotLoop loop, float* sums, nint sumRow)
    {
        var s00 = Vector512.Load(sums);
        var s01 = Vector512.Load(sums + 16);
        var s02 = Vector512.Load(sums + 32);
        var s03 = Vector512.Load(sums + 48);
        var s04 = Vector512.Load(sums + 64);
        var s05 = Vector512.Load(sums + 80);
        var s10 = Vector512.Load(sums + sumRow);
        var s11 = Vector512.Load(sums + sumRow + 16);
        var s12 = Vector512.Load(sums + sumRow + 32);
        var s13 = Vector512.Load(sums + sumRow + 48);
        var s14 = Vector512.Load(sums + sumRow + 64);
        var s15 = Vector512.Load(sums + sumRow + 80);
        var channel = loop.GradientChannel;
        var inputStep = loop.InputStep;
        var input0 = input + offsets[0];
        var input1 = input + offsets[1];
        var input2 = input + offsets[2];
        var input3 = input + offsets[3];
        var input4 = input + offsets[4];
        var input5 = input + offsets[5];
        for (var row = 0; row < loop.Rows; row++)
        {
            var d = gradient + (row * loop.GradientRow);
            var shift = row * loop.InputRow;
            for (var column = loop.Columns; column > 0; column--)
            {
                var d0 = Vector512.Load(d);
                var d1 = Vector512.Load(d + channel);
                var x0 = Vector512.Load(input0 + shift);
                s00 = Vector512.FusedMultiplyAdd(d0, x0, s00);
                s10 = Vector512.FusedMultiplyAdd(d1, x0, s10);
                var x1 = Vector512.Load(input1 + shift);
                s01 = Vector512.FusedMultiplyAdd(d0, x1, s01);
                s11 = Vector512.FusedMultiplyAdd(d1, x1, s11);
                var x2 = Vector512.Load(input2 + shift);
                s02 = Vector512.FusedMultiplyAdd(d0, x2, s02);
                s12 = Vector512.FusedMultiplyAdd(d1, x2, s12);
                var x3 = Vector512.Load(input3 + shift);
                s03 = Vector512.FusedMultiplyAdd(d0, x3, s03);
                s13 = Vector512.FusedMultiplyAdd(d1, x3, s13);
                var x4 = Vector512.Load(input4 + shift);
                s04 = Vector512.FusedMultiplyAdd(d0, x4, s04);
                s14 = Vector512.FusedMultiplyAdd(d1, x4, s14);
                var x5 = Vector512.Load(input5 + shift);
                s05 = Vector512.FusedMultiplyAdd(d0, x5, s05);
                s15 = Vector512.FusedMultiplyAdd(d1, x5, s15);
                d += Lanes.Width;
                shift += inputStep;
            }
        }

        s00.Store(sums);
        s01.Store(sums + 16);
        s02.Store(sums + 32);
        s03.Store(sums + 48);
        s04.Store(sums + 64);
        s05.Store(sums + 80);
        s10.Store(sums + sumRow);
        s11.Store(sums + sumRow + 16);
        s12.Store(sums + sumRow + 32);
        s13.Store(sums + sumRow + 48);
        s14.Store(sums + sumRow + 64);
        s15.Store(sums + sumRow + 80);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Dot1x6(float* gradient, float* input, int* offsets, in DotLoop loop, float* sums, nint sumRow)
    {
        var s00 = Vector512.Load(sums);
        var s01 = Vector512.Load(sums + 16);
        var s02 = Vector512.Load(sums + 32);
        var s03 = Vector512.Load(sums + 48);
        var s04 = Vector512.Load(sums + 64);
        var s05 = Vector512.Load(sums + 80);
        var channel = loop.GradientChannel;
        var inputStep = loop.InputStep;
        var input0 = input + offsets[0];
        var input1 = input + offsets[1];
        var input2 = input + offsets[2];
        var input3 = input + offsets[3];
        var input4 = input + offsets[4];
        var input5 = input + offsets[5];
        for (var row = 0; row < loop.Rows; row++)
        {
            var d = gradient + (row * loop.GradientRow);
            var shift = row * loop.InputRow;
            for (var column = loop.Columns; column > 0; column--)
            {
                var d0 = Vector512.Load(d);
                var x0 = Vector512.Load(input0 + shift);
                s00 = Vector512.FusedMultiplyAdd(d0, x0, s00);
                var x1 = Vector512.Load(input1 + shift);
                s01 = Vector512.FusedMultiplyAdd(d0, x1, s01);
                var x2 = Vector512.Load(input2 + shift);
                s02 = Vector512.FusedMultiplyAdd(d0, x2, s02);
                var x3 = Vector512.Load(input3 + shift);
                s03 = Vector512.FusedMultiplyAdd(d0, x3, s03);
                var x4 = Vector512.Load(input4 + shift);
                s04 = Vector512.FusedMultiplyAdd(d0, x4, s04);
                var x5 = Vector512.Load(input5 + shift);
                s05 = Vector512.FusedMultiplyAdd(d0, x5, s05);
                d += Lanes.Width;
                shift += inputStep;
            }
        }

        s00.Store(sums);
        s01.Store(sums + 16);
        s02.Store(sums + 32);
        s03.Store(sums + 48);
        s04.Store(sums + 64);
        s05.Store(sums + 80);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Dot4x1(float* gradient, float* input, int* offsets, in DotLoop loop, float* sums, nint sumRow)
    {
        var s00 = Vector512.Load(sums);
        var s10 = Vector512.Load(sums + sumRow);
        var s20 = Vector512.Load(sums + (2 * sumRow));
        var s30 = Vector512.Load(sums + (3 * sumRow));
        var channel = loop.GradientChannel;
        var inputStep = loop.InputStep;
        var input0 = input + offsets[0];
        for (var row = 0; row < loop.Rows; row++)
        {
            var d = gradient + (row * loop.GradientRow);
            var shift = row * loop.InputRow;
            for (var column = loop.Columns; column > 0; column--)
            {
                var d0 = Vector512.Load(d);
                var d1 = Vector512.Load(d + channel);
                var d2 = Vector512.Load(d + (2 * channel));
                var d3 = Vector512.Load(d + (3 * channel));
                var x0 = Vector512.Load(input0 + shift);
                s00 = Vector512.FusedMultiplyAdd(d0, x0, s00);
                s10 = Vector512.FusedMultiplyAdd(d1, x0, s10);
                s20 = Vector512.FusedMultiplyAdd(d2, x0, s20);
                s30 = Vector512.FusedMultiplyAdd(d3, x0, s30);
                d += Lanes.Width;
                shift += inputStep;
            }
        }

        s00.Store(sums);
        s10.Store(sums + sumRow);
        s20.Store(sums + (2 * sumRow));
        s30.Store(sums + (3 * sumRow));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Dot1x1(float* gradient, float* input, int* offsets, in DotLoop loop, float* sums, nint sumRow)
    {
        var s00 = Vector512.Load(sums);
        var channel = loop.GradientChannel;
        var inputStep = loop.InputStep;
        var input0 = input + offsets[0];
        for (var row = 0; row < loop.Rows; row++)
        {
            var d = gradient + (row * loop.GradientRow);
            var shift = row * loop.InputRow;
            for (var column = loop.Columns; column > 0; column--)
            {
                var d0 = Vector512.Load(d);
                var x0 = Vector512.Load(input0 + shift);
                s00 = Vector512.FusedMultiplyAdd(d0, x0, s00);
                d += Lanes.Width;
                shift += inputStep;
            }
        }

        s00.Store(sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Folded4x4(float* gradient, nint gradientRow, float* input, nint inputRow, int vectors, float* destination, nint destinationRow)
    {
        var s00 = Vector512<float>.Zero;
        var s01 = Vector512<float>.Zero;
        var s02 = Vector512<float>.Zero;
        var s03 = Vector512<float>.Zero;
        var s10 = Vector512<float>.Zero;
        var s11 = Vector512<float>.Zero;
        var s12 = Vector512<float>.Zero;
        var s13 = Vector512<float>.Zero;
        var s20 = Vector512<float>.Zero;
        var s21 = Vector512<float>.Zero;
        var s22 = Vector512<float>.Zero;
        var s23 = Vector512<float>.Zero;
        var s30 = Vector512<float>.Zero;
        var s31 = Vector512<float>.Zero;
        var s32 = Vector512<float>.Zero;
        var s33 = Vector512<float>.Zero;
        for (var vector = 0; vector < vectors; vector++)
        {
            var d0 = Vector512.Load(gradient);
            var d1 = Vector512.Load(gradient + gradientRow);
            var d2 = Vector512.Load(gradient + (2 * gradientRow));
            var d3 = Vector512.Load(gradient + (3 * gradientRow));
            var x0 = Vector512.Load(input);
            s00 = Vector512.FusedMultiplyAdd(d0, x0, s00);
            s10 = Vector512.FusedMultiplyAdd(d1, x0, s10);
            s20 = Vector512.FusedMultiplyAdd(d2, x0, s20);
            s30 = Vector512.FusedMultiplyAdd(d3, x0, s30);
            var x1 = Vector512.Load(input + inputRow);
            s01 = Vector512.FusedMultiplyAdd(d0, x1, s01);
            s11 = Vector512.FusedMultiplyAdd(d1, x1, s11);
            s21 = Vector512.FusedMultiplyAdd(d2, x1, s21);
            s31 = Vector512.FusedMultiplyAdd(d3, x1, s31);
            var x2 = Vector512.Load(input + (2 * inputRow));
            s02 = Vector512.FusedMultiplyAdd(d0, x2, s02);
            s12 = Vector512.FusedMultiplyAdd(d1, x2, s12);
            s22 = Vector512.FusedMultiplyAdd(d2, x2, s22);
            s32 = Vector512.FusedMultiplyAdd(d3, x2, s32);
            var x3 = Vector512.Load(input + (3 * inputRow));
            s03 = Vector512.FusedMultiplyAdd(d0, x3, s03);
            s13 = Vector512.FusedMultiplyAdd(d1, x3, s13);
            s23 = Vector512.FusedMultiplyAdd(d2, x3, s23);
            s33 = Vector512.FusedMultiplyAdd(d3, x3, s33);
            gradient += Lanes.Width;
            input += Lanes.Width;
        }

        var folded = Lanes.Sum16(s00, s01, s02, s03, s10, s11, s12, s13, s20, s21, s22, s23, s30, s31, s32, s33);
        folded.GetLower().GetLower().Store(destination);
        folded.GetLower().GetUpper().Store(destination + destinationRow);
        folded.GetUpper().GetLower().Store(destination + (2 * destinationRow));
        folded.GetUpper().GetUpper().Store(destination + (3 * destinationRow));
    }
}
