using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SparseCore.Cpu.Kernels;

/// <summary>
/// Dense products on register tiles: every load of an input serves 6 outputs and every broadcast of a weight 4 columns. Sums run in the same order as in the sparse
/// kernels, so that masked weights (exact zeros) give the same bits as absent ones. The tiles themselves are generated, Generated/DenseTiles.g.cs.
/// </summary>
internal static unsafe partial class DenseTiles
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
        if (Lanes.UsesAvx2)
        {
            Avx2Tiles.Product(weights, outputs, input, columns, loop, bias, floor, output);
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
        if (Lanes.UsesAvx2)
        {
            Avx2Tiles.Dot(gradient, outputs, input, offsets, weights, loop, sums, sumRow);
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
        if (Lanes.UsesAvx2)
        {
            Avx2Tiles.Listed(weights, weightRow, outputs, offsets, count, input, columns, bias, floor, output, outputRow, outputColumn);
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
                else if (Lanes.UsesAvx2)
                {
                    Avx2Tiles.Folded2x4(d, gradientRow, x, inputRow, vectors, target, destinationRow);
                    Avx2Tiles.Folded2x4(d + (2 * gradientRow), gradientRow, x, inputRow, vectors, target + (2 * destinationRow), destinationRow);
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
}
