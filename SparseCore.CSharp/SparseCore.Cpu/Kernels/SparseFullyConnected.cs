using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SparseCore.Cpu.Kernels;

/// <summary>
/// Fully connected layers with listed active weights. Activations are [feature][slice]; a slice has at most 4 vectors of 16 examples, which stay in registers while
/// the weights of one output (forward) or one input (backward) pass by.
/// </summary>
internal static unsafe class SparseFullyConnected
{
    /// <summary>output[o] = max(floor, bias[o] + sum over the active weights of o, ascending, of value * input).</summary>
    /// <param name="values">Active weights by output. Shape [active].</param>
    /// <param name="offsets">Floats from <paramref name="input"/> to the feature that weight k reads. Shape [active].</param>
    /// <param name="starts">First weight of every output. Shape [outputs + 1].</param>
    /// <param name="outputs">Number of outputs.</param>
    /// <param name="bias">Shape [outputs].</param>
    /// <param name="floor">0 for ReLU, -infinity for none.</param>
    /// <param name="input">Shape [inputs, slice].</param>
    /// <param name="vectors">Vectors of 16 examples in use.</param>
    /// <param name="output">Output o at o * outputStep.</param>
    /// <param name="outputStep">Floats between outputs.</param>
    public static void Forward(
        float* values, int* offsets, int* starts, int outputs, float* bias, float floor, float* input, int vectors, float* output, int outputStep)
    {
        if (vectors == 4)
        {
            Forward4(values, offsets, starts, outputs, bias, floor, input, output, outputStep);
            return;
        }

        for (var vector = 0; vector < vectors; vector++)
        {
            Forward1(values, offsets, starts, outputs, bias, floor, input + (vector * Lanes.Width), output + (vector * Lanes.Width), outputStep);
        }
    }

