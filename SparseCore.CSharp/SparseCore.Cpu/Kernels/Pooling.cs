using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SparseCore.Cpu.Kernels;

/// <summary>
/// Max-pooling with windows that do not overlap, fused with the convolution that feeds it: the convolution leaves the rows of one window in a scratch area, the
/// pool writes the maximum and the position it came from. Ties go to the first position in row order.
/// </summary>
internal static unsafe class Pooling
{
    /// <summary>Pools one row of windows.</summary>
    /// <param name="rows">Shape [size, columns * size, 16].</param>
    /// <param name="size">Rows and columns of one window.</param>
    /// <param name="columns">Windows of the row.</param>
    /// <param name="floor">Lower bound of the result: 0 for ReLU, -infinity for none.</param>
    /// <param name="output">Column x at x * outputStep.</param>
    /// <param name="outputStep">Floats between columns of the output.</param>
    /// <param name="positions">Receives row * size + column of each maximum. Shape [columns, 16]; null when no gradient will be wanted.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(float* rows, int size, int columns, float floor, float* output, int outputStep, byte* positions)
    {
        var bound = Vector512.Create(floor);
        var rowStride = columns * size * Lanes.Width;
        for (var column = 0; column < columns; column++)
        {
            var window = rows + (column * size * Lanes.Width);
            var maximum = Vector512.Load(window);
            var position = Vector512<int>.Zero;
            for (var row = 0; row < size; row++)
            {
                for (var across = 0; across < size; across++)
                {
                    var value = Vector512.Load(window + (row * rowStride) + (across * Lanes.Width));
                    var greater = Vector512.GreaterThan(value, maximum);
                    maximum = Vector512.ConditionalSelect(greater, value, maximum);
                    position = Vector512.ConditionalSelect(greater.AsInt32(), Vector512.Create((row * size) + across), position);
                }
            }

            Vector512.ConditionalSelect(Vector512.LessThan(maximum, bound), bound, maximum).Store(output + (column * outputStep));
            if (positions is not null)
            {
                StoreBytes(position, positions + (column * Lanes.Width));
            }
        }
    }

