using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SparseCore.Cpu.Kernels;

/// <summary>Passes without weights.</summary>
internal static unsafe class Elementwise
{
    /// <summary>Cuts the gradient where a ReLU did, in place, and sums it over the examples.</summary>
    /// <param name="gradient">Shape [features, stride].</param>
    /// <param name="output">Values after the ReLU. Shape [features, stride].</param>
    /// <param name="gated">Whether there is a ReLU.</param>
    /// <param name="features">Number of features.</param>
    /// <param name="stride">Floats between features.</param>
    /// <param name="vectors">Vectors of 16 examples in use.</param>
    /// <param name="sums">Receives the sums: the bias gradient. Shape [features].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void GateAndSum(float* gradient, float* output, bool gated, int features, int stride, int vectors, float* sums)
    {
        for (var feature = 0; feature < features; feature++)
        {
            var sum = Vector512<float>.Zero;
            for (var vector = 0; vector < vectors; vector++)
            {
                var place = ((long)feature * stride) + (vector * Lanes.Width);
                var value = Vector512.Load(gradient + place);
                if (gated)
                {
                    value &= Vector512.GreaterThan(Vector512.Load(output + place), Vector512<float>.Zero);
                    value.Store(gradient + place);
                }

                sum += value;
            }

            sums[feature] = Lanes.Sum(sum);
        }
    }

    /// <summary>output = max(input + other, floor) over a run of vectors.</summary>
    /// <param name="input">First input.</param>
    /// <param name="inputStep">Floats between its vectors.</param>
    /// <param name="other">Second input; null for none.</param>
    /// <param name="otherStep">Floats between its vectors.</param>
    /// <param name="floor">0 for ReLU, -infinity for none.</param>
    /// <param name="count">Number of vectors.</param>
    /// <param name="output">Receives the result.</param>
    /// <param name="outputStep">Floats between its vectors.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddBounded(float* input, int inputStep, float* other, int otherStep, float floor, int count, float* output, int outputStep)
    {
        var bound = Vector512.Create(floor);
        for (var index = 0; index < count; index++)
        {
            var value = Vector512.Load(input + ((long)index * inputStep));
            if (other is not null)
            {
                value += Vector512.Load(other + ((long)index * otherStep));
            }

            Vector512.ConditionalSelect(Vector512.LessThan(value, bound), bound, value).Store(output + ((long)index * outputStep));
        }
    }

    /// <summary>Passes a gradient on where the output is positive (or everywhere), as it is or added to what is there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void GateTo(float* gradient, float* output, int outputStep, bool gated, int count, bool adds, float* inputGradient, int inputStep)
    {
        for (var index = 0; index < count; index++)
        {
            var value = Vector512.Load(gradient + ((long)index * outputStep));
            if (gated)
            {
                value &= Vector512.GreaterThan(Vector512.Load(output + ((long)index * outputStep)), Vector512<float>.Zero);
            }

            var target = inputGradient + ((long)index * inputStep);
            (adds ? Vector512.Load(target) + value : value).Store(target);
        }
    }

    /// <summary>total += scale * sum of a run of vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddScaledSum(float* input, int step, int count, float scale, float* total)
    {
        var sum = Vector512<float>.Zero;
        for (var index = 0; index < count; index++)
        {
            sum += Vector512.Load(input + ((long)index * step));
        }

        Vector512.FusedMultiplyAdd(sum, Vector512.Create(scale), Vector512.Load(total)).Store(total);
    }

    /// <summary>Writes (or adds) one scaled vector to a whole run.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Spread(float* source, float scale, int count, bool adds, float* destination, int step)
    {
        var value = Vector512.Load(source) * Vector512.Create(scale);
        for (var index = 0; index < count; index++)
        {
            var target = destination + ((long)index * step);
            (adds ? Vector512.Load(target) + value : value).Store(target);
        }
    }

    /// <summary>Copies a run of vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Copy(float* source, int sourceStep, int count, float* destination, int step, bool streamed)
    {
        for (var index = 0; index < count; index++)
        {
            Lanes.Store(Vector512.Load(source + (index * sourceStep)), destination + (index * step), streamed);
        }
    }

    /// <summary>Sets a run of vectors to one value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Fill(float value, int count, float* destination, int step)
    {
        var vector = Vector512.Create(value);
        for (var index = 0; index < count; index++)
        {
            vector.Store(destination + (index * step));
        }
    }

