using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SparseCore.Cpu.Kernels;

/// <summary>
/// One output row of a convolution whose active weights are listed as (value, offset of the input value it meets at column 0). The cost follows the length of the
/// list. Inputs are block-major, [channel][row][column][16]; a row of columns x 16 examples is a run of whole vectors, so nothing is gathered.
/// </summary>
internal static unsafe partial class SparseConvolution
{
    /// <summary>output[x] = max(floor, bias + sum over k, ascending, of values[k] * input[offsets[k] + x * inputStep]).</summary>
    /// <param name="values">Active weights of the output channel, ascending. Shape [count].</param>
    /// <param name="offsets">Floats from <paramref name="input"/> to the value that weight k meets. Shape [count].</param>
    /// <param name="count">Number of active weights.</param>
    /// <param name="input">First row and column under the kernel.</param>
    /// <param name="inputStep">Floats between inputs of neighboring columns: stride * 16.</param>
    /// <param name="columns">Output columns.</param>
    /// <param name="bias">Start of the sum.</param>
    /// <param name="floor">0 for ReLU, -infinity for none.</param>
    /// <param name="output">Column x at x * outputStep.</param>
    /// <param name="outputStep">Floats between output columns.</param>
    public static void ForwardRow(
        float* values, int* offsets, int count, float* input, int inputStep, int columns, float bias, float floor, float* output, int outputStep)
    {
        var column = 0;
        if (inputStep == Lanes.Width)
        {
            for (; column + 8 <= columns; column += 8)
            {
                Forward8(values, offsets, count, input + (column * Lanes.Width), bias, floor, output + (column * outputStep), outputStep);
            }
        }

        for (; column + 4 <= columns; column += 4)
        {
            Forward4(values, offsets, count, input + (column * inputStep), inputStep, bias, floor, output + (column * outputStep), outputStep);
        }

        for (; column < columns; column++)
        {
            Forward1(values, offsets, count, input + (column * inputStep), bias, floor, output + (column * outputStep));
        }
    }

    /// <summary>
    /// Adds one row of output gradients to the input gradient and to the weight gradients. Weights run downwards, so that every input gradient receives its terms
    /// in ascending order of output position.
    /// </summary>
    /// <param name="values">Active weights of the output channel, ascending. Shape [count].</param>
    /// <param name="offsets">As in the forward pass. Shape [count].</param>
    /// <param name="count">Number of active weights.</param>
    /// <param name="gradient">Output gradients of the row. Shape [columns, 16].</param>
    /// <param name="columns">Output columns.</param>
    /// <param name="input">As in the forward pass.</param>
    /// <param name="inputGradient">Same place in the gradient of the input; null when it is not wanted.</param>
    /// <param name="inputStep">Floats between inputs of neighboring columns.</param>
    /// <param name="sums">Weight gradients in 16 lanes. Shape [count, 16].</param>
    public static void BackwardRow(
        float* values, int* offsets, int count, float* gradient, int columns, float* input, float* inputGradient, int inputStep, float* sums)
    {
        var column = 0;
        if (inputStep == Lanes.Width)
        {
            for (; column + 8 <= columns; column += 8)
            {
                var shift = column * Lanes.Width;
                if (inputGradient is null)
                {
                    WeightGradient8(offsets, count, gradient + shift, input + shift, sums);
                }
                else
                {
                    Backward8(values, offsets, count, gradient + shift, input + shift, inputGradient + shift, sums);
                }
            }
        }

        for (; column < columns; column++)
        {
            var shift = column * inputStep;
            Backward1(
                values, offsets, count, gradient + (column * Lanes.Width), input + shift, inputGradient is null ? null : inputGradient + shift, sums);
        }
    }

