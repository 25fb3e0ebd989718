using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SparseCore.Engine.Kernels;

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

    /// <summary>output = max(input, 0) over a run of vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Relu(float* input, int inputStep, int count, float* output, int outputStep)
    {
        for (var index = 0; index < count; index++)
        {
            var value = Vector512.Load(input + (index * inputStep));
            Vector512.ConditionalSelect(Vector512.LessThan(value, Vector512<float>.Zero), Vector512<float>.Zero, value).Store(output + (index * outputStep));
        }
    }

    /// <summary>Input gradient of a ReLU over a run of vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ReluBackward(float* gradient, float* output, int outputStep, int count, float* inputGradient, int inputStep)
    {
        for (var index = 0; index < count; index++)
        {
            var value = Vector512.Load(gradient + (index * outputStep));
            (value & Vector512.GreaterThan(Vector512.Load(output + (index * outputStep)), Vector512<float>.Zero)).Store(inputGradient + (index * inputStep));
        }
    }

    /// <summary>Copies a run of vectors, raising values below a bound to it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void CopyBounded(float* source, float floor, int count, float* destination, int step)
    {
        var bound = Vector512.Create(floor);
        for (var index = 0; index < count; index++)
        {
            var value = Vector512.Load(source + (index * Lanes.Width));
            Vector512.ConditionalSelect(Vector512.LessThan(value, bound), bound, value).Store(destination + (index * step));
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
    public static void PoolWindow(float* window, int size, int rowStride, int step, float* output)
    {
        var maximum = Vector512.Load(window);
        for (var row = 0; row < size; row++)
        {
            for (var column = 0; column < size; column++)
            {
                var value = Vector512.Load(window + (row * rowStride) + (column * step));
                maximum = Vector512.ConditionalSelect(Vector512.GreaterThan(value, maximum), value, maximum);
            }
        }

        maximum.Store(output);
    }

    /// <summary>Adds the gradient of one pooled value to the first position of the window that holds the maximum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PoolWindowBackward(float* gradient, float* output, float* window, int size, int rowStride, int step, float* windowGradient)
    {
        var maximum = Vector512.Load(output);
        var value = Vector512.Load(gradient);
        for (var row = 0; row < size; row++)
        {
            for (var column = 0; column < size; column++)
            {
                var place = (row * rowStride) + (column * step);
                var hit = Vector512.Equals(Vector512.Load(window + place), maximum);
                (Vector512.Load(windowGradient + place) + (value & hit)).Store(windowGradient + place);
                value = Vector512.AndNot(value, hit);
            }
        }
    }
}
