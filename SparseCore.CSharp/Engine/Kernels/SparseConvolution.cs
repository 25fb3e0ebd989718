using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SparseCore.Engine.Kernels;

/// <summary>
/// One output row of a convolution whose active weights are listed as (value, offset of the input value it meets at column 0). The cost follows the length of
/// the list. Inputs are block-major, [channel][row][column][16]; a row of columns x 16 examples is a run of whole vectors, so nothing is gathered.
/// </summary>
internal static unsafe class SparseConvolution
{
    /// <summary>output[x] = max(floor, bias + sum over k, ascending, of values[k] * input[offsets[k] + x * inputStep]).</summary>
    /// <param name="values">Active weights of the output channel, ascending. Shape [count].</param>
    /// <param name="offsets">Floats from <paramref name="input"/> to the value that weight k meets. Shape [count].</param>
    /// <param name="count">Number of active weights.</param>
    /// <param name="input">First row and column under the kernel.</param>
    /// <param name="inputStep">Floats between inputs of neighbouring columns: stride * 16.</param>
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
    /// <param name="inputStep">Floats between inputs of neighbouring columns.</param>
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Forward8(float* values, int* offsets, int count, float* input, float bias, float floor, float* output, int outputStep)
    {
        var sum0 = Vector512.Create(bias);
        var sum1 = sum0;
        var sum2 = sum0;
        var sum3 = sum0;
        var sum4 = sum0;
        var sum5 = sum0;
        var sum6 = sum0;
        var sum7 = sum0;
        for (var k = 0; k < count; k++)
        {
            var x = input + offsets[k];
            var weight = Vector512.Create(values[k]);
            sum0 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x), sum0);
            sum1 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + 16), sum1);
            sum2 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + 32), sum2);
            sum3 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + 48), sum3);
            sum4 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + 64), sum4);
            sum5 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + 80), sum5);
            sum6 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + 96), sum6);
            sum7 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + 112), sum7);
        }

        var bound = Vector512.Create(floor);
        Vector512.ConditionalSelect(Vector512.LessThan(sum0, bound), bound, sum0).Store(output);
        Vector512.ConditionalSelect(Vector512.LessThan(sum1, bound), bound, sum1).Store(output + outputStep);
        Vector512.ConditionalSelect(Vector512.LessThan(sum2, bound), bound, sum2).Store(output + (2 * outputStep));
        Vector512.ConditionalSelect(Vector512.LessThan(sum3, bound), bound, sum3).Store(output + (3 * outputStep));
        Vector512.ConditionalSelect(Vector512.LessThan(sum4, bound), bound, sum4).Store(output + (4 * outputStep));
        Vector512.ConditionalSelect(Vector512.LessThan(sum5, bound), bound, sum5).Store(output + (5 * outputStep));
        Vector512.ConditionalSelect(Vector512.LessThan(sum6, bound), bound, sum6).Store(output + (6 * outputStep));
        Vector512.ConditionalSelect(Vector512.LessThan(sum7, bound), bound, sum7).Store(output + (7 * outputStep));
    }

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
        Vector512.ConditionalSelect(Vector512.LessThan(sum0, bound), bound, sum0).Store(output);
        Vector512.ConditionalSelect(Vector512.LessThan(sum1, bound), bound, sum1).Store(output + outputStep);
        Vector512.ConditionalSelect(Vector512.LessThan(sum2, bound), bound, sum2).Store(output + (2 * outputStep));
        Vector512.ConditionalSelect(Vector512.LessThan(sum3, bound), bound, sum3).Store(output + (3 * outputStep));
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
        Vector512.ConditionalSelect(Vector512.LessThan(sum, bound), bound, sum).Store(output);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Backward8(float* values, int* offsets, int count, float* gradient, float* input, float* inputGradient, float* sums)
    {
        var d0 = Vector512.Load(gradient);
        var d1 = Vector512.Load(gradient + 16);
        var d2 = Vector512.Load(gradient + 32);
        var d3 = Vector512.Load(gradient + 48);
        var d4 = Vector512.Load(gradient + 64);
        var d5 = Vector512.Load(gradient + 80);
        var d6 = Vector512.Load(gradient + 96);
        var d7 = Vector512.Load(gradient + 112);
        for (var k = count - 1; k >= 0; k--)
        {
            var x = input + offsets[k];
            var dx = inputGradient + offsets[k];
            var weight = Vector512.Create(values[k]);
            var sum = Vector512.Load(sums + (k * Lanes.Width));
            Vector512.FusedMultiplyAdd(weight, d0, Vector512.Load(dx)).Store(dx);
            sum = Vector512.FusedMultiplyAdd(d0, Vector512.Load(x), sum);
            Vector512.FusedMultiplyAdd(weight, d1, Vector512.Load(dx + 16)).Store(dx + 16);
            sum = Vector512.FusedMultiplyAdd(d1, Vector512.Load(x + 16), sum);
            Vector512.FusedMultiplyAdd(weight, d2, Vector512.Load(dx + 32)).Store(dx + 32);
            sum = Vector512.FusedMultiplyAdd(d2, Vector512.Load(x + 32), sum);
            Vector512.FusedMultiplyAdd(weight, d3, Vector512.Load(dx + 48)).Store(dx + 48);
            sum = Vector512.FusedMultiplyAdd(d3, Vector512.Load(x + 48), sum);
            Vector512.FusedMultiplyAdd(weight, d4, Vector512.Load(dx + 64)).Store(dx + 64);
            sum = Vector512.FusedMultiplyAdd(d4, Vector512.Load(x + 64), sum);
            Vector512.FusedMultiplyAdd(weight, d5, Vector512.Load(dx + 80)).Store(dx + 80);
            sum = Vector512.FusedMultiplyAdd(d5, Vector512.Load(x + 80), sum);
            Vector512.FusedMultiplyAdd(weight, d6, Vector512.Load(dx + 96)).Store(dx + 96);
            sum = Vector512.FusedMultiplyAdd(d6, Vector512.Load(x + 96), sum);
            Vector512.FusedMultiplyAdd(weight, d7, Vector512.Load(dx + 112)).Store(dx + 112);
            sum = Vector512.FusedMultiplyAdd(d7, Vector512.Load(x + 112), sum);
            sum.Store(sums + (k * Lanes.Width));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WeightGradient8(int* offsets, int count, float* gradient, float* input, float* sums)
    {
        var d0 = Vector512.Load(gradient);
        var d1 = Vector512.Load(gradient + 16);
        var d2 = Vector512.Load(gradient + 32);
        var d3 = Vector512.Load(gradient + 48);
        var d4 = Vector512.Load(gradient + 64);
        var d5 = Vector512.Load(gradient + 80);
        var d6 = Vector512.Load(gradient + 96);
        var d7 = Vector512.Load(gradient + 112);
        for (var k = count - 1; k >= 0; k--)
        {
            var x = input + offsets[k];
            var sum = Vector512.Load(sums + (k * Lanes.Width));
            sum = Vector512.FusedMultiplyAdd(d0, Vector512.Load(x), sum);
            sum = Vector512.FusedMultiplyAdd(d1, Vector512.Load(x + 16), sum);
            sum = Vector512.FusedMultiplyAdd(d2, Vector512.Load(x + 32), sum);
            sum = Vector512.FusedMultiplyAdd(d3, Vector512.Load(x + 48), sum);
            sum = Vector512.FusedMultiplyAdd(d4, Vector512.Load(x + 64), sum);
            sum = Vector512.FusedMultiplyAdd(d5, Vector512.Load(x + 80), sum);
            sum = Vector512.FusedMultiplyAdd(d6, Vector512.Load(x + 96), sum);
            sum = Vector512.FusedMultiplyAdd(d7, Vector512.Load(x + 112), sum);
            sum.Store(sums + (k * Lanes.Width));
        }
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
