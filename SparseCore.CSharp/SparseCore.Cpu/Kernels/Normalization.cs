using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SparseCore.Cpu.Kernels;

/// <summary>Passes of a batch normalization over one row of one channel, a run of vectors of 16 examples.</summary>
internal static unsafe class Normalization
{
    /// <summary>Sum over the columns, in 16 lanes and four chains.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Vector512<float> Sum(float* input, int step, int columns)
    {
        var sum0 = Vector512<float>.Zero;
        var sum1 = Vector512<float>.Zero;
        var sum2 = Vector512<float>.Zero;
        var sum3 = Vector512<float>.Zero;
        var column = 0;
        for (; column + 4 <= columns; column += 4)
        {
            var place = input + ((long)column * step);
            sum0 += Vector512.Load(place);
            sum1 += Vector512.Load(place + step);
            sum2 += Vector512.Load(place + (2 * step));
            sum3 += Vector512.Load(place + (3 * step));
        }

        for (; column < columns; column++)
        {
            sum0 += Vector512.Load(input + ((long)column * step));
        }

        return (sum0 + sum1) + (sum2 + sum3);
    }

    /// <summary>Sum of (x - mean)^2 over the columns, in 16 lanes and four chains.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Vector512<float> SquaredDeviations(float* input, int step, int columns, float mean)
    {
        var center = Vector512.Create(mean);
        var sum0 = Vector512<float>.Zero;
        var sum1 = Vector512<float>.Zero;
        var sum2 = Vector512<float>.Zero;
        var sum3 = Vector512<float>.Zero;
        var column = 0;
        for (; column + 4 <= columns; column += 4)
        {
            var place = input + ((long)column * step);
            var d0 = Vector512.Load(place) - center;
            var d1 = Vector512.Load(place + step) - center;
            var d2 = Vector512.Load(place + (2 * step)) - center;
            var d3 = Vector512.Load(place + (3 * step)) - center;
            sum0 = Vector512.FusedMultiplyAdd(d0, d0, sum0);
            sum1 = Vector512.FusedMultiplyAdd(d1, d1, sum1);
            sum2 = Vector512.FusedMultiplyAdd(d2, d2, sum2);
            sum3 = Vector512.FusedMultiplyAdd(d3, d3, sum3);
        }

        for (; column < columns; column++)
        {
            var d = Vector512.Load(input + ((long)column * step)) - center;
            sum0 = Vector512.FusedMultiplyAdd(d, d, sum0);
        }

        return (sum0 + sum1) + (sum2 + sum3);
    }

    /// <summary>Whether all columns hold one value, in the lanes that have an example.</summary>
    public static bool IsConstant(float* input, int step, int columns, float value, Vector512<float> valid)
    {
        var expected = Vector512.Create(value);
        for (var column = 0; column < columns; column++)
        {
            var differs = ~Vector512.Equals(Vector512.Load(input + ((long)column * step)), expected) & valid;
            if (differs.AsInt32() != Vector512<int>.Zero)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>output = max(factor x + offset + residual, floor).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(
        float* input,
        int inputStep,
        int columns,
        float factor,
        float offset,
        float* residual,
        int residualStep,
        float floor,
        float* output,
        int outputStep,
        bool streamed)
    {
        var a = Vector512.Create(factor);
        var b = Vector512.Create(offset);
        var bound = Vector512.Create(floor);
        for (var column = 0; column < columns; column++)
        {
            var value = Vector512.FusedMultiplyAdd(Vector512.Load(input + ((long)column * inputStep)), a, b);
            if (residual is not null)
            {
                value += Vector512.Load(residual + ((long)column * residualStep));
            }

            Lanes.Store(Vector512.ConditionalSelect(Vector512.LessThan(value, bound), bound, value), output + ((long)column * outputStep), streamed);
        }
    }

    /// <summary>
    /// Adds to the sums of dz and of dz (x - mean), where dz is the gradient, cut where the ReLU cut. With <paramref name="output"/> that is seen there and the cut
    /// gradient is written back, and copied to (or added to) the residual's; without, the output is computed again.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void GateAndSum(
        float* gradient,
        float* output,
        int step,
        bool gated,
        int columns,
        float* input,
        int inputStep,
        in NormChannel channel,
        float* residual,
        int residualStep,
        bool adds,
        bool streamed,
        ref Vector512<float> sum,
        ref Vector512<float> product)
    {
        var center = Vector512.Create(channel.Mean);
        var a = Vector512.Create(channel.Factor);
        var b = Vector512.Create(channel.Offset);
        var rowSum = Vector512<float>.Zero;
        var rowProduct = Vector512<float>.Zero;
        for (var column = 0; column < columns; column++)
        {
            var place = (long)column * step;
            var x = Vector512.Load(input + ((long)column * inputStep));
            var value = Vector512.Load(gradient + place);
            if (gated && output is null)
            {
                value &= Vector512.GreaterThan(Vector512.FusedMultiplyAdd(x, a, b), Vector512<float>.Zero);
            }
            else if (gated)
            {
                value &= Vector512.GreaterThan(Vector512.Load(output + place), Vector512<float>.Zero);
                value.Store(gradient + place);
            }

            if (residual is not null)
            {
                var target = residual + ((long)column * residualStep);
                Lanes.Store(adds ? Vector512.Load(target) + value : value, target, streamed);
            }

            rowSum += value;
            rowProduct = Vector512.FusedMultiplyAdd(value, x - center, rowProduct);
        }

        sum += rowSum;
        product += rowProduct;
    }

    /// <summary>
    /// Input gradient e (dz - c - (x - mean) d); lanes without an example become 0. Where the gradient is still <paramref name="gated"/>, it is cut where the output,
    /// computed again, is not positive.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(
        float* gradient,
        int step,
        bool gated,
        int columns,
        float* input,
        int inputStep,
        in NormChannel channel,
        Vector512<float> valid,
        bool adds,
        bool streamed,
        float* inputGradient,
        int inputGradientStep)
    {
        var center = Vector512.Create(channel.Mean);
        var a = Vector512.Create(channel.Factor);
        var b = Vector512.Create(channel.Offset);
        var c = Vector512.Create(channel.GradientShift);
        var d = Vector512.Create(-channel.GradientFactor);
        var e = Vector512.Create(channel.InputFactor);
        for (var column = 0; column < columns; column++)
        {
            var x = Vector512.Load(input + ((long)column * inputStep));
            var dz = Vector512.Load(gradient + ((long)column * step));
            if (gated)
            {
                dz &= Vector512.GreaterThan(Vector512.FusedMultiplyAdd(x, a, b), Vector512<float>.Zero);
            }

            var value = Vector512.FusedMultiplyAdd(x - center, d, dz - c) * e & valid;
            var target = inputGradient + ((long)column * inputGradientStep);
            Lanes.Store(adds ? Vector512.Load(target) + value : value, target, streamed);
        }
    }
}