    /// <summary>
    /// One load of an output gradient serves both results: input gradient j = sum over the active weights of input j, ascending by output, of value * gradient, and
    /// the 16-lane weight gradients.
    /// </summary>
    /// <param name="values">Active weights by input. Shape [active].</param>
    /// <param name="offsets">Floats from <paramref name="gradient"/> to the output that weight k feeds. Shape [active].</param>
    /// <param name="starts">First weight of every input. Shape [inputs + 1].</param>
    /// <param name="inputs">Number of inputs.</param>
    /// <param name="gradient">Output gradients. Shape [outputs, slice].</param>
    /// <param name="input">Input j at j * inputStep.</param>
    /// <param name="inputGradient">Same step; null when it is not wanted.</param>
    /// <param name="inputStep">Floats between inputs.</param>
    /// <param name="vectors">Vectors of 16 examples in use.</param>
    /// <param name="sums">Receives the weight gradients in 16 lanes. Shape [active, 16].</param>
    public static void Backward(
        float* values, int* offsets, int* starts, int inputs, float* gradient, float* input, float* inputGradient, int inputStep, int vectors, float* sums)
    {
        if (vectors == 4 && inputGradient is not null)
        {
            Backward4(values, offsets, starts, inputs, gradient, input, inputGradient, inputStep, sums);
            return;
        }

        for (var vector = 0; vector < vectors; vector++)
        {
            var shift = vector * Lanes.Width;
            var target = inputGradient is null ? null : inputGradient + shift;
            Backward1(values, offsets, starts, inputs, gradient + shift, input + shift, target, inputStep, sums, vector == 0);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Forward4(
        float* values, int* offsets, int* starts, int outputs, float* bias, float floor, float* input, float* output, int outputStep)
    {
        if (Lanes.UsesAvx2)
        {
            Avx2FullyConnected.Forward(values, offsets, starts, outputs, bias, floor, input, output, outputStep);
            return;
        }

        var bound = Vector512.Create(floor);
        for (var o = 0; o < outputs; o++)
        {
            var sum0 = Vector512.Create(bias[o]);
            var sum1 = sum0;
            var sum2 = sum0;
            var sum3 = sum0;
            var end = starts[o + 1];
            for (var k = starts[o]; k < end; k++)
            {
                var x = input + offsets[k];
                var weight = Vector512.Create(values[k]);
                sum0 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x), sum0);
                sum1 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + 16), sum1);
                sum2 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + 32), sum2);
                sum3 = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x + 48), sum3);
            }

            var y = output + ((long)o * outputStep);
            Vector512.ConditionalSelect(Vector512.LessThan(sum0, bound), bound, sum0).Store(y);
            Vector512.ConditionalSelect(Vector512.LessThan(sum1, bound), bound, sum1).Store(y + 16);
            Vector512.ConditionalSelect(Vector512.LessThan(sum2, bound), bound, sum2).Store(y + 32);
            Vector512.ConditionalSelect(Vector512.LessThan(sum3, bound), bound, sum3).Store(y + 48);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Forward1(
        float* values, int* offsets, int* starts, int outputs, float* bias, float floor, float* input, float* output, int outputStep)
    {
        var bound = Vector512.Create(floor);
        for (var o = 0; o < outputs; o++)
        {
            var sum = Vector512.Create(bias[o]);
            var end = starts[o + 1];
            for (var k = starts[o]; k < end; k++)
            {
                sum = Vector512.FusedMultiplyAdd(Vector512.Create(values[k]), Vector512.Load(input + offsets[k]), sum);
            }

            Vector512.ConditionalSelect(Vector512.LessThan(sum, bound), bound, sum).Store(output + ((long)o * outputStep));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Backward4(
        float* values, int* offsets, int* starts, int inputs, float* gradient, float* input, float* inputGradient, int inputStep, float* sums)
    {
        if (Lanes.UsesAvx2)
        {
            Avx2FullyConnected.Backward(values, offsets, starts, inputs, gradient, input, inputGradient, inputStep, sums);
            return;
        }

        for (var j = 0; j < inputs; j++)
        {
            var shift = (long)j * inputStep;
            var x0 = Vector512.Load(input + shift);
            var x1 = Vector512.Load(input + shift + 16);
            var x2 = Vector512.Load(input + shift + 32);
            var x3 = Vector512.Load(input + shift + 48);
            var dx0 = Vector512<float>.Zero;
            var dx1 = dx0;
            var dx2 = dx0;
            var dx3 = dx0;
            var end = starts[j + 1];
            for (var k = starts[j]; k < end; k++)
            {
                var d = gradient + offsets[k];
                var weight = Vector512.Create(values[k]);
                var d0 = Vector512.Load(d);
                var d1 = Vector512.Load(d + 16);
                var d2 = Vector512.Load(d + 32);
                var d3 = Vector512.Load(d + 48);
                dx0 = Vector512.FusedMultiplyAdd(weight, d0, dx0);
                dx1 = Vector512.FusedMultiplyAdd(weight, d1, dx1);
                dx2 = Vector512.FusedMultiplyAdd(weight, d2, dx2);
                dx3 = Vector512.FusedMultiplyAdd(weight, d3, dx3);
                var sum = Vector512.FusedMultiplyAdd(d0, x0, Vector512<float>.Zero);
                sum = Vector512.FusedMultiplyAdd(d1, x1, sum);
                sum = Vector512.FusedMultiplyAdd(d2, x2, sum);
                sum = Vector512.FusedMultiplyAdd(d3, x3, sum);
                sum.Store(sums + ((long)k * Lanes.Width));
            }

            dx0.Store(inputGradient + shift);
            dx1.Store(inputGradient + shift + 16);
            dx2.Store(inputGradient + shift + 32);
            dx3.Store(inputGradient + shift + 48);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Backward1(
        float* values, int* offsets, int* starts, int inputs, float* gradient, float* input, float* inputGradient, int inputStep, float* sums, bool first)
    {
        for (var j = 0; j < inputs; j++)
        {
            var shift = (long)j * inputStep;
            var x = Vector512.Load(input + shift);
            var dx = Vector512<float>.Zero;
            var end = starts[j + 1];
            for (var k = starts[j]; k < end; k++)
            {
                var d = Vector512.Load(gradient + offsets[k]);
                dx = Vector512.FusedMultiplyAdd(Vector512.Create(values[k]), d, dx);
                var sum = sums + ((long)k * Lanes.Width);
                Vector512.FusedMultiplyAdd(d, x, first ? Vector512<float>.Zero : Vector512.Load(sum)).Store(sum);
            }

            if (inputGradient is not null)
            {
                dx.Store(inputGradient + shift);
            }
        }
    }
}