    /// <summary>
    /// output[x] = max(floor, start[x] + sum over k, ascending, of values[k] * input[offsets[k] + x * 16]): one part of a forward pass in several.
    /// </summary>
    /// <param name="values">Some of the active weights of the output channel, ascending. Shape [count].</param>
    /// <param name="offsets">As in <see cref="ForwardRow"/>. Shape [count].</param>
    /// <param name="count">Number of weights.</param>
    /// <param name="input">First row and column under the kernel; the stride is 1.</param>
    /// <param name="columns">Output columns.</param>
    /// <param name="start">What the sums start from: column x at x * startStep.</param>
    /// <param name="startStep">Floats between its columns; 0 where all start from the same, the bias.</param>
    /// <param name="floor">0 for ReLU in the last part, else -infinity.</param>
    /// <param name="output">Column x at x * outputStep; may be where the sums start from.</param>
    /// <param name="outputStep">Floats between output columns.</param>
    /// <param name="streamed">Whether the output is written with non-temporal stores.</param>
    public static void ContinueRow(
        float* values,
        int* offsets,
        int count,
        float* input,
        int columns,
        float* start,
        int startStep,
        float floor,
        float* output,
        int outputStep,
        bool streamed)
    {
        var column = 0;
        for (; Lanes.UsesAvx2 && columns % 7 == 0 && column < columns; column += 7)
        {
            var from = start + (column * startStep);
            var to = output + (column * outputStep);
            Avx2Convolution.Continue7(values, offsets, count, input + (column * Lanes.Width), from, startStep, floor, to, outputStep, streamed);
        }

        for (; !Lanes.UsesAvx2 && column + 14 <= columns; column += 14)
        {
            var from = start + (column * startStep);
            var to = output + (column * outputStep);
            Continue14(values, offsets, count, input + (column * Lanes.Width), from, startStep, floor, to, outputStep, streamed);
        }

        for (; !Lanes.UsesAvx2 && column + 7 <= columns; column += 7)
        {
            var from = start + (column * startStep);
            var to = output + (column * outputStep);
            Continue7(values, offsets, count, input + (column * Lanes.Width), from, startStep, floor, to, outputStep, streamed);
        }

        for (; column + 4 <= columns; column += 4)
        {
            var from = start + (column * startStep);
            var to = output + (column * outputStep);
            Continue4(values, offsets, count, input + (column * Lanes.Width), from, startStep, floor, to, outputStep, streamed);
        }

        for (; column < columns; column++)
        {
            Continue1(
                values, offsets, count, input + (column * Lanes.Width), start + (column * startStep), floor, output + (column * outputStep), streamed);
        }
    }

    /// <summary>
    /// One row of one input channel against some of its weights, backward: the input gradient stays in registers, one load of an output gradient serves it and the
    /// weight gradient. Output gradients have zeros around them, so that no weight needs to know where the borders are.
    /// </summary>
    /// <param name="values">Weights by output channel, of one channel downwards. Shape [count].</param>
    /// <param name="offsets">Floats from <paramref name="gradient"/> to the output gradient that weight k meets at column 0. Shape [count].</param>
    /// <param name="count">Number of weights.</param>
    /// <param name="gradient">Output gradients at the place of the input's column 0.</param>
    /// <param name="input">The row. Shape [columns, 16].</param>
    /// <param name="inputGradient">Its gradient. Shape [columns, 16].</param>
    /// <param name="columns">Columns of the input.</param>
    /// <param name="first">Whether the input gradient starts from 0.</param>
    /// <param name="sums">Weight gradients in 16 lanes. Shape [count, 16].</param>
    public static void GatherRow(
        float* values, int* offsets, int count, float* gradient, float* input, float* inputGradient, int columns, bool first, float* sums)
    {
        var column = 0;
        if (columns % 7 != 0)
        {
            for (; column + 8 <= columns; column += 8)
            {
                var shift = column * Lanes.Width;
                Gather8(values, offsets, count, gradient + shift, input + shift, inputGradient + shift, first, sums);
            }
        }

        for (; !Lanes.UsesAvx2 && column + 14 <= columns && columns % 7 == 0; column += 14)
        {
            var shift = column * Lanes.Width;
            Gather14(values, offsets, count, gradient + shift, 7 * Lanes.Width, input + shift, inputGradient + shift, first, sums);
        }

        for (; column + 7 <= columns; column += 7)
        {
            var shift = column * Lanes.Width;
            Gather7(values, offsets, count, gradient + shift, input + shift, inputGradient + shift, first, sums);
        }

        for (; column + 4 <= columns; column += 4)
        {
            var shift = column * Lanes.Width;
            Gather4(values, offsets, count, gradient + shift, input + shift, inputGradient + shift, first, sums);
        }

        for (; column < columns; column++)
        {
            var shift = column * Lanes.Width;
            Gather1(values, offsets, count, gradient + shift, input + shift, inputGradient + shift, first, sums);
        }
    }