    /// <summary>Spreads the gradient of one row of windows over the positions of the maxima; all other positions become 0.</summary>
    /// <param name="gradient">Gradient of the pooled values, column x at x * step.</param>
    /// <param name="output">The pooled values, same step.</param>
    /// <param name="step">Floats between columns.</param>
    /// <param name="gated">Whether a ReLU precedes or follows the pool: no gradient where the output is 0.</param>
    /// <param name="size">Rows and columns of one window.</param>
    /// <param name="columns">Windows of the row.</param>
    /// <param name="positions">From the forward pass.</param>
    /// <param name="rows">Receives the gradient. Shape [size, columns * size, 16] with rowStride floats between rows.</param>
    /// <param name="rowStride">Floats between rows of the result.</param>
    /// <param name="sum">The sum of the gradient so far; the bias gradient.</param>
    /// <returns>The sum including this row.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Vector512<float> Backward(
        float* gradient, float* output, int step, bool gated, int size, int columns, byte* positions, float* rows, int rowStride, Vector512<float> sum)
    {
        for (var column = 0; column < columns; column++)
        {
            var value = Gated(gradient + (column * step), output + (column * step), gated);

            sum += value;
            var position = LoadBytes(positions + (column * Lanes.Width));
            var window = rows + (column * size * Lanes.Width);
            for (var row = 0; row < size; row++)
            {
                for (var across = 0; across < size; across++)
                {
                    At(value, position, (row * size) + across).Store(window + (row * rowStride) + (across * Lanes.Width));
                }
            }
        }

        return sum;
    }

    /// <summary>Copies one row of gradients, without gradient where a ReLU cut it off.</summary>
    /// <param name="gradient">Column x at x * step.</param>
    /// <param name="output">Values after the ReLU, same step.</param>
    /// <param name="step">Floats between columns.</param>
    /// <param name="gated">Whether there is a ReLU.</param>
    /// <param name="columns">Number of columns.</param>
    /// <param name="row">Shape [columns, 16].</param>
    /// <param name="sum">The sum of the gradient so far; the bias gradient.</param>
    /// <returns>The sum including this row.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Vector512<float> Gate(float* gradient, float* output, int step, bool gated, int columns, float* row, Vector512<float> sum)
    {
        for (var column = 0; column < columns; column++)
        {
            var value = Gated(gradient + (column * step), output + (column * step), gated);

            sum += value;
            value.Store(row + (column * Lanes.Width));
        }

        return sum;
    }

    /// <summary>One row of windows of a channel without weights: the bias everywhere, found at the first position.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Fill(float bias, float floor, int columns, float* output, int outputStep, byte* positions)
    {
        var value = Vector512.Create(bias < floor ? floor : bias);
        for (var column = 0; column < columns; column++)
        {
            value.Store(output + (column * outputStep));
            if (positions is not null)
            {
                Vector128<byte>.Zero.Store(positions + (column * Lanes.Width));
            }
        }
    }

    /// <summary>Adds one row of gradients to a sum, without those that a ReLU cut off.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Vector512<float> Sum(float* gradient, float* output, int step, bool gated, int columns, Vector512<float> sum)
    {
        for (var column = 0; column < columns; column++)
        {
            sum += Gated(gradient + (column * step), output + (column * step), gated);
        }

        return sum;
    }

    /// <summary>Maximum of one 2x2 window, the first on ties, and where it was found.</summary>
    /// <param name="value0">First row, first column.</param>
    /// <param name="value1">First row, second column.</param>
    /// <param name="value2">Second row, first column.</param>
    /// <param name="value3">Second row, second column.</param>
    /// <param name="bound">Lower bound of the result.</param>
    /// <param name="output">Receives the maximum.</param>
    /// <param name="positions">Receives 0 to 3; null when no gradient will be wanted.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Maximum(
        Vector512<float> value0,
        Vector512<float> value1,
        Vector512<float> value2,
        Vector512<float> value3,
        Vector512<float> bound,
        float* output,
        byte* positions)
    {
        var second = Vector512.GreaterThan(value1, value0);
        var fourth = Vector512.GreaterThan(value3, value2);
        var upper = Vector512.ConditionalSelect(second, value1, value0);
        var lower = Vector512.ConditionalSelect(fourth, value3, value2);
        var isLower = Vector512.GreaterThan(lower, upper);
        var maximum = Vector512.ConditionalSelect(isLower, lower, upper);
        Vector512.ConditionalSelect(Vector512.LessThan(maximum, bound), bound, maximum).Store(output);
        if (positions is not null)
        {
            var inUpper = Vector512.ConditionalSelect(second.AsInt32(), Vector512.Create(1), Vector512<int>.Zero);
            var inLower = Vector512.ConditionalSelect(fourth.AsInt32(), Vector512.Create(3), Vector512.Create(2));
            StoreBytes(Vector512.ConditionalSelect(isLower.AsInt32(), inLower, inUpper), positions);
        }
    }

    /// <summary>A gradient, or 0 where a ReLU cut it off.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Gated(float* gradient, float* output, bool gated)
    {
        var value = Vector512.Load(gradient);
        return gated ? value & Vector512.GreaterThan(Vector512.Load(output), Vector512<float>.Zero) : value;
    }

    /// <summary>The gradient where the maximum came from <paramref name="position"/>, else 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> At(Vector512<float> gradient, Vector512<int> positions, int position) =>
        gradient & Vector512.Equals(positions, Vector512.Create(position)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreBytes(Vector512<int> values, byte* destination)
    {
        if (Avx512F.IsSupported)
        {
            Avx512F.ConvertToVector128Byte(values).Store(destination);
        }
        else
        {
            var shorts = Vector256.Narrow(values.GetLower(), values.GetUpper()).AsUInt16();
            Vector128.Narrow(shorts.GetLower(), shorts.GetUpper()).Store(destination);
        }
    }

    /// <summary>Widens 16 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> LoadBytes(byte* source)
    {
        if (Avx512F.IsSupported)
        {
            return Avx512F.ConvertToVector512Int32(Vector128.Load(source));
        }

        var (low, high) = Vector128.Widen(Vector128.Load(source));
        var (a, b) = Vector128.Widen(low);
        var (c, d) = Vector128.Widen(high);
        return Vector512.Create(Vector256.Create(a, b), Vector256.Create(c, d)).AsInt32();
    }
}
