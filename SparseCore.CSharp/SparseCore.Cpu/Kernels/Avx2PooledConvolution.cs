using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SparseCore.Cpu.Kernels;

/// <summary>
/// <see cref="SparsePooledConvolution"/> for machines with 16 registers of 256 bits: one window at a time, and its gradients weight by weight. Every lane sees the same
/// operations in the same order, so the bits are the same. Generated/Avx2PooledConvolution.g.cs holds the unrolled kernels.
/// </summary>
internal static unsafe partial class Avx2PooledConvolution
{
    private const int Half = Lanes.Width / 2;

    /// <summary>
    /// All rows and channels of a pooled convolution, as <see cref="SparsePooledConvolution.Forward"/> gives them one by one: one window lives in 8 registers.
    /// </summary>
    /// <param name="values">Active weights by output channel. Shape [active].</param>
    /// <param name="offsets">Floats from <paramref name="input"/> to the value each weight meets at the first column. Shape [active].</param>
    /// <param name="starts">First weight of every output channel. Shape [channels + 1].</param>
    /// <param name="channels">Output channels.</param>
    /// <param name="bias">Start of the sums. Shape [channels].</param>
    /// <param name="floor">0 for ReLU, -infinity for none.</param>
    /// <param name="input">First row and column under the kernel; the stride is 1.</param>
    /// <param name="rowStride">Floats between rows of the input.</param>
    /// <param name="rows">Rows of windows.</param>
    /// <param name="windows">Windows of a row.</param>
    /// <param name="output">Channel o, row r, window x at o * outputChannel + r * outputRow + x * outputStep.</param>
    /// <param name="outputChannel">Floats between channels of the output.</param>
    /// <param name="outputRow">Floats between its rows.</param>
    /// <param name="outputStep">Floats between its windows.</param>
    /// <param name="positions">Receives row * 2 + column of each maximum; null when no gradient will be wanted. Shape [channels, rows, windows, 16].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(
        float* values,
        int* offsets,
        int* starts,
        int channels,
        float* bias,
        float floor,
        float* input,
        int rowStride,
        int rows,
        int windows,
        float* output,
        int outputChannel,
        int outputRow,
        int outputStep,
        byte* positions)
    {
        var bound = Vector256.Create(floor);
        var noted = positions is not null;
        for (var row = 0; row < rows; row++)
        {
            for (var channel = 0; channel < channels; channel++)
            {
                var first = starts[channel];
                var end = starts[channel + 1];
                var y = output + ((long)channel * outputChannel) + (row * outputRow);
                var places = noted ? positions + ((((long)channel * rows) + row) * windows * Lanes.Width) : null;
                if (first == end)
                {
                    Pooling.Fill(bias[channel], floor, windows, y, outputStep, places);
                    continue;
                }

                var start = Vector256.Create(bias[channel]);
                var source = input + (row * 2 * rowStride);
                for (var window = 0; window < windows; window++)
                {
                    var s00 = start;
                    var s01 = start;
                    var s10 = start;
                    var s11 = start;
                    var s20 = start;
                    var s21 = start;
                    var s30 = start;
                    var s31 = start;
                    for (var k = first; k < end; k++)
                    {
                        var x = source + offsets[k];
                        var x1 = x + rowStride;
                        var weight = Vector256.Create(values[k]);
                        s00 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x), s00);
                        s01 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 8), s01);
                        s10 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 16), s10);
                        s11 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 24), s11);
                        s20 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x1), s20);
                        s21 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x1 + 8), s21);
                        s30 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x1 + 16), s30);
                        s31 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x1 + 24), s31);
                    }

                    Avx2Tiles.Maximum(s00, s01, s10, s11, s20, s21, s30, s31, bound, y, places);
                    source += 2 * Lanes.Width;
                    y += outputStep;
                    places = noted ? places + Lanes.Width : null;
                }
            }
        }
    }

    /// <summary>
    /// One band of windows of all channels: the gradients that a ReLU lets through, side by side, which is what <see cref="Scatter"/> reads. Each
    /// channel's sum grows by them.
    /// </summary>
    /// <param name="gradient">Gradient of the pooled values; channel o, window x at o * channelStride + x * step.</param>
    /// <param name="output">The pooled values, same strides.</param>
    /// <param name="channelStride">Floats between channels.</param>
    /// <param name="step">Floats between windows.</param>
    /// <param name="gated">Whether there is a ReLU.</param>
    /// <param name="channels">Number of channels.</param>
    /// <param name="windows">Windows of the band.</param>
    /// <param name="result">Receives the gradients; channel o, window x at o * resultStride + x * 16.</param>
    /// <param name="resultStride">Floats between channels of the result.</param>
    /// <param name="sums">The sums of the gradient so far; the bias gradients. Shape [channels, 16].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gate(
        float* gradient, float* output, int channelStride, int step, bool gated, int channels, int windows, float* result, int resultStride, float* sums)
    {
        for (var channel = 0; channel < channels; channel++)
        {
            var lower = Vector256.Load(sums);
            var upper = Vector256.Load(sums + Half);
            for (var window = 0; window < windows; window++)
            {
                var place = window * step;
                var v0 = Gated(gradient + place, output + place, gated);
                lower += v0;
                v0.Store(result + (window * Lanes.Width));
                var v1 = Gated(gradient + place + Half, output + place + Half, gated);
                upper += v1;
                v1.Store(result + (window * Lanes.Width) + Half);
            }

            lower.Store(sums);
            upper.Store(sums + Half);
            gradient += channelStride;
            output += channelStride;
            result += resultStride;
            sums += Lanes.Width;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Gated(float* gradient, float* output, bool gated)
    {
        var value = Vector256.Load(gradient);
        return gated ? value & Vector256.GreaterThan(Vector256.Load(output), Vector256<float>.Zero) : value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> At(Vector256<float> gradient, Vector256<int> positions, Vector256<int> position) =>
        gradient & Vector256.Equals(positions, position).AsSingle();
}