    /// <summary>Maximum of one pooling window, any size and overlap.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PoolWindow(float* window, int rows, int columns, int rowStride, int step, float* output)
    {
        var maximum = Vector512.Load(window);
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                var value = Vector512.Load(window + (row * rowStride) + (column * step));
                maximum = Vector512.ConditionalSelect(Vector512.GreaterThan(value, maximum), value, maximum);
            }
        }

        maximum.Store(output);
    }

    /// <summary>Adds the gradient of one pooled value to the first position of the window that holds the maximum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PoolWindowBackward(
        float* gradient, float* output, float* window, int rows, int columns, int rowStride, int step, float* windowGradient)
    {
        var maximum = Vector512.Load(output);
        var value = Vector512.Load(gradient);
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                var place = (row * rowStride) + (column * step);
                var hit = Vector512.Equals(Vector512.Load(window + place), maximum);
                (Vector512.Load(windowGradient + place) + (value & hit)).Store(windowGradient + place);
                value = Vector512.AndNot(value, hit);
            }
        }
    }

    /// <summary>Whether values are all 0; where a gate is given, those under a gate above 0.</summary>
    /// <param name="values">Shape [vectors, 16].</param>
    /// <param name="gate">Shape [vectors, 16]; null for none.</param>
    /// <param name="vectors">Number of vectors.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool IsZero(float* values, float* gate, int vectors)
    {
        for (var vector = 0; vector < vectors; vector++)
        {
            var value = Vector512.Load(values + (vector * Lanes.Width));
            if (gate is not null)
            {
                value &= Vector512.GreaterThan(Vector512.Load(gate + (vector * Lanes.Width)), Vector512<float>.Zero);
            }

            if (!Vector512.EqualsAll(value, Vector512<float>.Zero))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Copies the rows that are not all 0, one after another.</summary>
    /// <param name="rows">Shape [live.Length, stride].</param>
    /// <param name="stride">Floats between rows.</param>
    /// <param name="vectors">Vectors of 16 examples in use.</param>
    /// <param name="live">Receives the numbers of these rows, in order.</param>
    /// <param name="destination">Shape [rows copied, vectors, 16].</param>
    /// <returns>How many there are.</returns>
    public static int CopyLive(float* rows, int stride, int vectors, Span<int> live, float* destination)
    {
        var count = 0;
        for (var row = 0; row < live.Length; row++)
        {
            var source = rows + ((long)row * stride);
            if (!IsZero(source, null, vectors))
            {
                new ReadOnlySpan<float>(source, vectors * Lanes.Width).CopyTo(new Span<float>(destination + ((long)count * vectors * Lanes.Width), vectors * Lanes.Width));
                live[count++] = row;
            }
        }

        return count;
    }

    /// <summary>Puts a block of a matrix, made from some of its rows and groups of columns, where it belongs; everything else becomes 0.</summary>
    /// <param name="block">Shape [outputs.Length, blockRow].</param>
    /// <param name="blockRow">Floats between its rows.</param>
    /// <param name="outputs">The rows.</param>
    /// <param name="inputs">The groups of columns.</param>
    /// <param name="group">Columns of a group.</param>
    /// <param name="row">Columns of the matrix.</param>
    /// <param name="matrix">As many rows as the matrix has, each of <paramref name="row"/> floats.</param>
    public static void Spread(float* block, int blockRow, ReadOnlySpan<int> outputs, ReadOnlySpan<int> inputs, int group, int row, Span<float> matrix)
    {
        matrix.Clear();
        for (var output = 0; output < outputs.Length; output++)
        {
            var source = block + ((long)output * blockRow);
            var target = matrix.Slice(outputs[output] * row, row);
            for (var input = 0; input < inputs.Length; input++)
            {
                for (var column = 0; column < group; column++)
                {
                    target[(inputs[input] * group) + column] = source[(input * group) + column];
                }
            }
        }
    }

    /// <summary>destination += source.</summary>
    /// <param name="source">As many values as the destination has.</param>
    /// <param name="destination">Receives the sums.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(float* source, Span<float> destination)
    {
        fixed (float* target = destination)
        {
            var index = 0;
            for (; index + Lanes.Width <= destination.Length; index += Lanes.Width)
            {
                (Vector512.Load(target + index) + Vector512.Load(source + index)).Store(target + index);
            }

            for (; index < destination.Length; index++)
            {
                target[index] += source[index];
            }
        }
    }
}
