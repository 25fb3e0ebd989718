using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SparseCore.Cpu.Kernels;

/// <summary>
/// One output row of a convolution whose active weights are listed as (value, offset of the input value it meets at column 0). The cost follows
/// the length of
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
    /// Adds one row of output gradients to the input gradient and to the weight gradients. Weights run downwards, so that every input gradient
    /// receives its terms
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

    /// <summary>
    /// Two output rows, their ReLU and their 2x2 max-pool in one pass: 4 windows at a time live in 16 registers, the values before the pool are
    /// never stored.
    /// </summary>
    /// <param name="values">Active weights of the output channel, ascending. Shape [count].</param>
    /// <param name="offsets">As in <see cref="ForwardRow"/>. Shape [count].</param>
    /// <param name="count">Number of active weights.</param>
    /// <param name="input">First row and column under the kernel; the stride is 1.</param>
    /// <param name="rowStride">Floats between rows of the input.</param>
    /// <param name="windows">Windows of the row, a multiple of 4.</param>
    /// <param name="bias">Start of the sums.</param>
    /// <param name="floor">0 for ReLU, -infinity for none.</param>
    /// <param name="output">Window x at x * outputStep.</param>
    /// <param name="outputStep">Floats between windows of the output.</param>
    /// <param name="positions">Receives row * 2 + column of each maximum; null when no gradient will be wanted. Shape [windows, 16].</param>
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
        var start = Vector512.Create(bias);
        var bound = Vector512.Create(floor);
        var noted = positions is not null;
        for (var window = 0; window < windows; window += 4)
        {
            var s00 = start;
            var s01 = start;
            var s02 = start;
            var s03 = start;
            var s04 = start;
            var s05 = start;
            var s06 = start;
            var s07 = start;
            var s10 = start;
            var s11 = start;
            var s12 = start;
            var s13 = start;
            var s14 = start;
            var s15 = start;
            var s16 = start;
            var s17 = start;
            for (var k = 0; k < count; k++)
            {
                var x = input + offsets[k];
                var weight = Vector512.Create(values[k]);
                s00 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x), s00);
                s01 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + 16), s01);
                s02 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + 32), s02);
                s03 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + 48), s03);
                s04 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + 64), s04);
                s05 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + 80), s05);
                s06 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + 96), s06);
                s07 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + 112), s07);
                x += rowStride;
                s10 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x), s10);
                s11 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + 16), s11);
                s12 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + 32), s12);
                s13 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + 48), s13);
                s14 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + 64), s14);
                s15 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + 80), s15);
                s16 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + 96), s16);
                s17 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + 112), s17);
            }

            Pooling.Maximum(s00, s01, s10, s11, bound, output, noted ? positions : null);
            Pooling.Maximum(s02, s03, s12, s13, bound, output + outputStep, noted ? positions + 16 : null);
            Pooling.Maximum(s04, s05, s14, s15, bound, output + (2 * outputStep), noted ? positions + 32 : null);
            Pooling.Maximum(s06, s07, s16, s17, bound, output + (3 * outputStep), noted ? positions + 48 : null);
            input += 8 * Lanes.Width;
            output += 4 * outputStep;
            positions += 4 * Lanes.Width;
        }
    }

    /// <summary>
    /// The gradient of one row of 4 windows of 2x2, spread over the positions of the maxima in registers, to the input gradient and the weight
    /// gradients.
    /// Sums over the first and the second row of the windows are kept apart.
    /// </summary>
    /// <param name="values">Active weights of the output channel, ascending. Shape [count].</param>
    /// <param name="offsets">As in <see cref="ForwardRow"/>. Shape [count].</param>
    /// <param name="count">Number of active weights.</param>
    /// <param name="gradient">Gradient of the pooled values, window x at x * step.</param>
    /// <param name="output">The pooled values, same step.</param>
    /// <param name="step">Floats between windows.</param>
    /// <param name="gated">Whether there is a ReLU.</param>
    /// <param name="positions">From the forward pass.</param>
    /// <param name="input">First row and column under the kernel; the stride is 1.</param>
    /// <param name="inputGradient">Same place in the gradient of the input.</param>
    /// <param name="rowStride">Floats between rows of the input.</param>
    /// <param name="sums">Weight gradients in 16 lanes, of the first rows and then of the second rows. Shape [2, count, 16].</param>
    /// <param name="chainStride">Floats between the two.</param>
    /// <param name="sum">The sum of the gradient so far; the bias gradient.</param>
    /// <returns>The sum including this row.</returns>
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
        var v0 = Pooling.Gated(gradient, output, gated);
        sum += v0;
        var p0 = Pooling.LoadBytes(positions);
        var d00 = Pooling.At(v0, p0, 0);
        var d01 = Pooling.At(v0, p0, 1);
        var d10 = Pooling.At(v0, p0, 2);
        var d11 = Pooling.At(v0, p0, 3);
        var v1 = Pooling.Gated(gradient + step, output + step, gated);
        sum += v1;
        var p1 = Pooling.LoadBytes(positions + 16);
        var d02 = Pooling.At(v1, p1, 0);
        var d03 = Pooling.At(v1, p1, 1);
        var d12 = Pooling.At(v1, p1, 2);
        var d13 = Pooling.At(v1, p1, 3);
        var v2 = Pooling.Gated(gradient + (2 * step), output + (2 * step), gated);
        sum += v2;
        var p2 = Pooling.LoadBytes(positions + 32);
        var d04 = Pooling.At(v2, p2, 0);
        var d05 = Pooling.At(v2, p2, 1);
        var d14 = Pooling.At(v2, p2, 2);
        var d15 = Pooling.At(v2, p2, 3);
        var v3 = Pooling.Gated(gradient + (3 * step), output + (3 * step), gated);
        sum += v3;
        var p3 = Pooling.LoadBytes(positions + 48);
        var d06 = Pooling.At(v3, p3, 0);
        var d07 = Pooling.At(v3, p3, 1);
        var d16 = Pooling.At(v3, p3, 2);
        var d17 = Pooling.At(v3, p3, 3);
        for (var k = count - 1; k >= 0; k--)
        {
            var x = input + offsets[k];
            var dx = inputGradient + offsets[k];
            var weight = Vector512.Create(values[k]);
            var sum0 = Vector512.Load(sums + (k * Lanes.Width));
            var sum1 = Vector512.Load(sums + chainStride + (k * Lanes.Width));
            var x1 = x + rowStride;
            var dx1 = dx + rowStride;
            sum0 = Vector512.FusedMultiplyAdd(d00, Vector512.Load(x), sum0);
            Vector512.FusedMultiplyAdd(weight, d00, Vector512.Load(dx)).Store(dx);
            sum1 = Vector512.FusedMultiplyAdd(d10, Vector512.Load(x1), sum1);
            Vector512.FusedMultiplyAdd(weight, d10, Vector512.Load(dx1)).Store(dx1);
            sum0 = Vector512.FusedMultiplyAdd(d01, Vector512.Load(x + 16), sum0);
            Vector512.FusedMultiplyAdd(weight, d01, Vector512.Load(dx + 16)).Store(dx + 16);
            sum1 = Vector512.FusedMultiplyAdd(d11, Vector512.Load(x1 + 16), sum1);
            Vector512.FusedMultiplyAdd(weight, d11, Vector512.Load(dx1 + 16)).Store(dx1 + 16);
            sum0 = Vector512.FusedMultiplyAdd(d02, Vector512.Load(x + 32), sum0);
            Vector512.FusedMultiplyAdd(weight, d02, Vector512.Load(dx + 32)).Store(dx + 32);
            sum1 = Vector512.FusedMultiplyAdd(d12, Vector512.Load(x1 + 32), sum1);
            Vector512.FusedMultiplyAdd(weight, d12, Vector512.Load(dx1 + 32)).Store(dx1 + 32);
            sum0 = Vector512.FusedMultiplyAdd(d03, Vector512.Load(x + 48), sum0);
            Vector512.FusedMultiplyAdd(weight, d03, Vector512.Load(dx + 48)).Store(dx + 48);
            sum1 = Vector512.FusedMultiplyAdd(d13, Vector512.Load(x1 + 48), sum1);
            Vector512.FusedMultiplyAdd(weight, d13, Vector512.Load(dx1 + 48)).Store(dx1 + 48);
            sum0 = Vector512.FusedMultiplyAdd(d04, Vector512.Load(x + 64), sum0);
            Vector512.FusedMultiplyAdd(weight, d04, Vector512.Load(dx + 64)).Store(dx + 64);
            sum1 = Vector512.FusedMultiplyAdd(d14, Vector512.Load(x1 + 64), sum1);
            Vector512.FusedMultiplyAdd(weight, d14, Vector512.Load(dx1 + 64)).Store(dx1 + 64);
            sum0 = Vector512.FusedMultiplyAdd(d05, Vector512.Load(x + 80), sum0);
            Vector512.FusedMultiplyAdd(weight, d05, Vector512.Load(dx + 80)).Store(dx + 80);
            sum1 = Vector512.FusedMultiplyAdd(d15, Vector512.Load(x1 + 80), sum1);
            Vector512.FusedMultiplyAdd(weight, d15, Vector512.Load(dx1 + 80)).Store(dx1 + 80);
            sum0 = Vector512.FusedMultiplyAdd(d06, Vector512.Load(x + 96), sum0);
            Vector512.FusedMultiplyAdd(weight, d06, Vector512.Load(dx + 96)).Store(dx + 96);
            sum1 = Vector512.FusedMultiplyAdd(d16, Vector512.Load(x1 + 96), sum1);
            Vector512.FusedMultiplyAdd(weight, d16, Vector512.Load(dx1 + 96)).Store(dx1 + 96);
            sum0 = Vector512.FusedMultiplyAdd(d07, Vector512.Load(x + 112), sum0);
            Vector512.FusedMultiplyAdd(weight, d07, Vector512.Load(dx + 112)).Store(dx + 112);
            sum1 = Vector512.FusedMultiplyAdd(d17, Vector512.Load(x1 + 112), sum1);
            Vector512.FusedMultiplyAdd(weight, d17, Vector512.Load(dx1 + 112)).Store(dx1 + 112);
            sum0.Store(sums + (k * Lanes.Width));
            sum1.Store(sums + chainStride + (k * Lanes.Width));
        }

        return sum;
    }

    /// <summary>The same without the input gradient, for any multiple of 4 windows.</summary>
    /// <param name="offsets">As in <see cref="ForwardRow"/>. Shape [count].</param>
    /// <param name="count">Number of active weights.</param>
    /// <param name="gradient">Gradient of the pooled values, window x at x * step.</param>
    /// <param name="output">The pooled values, same step.</param>
    /// <param name="step">Floats between windows.</param>
    /// <param name="gated">Whether there is a ReLU.</param>
    /// <param name="positions">From the forward pass.</param>
    /// <param name="windows">Windows of the row, a multiple of 4.</param>
    /// <param name="input">First row and column under the kernel; the stride is 1.</param>
    /// <param name="rowStride">Floats between rows of the input.</param>
    /// <param name="sums">Weight gradients in 16 lanes, of the first rows and then of the second rows. Shape [2, count, 16].</param>
    /// <param name="chainStride">Floats between the two.</param>
    /// <param name="sum">The sum of the gradient so far; the bias gradient.</param>
    /// <returns>The sum including this row.</returns>
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
        for (var window = 0; window < windows; window += 4)
        {
            var v0 = Pooling.Gated(gradient, output, gated);
            sum += v0;
            var p0 = Pooling.LoadBytes(positions);
            var d00 = Pooling.At(v0, p0, 0);
            var d01 = Pooling.At(v0, p0, 1);
            var d10 = Pooling.At(v0, p0, 2);
            var d11 = Pooling.At(v0, p0, 3);
            var v1 = Pooling.Gated(gradient + step, output + step, gated);
            sum += v1;
            var p1 = Pooling.LoadBytes(positions + 16);
            var d02 = Pooling.At(v1, p1, 0);
            var d03 = Pooling.At(v1, p1, 1);
            var d12 = Pooling.At(v1, p1, 2);
            var d13 = Pooling.At(v1, p1, 3);
            var v2 = Pooling.Gated(gradient + (2 * step), output + (2 * step), gated);
            sum += v2;
            var p2 = Pooling.LoadBytes(positions + 32);
            var d04 = Pooling.At(v2, p2, 0);
            var d05 = Pooling.At(v2, p2, 1);
            var d14 = Pooling.At(v2, p2, 2);
            var d15 = Pooling.At(v2, p2, 3);
            var v3 = Pooling.Gated(gradient + (3 * step), output + (3 * step), gated);
            sum += v3;
            var p3 = Pooling.LoadBytes(positions + 48);
            var d06 = Pooling.At(v3, p3, 0);
            var d07 = Pooling.At(v3, p3, 1);
            var d16 = Pooling.At(v3, p3, 2);
            var d17 = Pooling.At(v3, p3, 3);
            for (var k = count - 1; k >= 0; k--)
            {
                var x = input + offsets[k];
                var sum0 = Vector512.Load(sums + (k * Lanes.Width));
                var sum1 = Vector512.Load(sums + chainStride + (k * Lanes.Width));
                var x1 = x + rowStride;
                sum0 = Vector512.FusedMultiplyAdd(d00, Vector512.Load(x), sum0);
                sum1 = Vector512.FusedMultiplyAdd(d10, Vector512.Load(x1), sum1);
                sum0 = Vector512.FusedMultiplyAdd(d01, Vector512.Load(x + 16), sum0);
                sum1 = Vector512.FusedMultiplyAdd(d11, Vector512.Load(x1 + 16), sum1);
                sum0 = Vector512.FusedMultiplyAdd(d02, Vector512.Load(x + 32), sum0);
                sum1 = Vector512.FusedMultiplyAdd(d12, Vector512.Load(x1 + 32), sum1);
                sum0 = Vector512.FusedMultiplyAdd(d03, Vector512.Load(x + 48), sum0);
                sum1 = Vector512.FusedMultiplyAdd(d13, Vector512.Load(x1 + 48), sum1);
                sum0 = Vector512.FusedMultiplyAdd(d04, Vector512.Load(x + 64), sum0);
                sum1 = Vector512.FusedMultiplyAdd(d14, Vector512.Load(x1 + 64), sum1);
                sum0 = Vector512.FusedMultiplyAdd(d05, Vector512.Load(x + 80), sum0);
                sum1 = Vector512.FusedMultiplyAdd(d15, Vector512.Load(x1 + 80), sum1);
                sum0 = Vector512.FusedMultiplyAdd(d06, Vector512.Load(x + 96), sum0);
                sum1 = Vector512.FusedMultiplyAdd(d16, Vector512.Load(x1 + 96), sum1);
                sum0 = Vector512.FusedMultiplyAdd(d07, Vector512.Load(x + 112), sum0);
                sum1 = Vector512.FusedMultiplyAdd(d17, Vector512.Load(x1 + 112), sum1);
                sum0.Store(sums + (k * Lanes.Width));
                sum1.Store(sums + chainStride + (k * Lanes.Width));
            }

            gradient += 4 * step;
            output += 4 * step;
            positions += 4 * Lanes.Width;
            input += 8 * Lanes.Width;
        }

        return sum;
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
    /// <param name="streamed">Whether the output is written past the caches.</param>
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
        for (; Lanes.AreHalved && columns % 7 == 0 && column < columns; column += 7)
        {
            var from = start + (column * startStep);
            var to = output + (column * outputStep);
            NarrowConvolution.Continue7(values, offsets, count, input + (column * Lanes.Width), from, startStep, floor, to, outputStep, streamed);
        }

        for (; !Lanes.AreHalved && column + 14 <= columns; column += 14)
        {
            var from = start + (column * startStep);
            var to = output + (column * outputStep);
            Continue14(values, offsets, count, input + (column * Lanes.Width), from, startStep, floor, to, outputStep, streamed);
        }

        for (; !Lanes.AreHalved && column + 7 <= columns; column += 7)
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
    /// One row of one input channel against some of its weights, backward: the input gradient stays in registers, one load of an output gradient
    /// serves it and
    /// the weight gradient. Output gradients have zeros around them, so that no weight needs to know where the borders are.
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

        for (; !Lanes.AreHalved && column + 14 <= columns && columns % 7 == 0; column += 14)
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
        if (Lanes.AreHalved)
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
    private static void Continue14(
        float* values, int* offsets, int count, float* input, float* start, int startStep, float floor, float* output, int outputStep, bool streamed)
    {
        var sum0 = Vector512.Load(start);
        var sum1 = Vector512.Load(start + startStep);
        var sum2 = Vector512.Load(start + (2 * startStep));
        var sum3 = Vector512.Load(start + (3 * startStep));
        var sum4 = Vector512.Load(start + (4 * startStep));
        var sum5 = Vector512.Load(start + (5 * startStep));
        var sum6 = Vector512.Load(start + (6 * startStep));
        var sum7 = Vector512.Load(start + (7 * startStep));
        var sum8 = Vector512.Load(start + (8 * startStep));
        var sum9 = Vector512.Load(start + (9 * startStep));
        var sum10 = Vector512.Load(start + (10 * startStep));
        var sum11 = Vector512.Load(start + (11 * startStep));
        var sum12 = Vector512.Load(start + (12 * startStep));
        var sum13 = Vector512.Load(start + (13 * startStep));
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
            sum8 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + 128), sum8);
            sum9 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + 144), sum9);
            sum10 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + 160), sum10);
            sum11 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + 176), sum11);
            sum12 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + 192), sum12);
            sum13 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + 208), sum13);
        }

        var bound = Vector512.Create(floor);
        Lanes.Store(Bounded(sum0, bound), output, streamed);
        Lanes.Store(Bounded(sum1, bound), output + outputStep, streamed);
        Lanes.Store(Bounded(sum2, bound), output + (2 * outputStep), streamed);
        Lanes.Store(Bounded(sum3, bound), output + (3 * outputStep), streamed);
        Lanes.Store(Bounded(sum4, bound), output + (4 * outputStep), streamed);
        Lanes.Store(Bounded(sum5, bound), output + (5 * outputStep), streamed);
        Lanes.Store(Bounded(sum6, bound), output + (6 * outputStep), streamed);
        Lanes.Store(Bounded(sum7, bound), output + (7 * outputStep), streamed);
        Lanes.Store(Bounded(sum8, bound), output + (8 * outputStep), streamed);
        Lanes.Store(Bounded(sum9, bound), output + (9 * outputStep), streamed);
        Lanes.Store(Bounded(sum10, bound), output + (10 * outputStep), streamed);
        Lanes.Store(Bounded(sum11, bound), output + (11 * outputStep), streamed);
        Lanes.Store(Bounded(sum12, bound), output + (12 * outputStep), streamed);
        Lanes.Store(Bounded(sum13, bound), output + (13 * outputStep), streamed);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Continue7(
        float* values, int* offsets, int count, float* input, float* start, int startStep, float floor, float* output, int outputStep, bool streamed)
    {
        var sum0 = Vector512.Load(start);
        var sum1 = Vector512.Load(start + startStep);
        var sum2 = Vector512.Load(start + (2 * startStep));
        var sum3 = Vector512.Load(start + (3 * startStep));
        var sum4 = Vector512.Load(start + (4 * startStep));
        var sum5 = Vector512.Load(start + (5 * startStep));
        var sum6 = Vector512.Load(start + (6 * startStep));
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
        }

        var bound = Vector512.Create(floor);
        Lanes.Store(Bounded(sum0, bound), output, streamed);
        Lanes.Store(Bounded(sum1, bound), output + outputStep, streamed);
        Lanes.Store(Bounded(sum2, bound), output + (2 * outputStep), streamed);
        Lanes.Store(Bounded(sum3, bound), output + (3 * outputStep), streamed);
        Lanes.Store(Bounded(sum4, bound), output + (4 * outputStep), streamed);
        Lanes.Store(Bounded(sum5, bound), output + (5 * outputStep), streamed);
        Lanes.Store(Bounded(sum6, bound), output + (6 * outputStep), streamed);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Continue4(
        float* values, int* offsets, int count, float* input, float* start, int startStep, float floor, float* output, int outputStep, bool streamed)
    {
        if (Lanes.AreHalved)
        {
            NarrowConvolution.Continue4(values, offsets, count, input, start, startStep, floor, output, outputStep, streamed);
            return;
        }

        var sum0 = Vector512.Load(start);
        var sum1 = Vector512.Load(start + startStep);
        var sum2 = Vector512.Load(start + (2 * startStep));
        var sum3 = Vector512.Load(start + (3 * startStep));
        for (var k = 0; k < count; k++)
        {
            var x = input + offsets[k];
            var weight = Vector512.Create(values[k]);
            sum0 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x), sum0);
            sum1 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + 16), sum1);
            sum2 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + 32), sum2);
            sum3 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + 48), sum3);
        }

        var bound = Vector512.Create(floor);
        Lanes.Store(Bounded(sum0, bound), output, streamed);
        Lanes.Store(Bounded(sum1, bound), output + outputStep, streamed);
        Lanes.Store(Bounded(sum2, bound), output + (2 * outputStep), streamed);
        Lanes.Store(Bounded(sum3, bound), output + (3 * outputStep), streamed);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Continue1(float* values, int* offsets, int count, float* input, float* start, float floor, float* output, bool streamed)
    {
        var sum0 = Vector512.Load(start);
        for (var k = 0; k < count; k++)
        {
            var x = input + offsets[k];
            var weight = Vector512.Create(values[k]);
            sum0 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x), sum0);
        }

        var bound = Vector512.Create(floor);
        Lanes.Store(Bounded(sum0, bound), output, streamed);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Gather8(float* values, int* offsets, int count, float* gradient, float* input, float* inputGradient, bool first, float* sums)
    {
        if (Lanes.AreHalved)
        {
            NarrowConvolution.Gather8(values, offsets, count, gradient, input, inputGradient, first, sums);
            return;
        }

        var x0 = Vector512.Load(input);
        var x1 = Vector512.Load(input + 16);
        var x2 = Vector512.Load(input + 32);
        var x3 = Vector512.Load(input + 48);
        var x4 = Vector512.Load(input + 64);
        var x5 = Vector512.Load(input + 80);
        var x6 = Vector512.Load(input + 96);
        var x7 = Vector512.Load(input + 112);
        var dx0 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient);
        var dx1 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient + 16);
        var dx2 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient + 32);
        var dx3 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient + 48);
        var dx4 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient + 64);
        var dx5 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient + 80);
        var dx6 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient + 96);
        var dx7 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient + 112);
        for (var k = 0; k < count; k++)
        {
            var d = gradient + offsets[k];
            var weight = Vector512.Create(values[k]);
            var sum = Vector512.Load(sums + ((long)k * Lanes.Width));
            var d0 = Vector512.Load(d);
            dx0 = Vector512.FusedMultiplyAdd(weight, d0, dx0);
            sum = Vector512.FusedMultiplyAdd(d0, x0, sum);
            var d1 = Vector512.Load(d + 16);
            dx1 = Vector512.FusedMultiplyAdd(weight, d1, dx1);
            sum = Vector512.FusedMultiplyAdd(d1, x1, sum);
            var d2 = Vector512.Load(d + 32);
            dx2 = Vector512.FusedMultiplyAdd(weight, d2, dx2);
            sum = Vector512.FusedMultiplyAdd(d2, x2, sum);
            var d3 = Vector512.Load(d + 48);
            dx3 = Vector512.FusedMultiplyAdd(weight, d3, dx3);
            sum = Vector512.FusedMultiplyAdd(d3, x3, sum);
            var d4 = Vector512.Load(d + 64);
            dx4 = Vector512.FusedMultiplyAdd(weight, d4, dx4);
            sum = Vector512.FusedMultiplyAdd(d4, x4, sum);
            var d5 = Vector512.Load(d + 80);
            dx5 = Vector512.FusedMultiplyAdd(weight, d5, dx5);
            sum = Vector512.FusedMultiplyAdd(d5, x5, sum);
            var d6 = Vector512.Load(d + 96);
            dx6 = Vector512.FusedMultiplyAdd(weight, d6, dx6);
            sum = Vector512.FusedMultiplyAdd(d6, x6, sum);
            var d7 = Vector512.Load(d + 112);
            dx7 = Vector512.FusedMultiplyAdd(weight, d7, dx7);
            sum = Vector512.FusedMultiplyAdd(d7, x7, sum);
            sum.Store(sums + ((long)k * Lanes.Width));
        }

        dx0.Store(inputGradient);
        dx1.Store(inputGradient + 16);
        dx2.Store(inputGradient + 32);
        dx3.Store(inputGradient + 48);
        dx4.Store(inputGradient + 64);
        dx5.Store(inputGradient + 80);
        dx6.Store(inputGradient + 96);
        dx7.Store(inputGradient + 112);
    }

    /// <summary>Two runs of 7 columns: those of the output gradients are <paramref name="secondStep"/> floats apart, all others follow one another.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Gather14(
        float* values, int* offsets, int count, float* gradient, int secondStep, float* input, float* inputGradient, bool first, float* sums)
    {
        var x0 = Vector512.Load(input);
        var x1 = Vector512.Load(input + 16);
        var x2 = Vector512.Load(input + 32);
        var x3 = Vector512.Load(input + 48);
        var x4 = Vector512.Load(input + 64);
        var x5 = Vector512.Load(input + 80);
        var x6 = Vector512.Load(input + 96);
        var x7 = Vector512.Load(input + 112);
        var x8 = Vector512.Load(input + 128);
        var x9 = Vector512.Load(input + 144);
        var x10 = Vector512.Load(input + 160);
        var x11 = Vector512.Load(input + 176);
        var x12 = Vector512.Load(input + 192);
        var x13 = Vector512.Load(input + 208);
        var dx0 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient);
        var dx1 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient + 16);
        var dx2 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient + 32);
        var dx3 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient + 48);
        var dx4 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient + 64);
        var dx5 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient + 80);
        var dx6 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient + 96);
        var dx7 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient + 112);
        var dx8 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient + 128);
        var dx9 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient + 144);
        var dx10 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient + 160);
        var dx11 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient + 176);
        var dx12 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient + 192);
        var dx13 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient + 208);
        for (var k = 0; k < count; k++)
        {
            var d = gradient + offsets[k];
            var weight = Vector512.Create(values[k]);
            var sum = Vector512.Load(sums + ((long)k * Lanes.Width));
            var d0 = Vector512.Load(d);
            dx0 = Vector512.FusedMultiplyAdd(weight, d0, dx0);
            sum = Vector512.FusedMultiplyAdd(d0, x0, sum);
            d0 = Vector512.Load(d + 16);
            dx1 = Vector512.FusedMultiplyAdd(weight, d0, dx1);
            sum = Vector512.FusedMultiplyAdd(d0, x1, sum);
            d0 = Vector512.Load(d + 32);
            dx2 = Vector512.FusedMultiplyAdd(weight, d0, dx2);
            sum = Vector512.FusedMultiplyAdd(d0, x2, sum);
            d0 = Vector512.Load(d + 48);
            dx3 = Vector512.FusedMultiplyAdd(weight, d0, dx3);
            sum = Vector512.FusedMultiplyAdd(d0, x3, sum);
            d0 = Vector512.Load(d + 64);
            dx4 = Vector512.FusedMultiplyAdd(weight, d0, dx4);
            sum = Vector512.FusedMultiplyAdd(d0, x4, sum);
            d0 = Vector512.Load(d + 80);
            dx5 = Vector512.FusedMultiplyAdd(weight, d0, dx5);
            sum = Vector512.FusedMultiplyAdd(d0, x5, sum);
            d0 = Vector512.Load(d + 96);
            dx6 = Vector512.FusedMultiplyAdd(weight, d0, dx6);
            sum = Vector512.FusedMultiplyAdd(d0, x6, sum);
            d += secondStep;
            d0 = Vector512.Load(d);
            dx7 = Vector512.FusedMultiplyAdd(weight, d0, dx7);
            sum = Vector512.FusedMultiplyAdd(d0, x7, sum);
            d0 = Vector512.Load(d + 16);
            dx8 = Vector512.FusedMultiplyAdd(weight, d0, dx8);
            sum = Vector512.FusedMultiplyAdd(d0, x8, sum);
            d0 = Vector512.Load(d + 32);
            dx9 = Vector512.FusedMultiplyAdd(weight, d0, dx9);
            sum = Vector512.FusedMultiplyAdd(d0, x9, sum);
            d0 = Vector512.Load(d + 48);
            dx10 = Vector512.FusedMultiplyAdd(weight, d0, dx10);
            sum = Vector512.FusedMultiplyAdd(d0, x10, sum);
            d0 = Vector512.Load(d + 64);
            dx11 = Vector512.FusedMultiplyAdd(weight, d0, dx11);
            sum = Vector512.FusedMultiplyAdd(d0, x11, sum);
            d0 = Vector512.Load(d + 80);
            dx12 = Vector512.FusedMultiplyAdd(weight, d0, dx12);
            sum = Vector512.FusedMultiplyAdd(d0, x12, sum);
            d0 = Vector512.Load(d + 96);
            dx13 = Vector512.FusedMultiplyAdd(weight, d0, dx13);
            sum = Vector512.FusedMultiplyAdd(d0, x13, sum);
            sum.Store(sums + ((long)k * Lanes.Width));
        }

        dx0.Store(inputGradient);
        dx1.Store(inputGradient + 16);
        dx2.Store(inputGradient + 32);
        dx3.Store(inputGradient + 48);
        dx4.Store(inputGradient + 64);
        dx5.Store(inputGradient + 80);
        dx6.Store(inputGradient + 96);
        dx7.Store(inputGradient + 112);
        dx8.Store(inputGradient + 128);
        dx9.Store(inputGradient + 144);
        dx10.Store(inputGradient + 160);
        dx11.Store(inputGradient + 176);
        dx12.Store(inputGradient + 192);
        dx13.Store(inputGradient + 208);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Gather7(float* values, int* offsets, int count, float* gradient, float* input, float* inputGradient, bool first, float* sums)
    {
        if (Lanes.AreHalved)
        {
            NarrowConvolution.Gather7(values, offsets, count, gradient, input, inputGradient, first, sums);
            return;
        }

        var x0 = Vector512.Load(input);
        var x1 = Vector512.Load(input + 16);
        var x2 = Vector512.Load(input + 32);
        var x3 = Vector512.Load(input + 48);
        var x4 = Vector512.Load(input + 64);
        var x5 = Vector512.Load(input + 80);
        var x6 = Vector512.Load(input + 96);
        var dx0 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient);
        var dx1 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient + 16);
        var dx2 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient + 32);
        var dx3 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient + 48);
        var dx4 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient + 64);
        var dx5 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient + 80);
        var dx6 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient + 96);
        for (var k = 0; k < count; k++)
        {
            var d = gradient + offsets[k];
            var weight = Vector512.Create(values[k]);
            var sum = Vector512.Load(sums + ((long)k * Lanes.Width));
            var d0 = Vector512.Load(d);
            dx0 = Vector512.FusedMultiplyAdd(weight, d0, dx0);
            sum = Vector512.FusedMultiplyAdd(d0, x0, sum);
            var d1 = Vector512.Load(d + 16);
            dx1 = Vector512.FusedMultiplyAdd(weight, d1, dx1);
            sum = Vector512.FusedMultiplyAdd(d1, x1, sum);
            var d2 = Vector512.Load(d + 32);
            dx2 = Vector512.FusedMultiplyAdd(weight, d2, dx2);
            sum = Vector512.FusedMultiplyAdd(d2, x2, sum);
            var d3 = Vector512.Load(d + 48);
            dx3 = Vector512.FusedMultiplyAdd(weight, d3, dx3);
            sum = Vector512.FusedMultiplyAdd(d3, x3, sum);
            var d4 = Vector512.Load(d + 64);
            dx4 = Vector512.FusedMultiplyAdd(weight, d4, dx4);
            sum = Vector512.FusedMultiplyAdd(d4, x4, sum);
            var d5 = Vector512.Load(d + 80);
            dx5 = Vector512.FusedMultiplyAdd(weight, d5, dx5);
            sum = Vector512.FusedMultiplyAdd(d5, x5, sum);
            var d6 = Vector512.Load(d + 96);
            dx6 = Vector512.FusedMultiplyAdd(weight, d6, dx6);
            sum = Vector512.FusedMultiplyAdd(d6, x6, sum);
            sum.Store(sums + ((long)k * Lanes.Width));
        }

        dx0.Store(inputGradient);
        dx1.Store(inputGradient + 16);
        dx2.Store(inputGradient + 32);
        dx3.Store(inputGradient + 48);
        dx4.Store(inputGradient + 64);
        dx5.Store(inputGradient + 80);
        dx6.Store(inputGradient + 96);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Gather4(float* values, int* offsets, int count, float* gradient, float* input, float* inputGradient, bool first, float* sums)
    {
        if (Lanes.AreHalved)
        {
            NarrowConvolution.Gather4(values, offsets, count, gradient, input, inputGradient, first, sums);
            return;
        }

        var x0 = Vector512.Load(input);
        var x1 = Vector512.Load(input + 16);
        var x2 = Vector512.Load(input + 32);
        var x3 = Vector512.Load(input + 48);
        var dx0 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient);
        var dx1 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient + 16);
        var dx2 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient + 32);
        var dx3 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient + 48);
        for (var k = 0; k < count; k++)
        {
            var d = gradient + offsets[k];
            var weight = Vector512.Create(values[k]);
            var sum = Vector512.Load(sums + ((long)k * Lanes.Width));
            var d0 = Vector512.Load(d);
            dx0 = Vector512.FusedMultiplyAdd(weight, d0, dx0);
            sum = Vector512.FusedMultiplyAdd(d0, x0, sum);
            var d1 = Vector512.Load(d + 16);
            dx1 = Vector512.FusedMultiplyAdd(weight, d1, dx1);
            sum = Vector512.FusedMultiplyAdd(d1, x1, sum);
            var d2 = Vector512.Load(d + 32);
            dx2 = Vector512.FusedMultiplyAdd(weight, d2, dx2);
            sum = Vector512.FusedMultiplyAdd(d2, x2, sum);
            var d3 = Vector512.Load(d + 48);
            dx3 = Vector512.FusedMultiplyAdd(weight, d3, dx3);
            sum = Vector512.FusedMultiplyAdd(d3, x3, sum);
            sum.Store(sums + ((long)k * Lanes.Width));
        }

        dx0.Store(inputGradient);
        dx1.Store(inputGradient + 16);
        dx2.Store(inputGradient + 32);
        dx3.Store(inputGradient + 48);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Gather1(float* values, int* offsets, int count, float* gradient, float* input, float* inputGradient, bool first, float* sums)
    {
        var x0 = Vector512.Load(input);
        var dx0 = first ? Vector512<float>.Zero : Vector512.Load(inputGradient);
        for (var k = 0; k < count; k++)
        {
            var d = gradient + offsets[k];
            var weight = Vector512.Create(values[k]);
            var sum = Vector512.Load(sums + ((long)k * Lanes.Width));
            var d0 = Vector512.Load(d);
            dx0 = Vector512.FusedMultiplyAdd(weight, d0, dx0);
            sum = Vector512.FusedMultiplyAdd(d0, x0, sum);
            sum.Store(sums + ((long)k * Lanes.Width));
        }

        dx0.Store(inputGradient);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Forward8(float* values, int* offsets, int count, float* input, float bias, float floor, float* output, int outputStep)
    {
        if (Lanes.AreHalved)
        {
            NarrowConvolution.Forward8(values, offsets, count, input, bias, floor, output, outputStep);
            return;
        }

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
        Bounded(sum0, bound).Store(output);
        Bounded(sum1, bound).Store(output + outputStep);
        Bounded(sum2, bound).Store(output + (2 * outputStep));
        Bounded(sum3, bound).Store(output + (3 * outputStep));
        Bounded(sum4, bound).Store(output + (4 * outputStep));
        Bounded(sum5, bound).Store(output + (5 * outputStep));
        Bounded(sum6, bound).Store(output + (6 * outputStep));
        Bounded(sum7, bound).Store(output + (7 * outputStep));
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
    private static void Backward8(float* values, int* offsets, int count, float* gradient, float* input, float* inputGradient, float* sums)
    {
        if (Lanes.AreHalved)
        {
            NarrowConvolution.Backward8(values, offsets, count, gradient, input, inputGradient, sums);
            return;
        }

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
        if (Lanes.AreHalved)
        {
            NarrowConvolution.WeightGradient8(offsets, count, gradient, input, sums);
            return;
        }

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