    /// <summary>The same for two rows of 7 columns, the second right after the first.</summary>
    /// <param name="values">As in <see cref="GatherRow"/>.</param>
    /// <param name="offsets">As in <see cref="GatherRow"/>.</param>
    /// <param name="count">Number of weights.</param>
    /// <param name="gradient">Output gradients at the place of column 0 of the first row.</param>
    /// <param name="rowStride">Floats between rows of the output gradients.</param>
    /// <param name="input">The rows. Shape [2, 7, 16].</param>
    /// <param name="inputGradient">Their gradients. Shape [2, 7, 16].</param>
    /// <param name="first">Whether the input gradients start from 0.</param>
    /// <param name="sums">Weight gradients in 16 lanes. Shape [count, 16].</param>
    public static void GatherRows(
        float* values, int* offsets, int count, float* gradient, int rowStride, float* input, float* inputGradient, bool first, float* sums)
    {
        if (Lanes.UsesAvx2)
        {
            Gather7(values, offsets, count, gradient, input, inputGradient, first, sums);
            Gather7(values, offsets, count, gradient + rowStride, input + (7 * Lanes.Width), inputGradient + (7 * Lanes.Width), first, sums);
            return;
        }

        Gather14(values, offsets, count, gradient, rowStride, input, inputGradient, first, sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Bounded(Vector512<float> value, Vector512<float> bound) =>
        Vector512.ConditionalSelect(Vector512.LessThan(value, bound), bound, value);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Forward4(
        float* values, int* offsets, int count, float* input, int inputStep, float bias, float floor, float* output, int outputStep)
    {
        var sum0 = Vector512.Create(bias);
        var sum1 = sum0;
        var sum2 = sum0;
        var sum3 = sum0;
        for (var k = 0; k < count; k++)
        {
            var x = input + offsets[k];
            var weight = Vector512.Create(values[k]);
            sum0 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x), sum0);
            sum1 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + inputStep), sum1);
            sum2 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + (2 * inputStep)), sum2);
            sum3 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + (3 * inputStep)), sum3);
        }

        var bound = Vector512.Create(floor);
        Bounded(sum0, bound).Store(output);
        Bounded(sum1, bound).Store(output + outputStep);
        Bounded(sum2, bound).Store(output + (2 * outputStep));
        Bounded(sum3, bound).Store(output + (3 * outputStep));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Forward1(float* values, int* offsets, int count, float* input, float bias, float floor, float* output)
    {
        var sum = Vector512.Create(bias);
        for (var k = 0; k < count; k++)
        {
            sum = Vector512.FusedMultiplyAdd(Vector512.Create(values[k]), Vector512.Load(input + offsets[k]), sum);
        }

        var bound = Vector512.Create(floor);
        Bounded(sum, bound).Store(output);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Backward1(float* values, int* offsets, int count, float* gradient, float* input, float* inputGradient, float* sums)
    {
        var d = Vector512.Load(gradient);
        for (var k = count - 1; k >= 0; k--)
        {
            if (inputGradient is not null)
            {
                var dx = inputGradient + offsets[k];
                Vector512.FusedMultiplyAdd(Vector512.Create(values[k]), d, Vector512.Load(dx)).Store(dx);
            }

            var sum = sums + (k * Lanes.Width);
            Vector512.FusedMultiplyAdd(d, Vector512.Load(input + offsets[k]), Vector512.Load(sum)).Store(sum);
        }
    }
}
