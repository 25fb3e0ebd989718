using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SparseCore.Engine.Kernels;

/// <summary>
/// <see cref="SparseFullyConnected"/> for machines with 16 registers of 256 bits: slices of 4 vectors of 16 examples, forward as 8 half vectors, backward
/// one half of every vector after the other. Every lane sees the same operations in the same order, so the bits are the same.
/// </summary>
internal static unsafe class NarrowFullyConnected
{
    private const int Half = Lanes.Width / 2;

    /// <summary>As <see cref="SparseFullyConnected.Forward"/> with 4 vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(
        float* values, int* offsets, int* starts, int outputs, float* bias, float floor, float* input, float* output, int outputStep)
    {
        var bound = Vector256.Create(floor);
        for (var o = 0; o < outputs; o++)
        {
            var sum0 = Vector256.Create(bias[o]);
            var sum1 = sum0;
            var sum2 = sum0;
            var sum3 = sum0;
            var sum4 = sum0;
            var sum5 = sum0;
            var sum6 = sum0;
            var sum7 = sum0;
            var end = starts[o + 1];
            for (var k = starts[o]; k < end; k++)
            {
                var x = input + offsets[k];
                var weight = Vector256.Create(values[k]);
                sum0 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x), sum0);
                sum1 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 8), sum1);
                sum2 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 16), sum2);
                sum3 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 24), sum3);
                sum4 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 32), sum4);
                sum5 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 40), sum5);
                sum6 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 48), sum6);
                sum7 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 56), sum7);
            }

            var y = output + ((long)o * outputStep);
            NarrowTiles.Bounded(sum0, bound).Store(y);
            NarrowTiles.Bounded(sum1, bound).Store(y + 8);
            NarrowTiles.Bounded(sum2, bound).Store(y + 16);
            NarrowTiles.Bounded(sum3, bound).Store(y + 24);
            NarrowTiles.Bounded(sum4, bound).Store(y + 32);
            NarrowTiles.Bounded(sum5, bound).Store(y + 40);
            NarrowTiles.Bounded(sum6, bound).Store(y + 48);
            NarrowTiles.Bounded(sum7, bound).Store(y + 56);
        }
    }

    /// <summary>As <see cref="SparseFullyConnected.Backward"/> with 4 vectors and an input gradient.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(
        float* values, int* offsets, int* starts, int inputs, float* gradient, float* input, float* inputGradient, int inputStep, float* sums)
    {
        for (var part = 0; part < 2 * inputs; part++)
        {
            var half = part % 2 * Half;
            var j = part / 2;
            var shift = ((long)j * inputStep) + half;
            var x0 = Vector256.Load(input + shift);
            var x1 = Vector256.Load(input + shift + 16);
            var x2 = Vector256.Load(input + shift + 32);
            var x3 = Vector256.Load(input + shift + 48);
            var dx0 = Vector256<float>.Zero;
            var dx1 = dx0;
            var dx2 = dx0;
            var dx3 = dx0;
            var end = starts[j + 1];
            for (var k = starts[j]; k < end; k++)
            {
                var d = gradient + offsets[k] + half;
                var weight = Vector256.Create(values[k]);
                var d0 = Vector256.Load(d);
                var d1 = Vector256.Load(d + 16);
                var d2 = Vector256.Load(d + 32);
                var d3 = Vector256.Load(d + 48);
                dx0 = Vector256.FusedMultiplyAdd(weight, d0, dx0);
                dx1 = Vector256.FusedMultiplyAdd(weight, d1, dx1);
                dx2 = Vector256.FusedMultiplyAdd(weight, d2, dx2);
                dx3 = Vector256.FusedMultiplyAdd(weight, d3, dx3);
                var sum = Vector256.FusedMultiplyAdd(d0, x0, Vector256<float>.Zero);
                sum = Vector256.FusedMultiplyAdd(d1, x1, sum);
                sum = Vector256.FusedMultiplyAdd(d2, x2, sum);
                sum = Vector256.FusedMultiplyAdd(d3, x3, sum);
                sum.Store(sums + ((long)k * Lanes.Width) + half);
            }

            dx0.Store(inputGradient + shift);
            dx1.Store(inputGradient + shift + 16);
            dx2.Store(inputGradient + shift + 32);
            dx3.Store(inputGradient + shift + 48);
        }
    }
}
