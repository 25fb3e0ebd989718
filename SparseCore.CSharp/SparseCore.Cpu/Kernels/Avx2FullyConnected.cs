using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SparseCore.Cpu.Kernels;

/// <summary>
/// <see cref="SparseFullyConnected"/> for machines with 16 registers of 256 bits: slices of 4 vectors of 16 examples, forward as 8 half vectors, backward
/// with the inputs read from memory. Every lane sees the same operations in the same order, so the bits are the same.
/// </summary>
internal static unsafe class Avx2FullyConnected
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
            Avx2Tiles.Bounded(sum0, bound).Store(y);
            Avx2Tiles.Bounded(sum1, bound).Store(y + 8);
            Avx2Tiles.Bounded(sum2, bound).Store(y + 16);
            Avx2Tiles.Bounded(sum3, bound).Store(y + 24);
            Avx2Tiles.Bounded(sum4, bound).Store(y + 32);
            Avx2Tiles.Bounded(sum5, bound).Store(y + 40);
            Avx2Tiles.Bounded(sum6, bound).Store(y + 48);
            Avx2Tiles.Bounded(sum7, bound).Store(y + 56);
        }
    }

    /// <summary>As <see cref="SparseFullyConnected.Backward"/> with 4 vectors and an input gradient.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(
        float* values, int* offsets, int* starts, int inputs, float* gradient, float* input, float* inputGradient, int inputStep, float* sums)
    {
        for (var j = 0; j < inputs; j++)
        {
            var x = input + ((long)j * inputStep);
            var dx0 = Vector256<float>.Zero;
            var dx1 = dx0;
            var dx2 = dx0;
            var dx3 = dx0;
            var dx4 = dx0;
            var dx5 = dx0;
            var dx6 = dx0;
            var dx7 = dx0;
            var end = starts[j + 1];
            for (var k = starts[j]; k < end; k++)
            {
                var d = gradient + offsets[k];
                var weight = Vector256.Create(values[k]);
                var value = Vector256.Load(d);
                dx0 = Vector256.FusedMultiplyAdd(weight, value, dx0);
                var lower = Vector256.FusedMultiplyAdd(value, Vector256.Load(x), Vector256<float>.Zero);
                value = Vector256.Load(d + 8);
                dx1 = Vector256.FusedMultiplyAdd(weight, value, dx1);
                var upper = Vector256.FusedMultiplyAdd(value, Vector256.Load(x + 8), Vector256<float>.Zero);
                value = Vector256.Load(d + 16);
                dx2 = Vector256.FusedMultiplyAdd(weight, value, dx2);
                lower = Vector256.FusedMultiplyAdd(value, Vector256.Load(x + 16), lower);
                value = Vector256.Load(d + 24);
                dx3 = Vector256.FusedMultiplyAdd(weight, value, dx3);
                upper = Vector256.FusedMultiplyAdd(value, Vector256.Load(x + 24), upper);
                value = Vector256.Load(d + 32);
                dx4 = Vector256.FusedMultiplyAdd(weight, value, dx4);
                lower = Vector256.FusedMultiplyAdd(value, Vector256.Load(x + 32), lower);
                value = Vector256.Load(d + 40);
                dx5 = Vector256.FusedMultiplyAdd(weight, value, dx5);
                upper = Vector256.FusedMultiplyAdd(value, Vector256.Load(x + 40), upper);
                value = Vector256.Load(d + 48);
                dx6 = Vector256.FusedMultiplyAdd(weight, value, dx6);
                Vector256.FusedMultiplyAdd(value, Vector256.Load(x + 48), lower).Store(sums + ((long)k * Lanes.Width));
                value = Vector256.Load(d + 56);
                dx7 = Vector256.FusedMultiplyAdd(weight, value, dx7);
                Vector256.FusedMultiplyAdd(value, Vector256.Load(x + 56), upper).Store(sums + ((long)k * Lanes.Width) + Half);
            }

            var dx = inputGradient + ((long)j * inputStep);
            dx0.Store(dx);
            dx1.Store(dx + 8);
            dx2.Store(dx + 16);
            dx3.Store(dx + 24);
            dx4.Store(dx + 32);
            dx5.Store(dx + 40);
            dx6.Store(dx + 48);
            dx7.Store(dx + 56);
        }
    }
}
