using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SparseCore.Cpu.Kernels;

/// <summary>
/// <see cref="SparseConvolution"/> for machines with 16 registers of 256 bits: each kernel takes the two halves of a vector of 16 examples one after the
/// other, and fewer columns at a time where its operands would not fit. Every lane sees the same operations in the same order, so the bits are the same.
/// </summary>
internal static unsafe class NarrowConvolution
{
    private const int Half = Lanes.Width / 2;

    /// <summary>
    /// All rows and channels of a pooled convolution, as <see cref="SparseConvolution.ForwardPooled"/> gives them one by one: one window lives in 8 registers.
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
    public static void ForwardPooled(
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

                    NarrowTiles.Maximum(s00, s01, s10, s11, s20, s21, s30, s31, bound, y, places);
                    source += 2 * Lanes.Width;
                    y += outputStep;
                    places = noted ? places + Lanes.Width : null;
                }
            }
        }
    }

    /// <summary>
    /// One band of windows of all channels: the gradients that a ReLU lets through, side by side, which is what <see cref="ScatterPooled"/> reads. Each
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
    public static void GatePooled(
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

    /// <summary>
    /// The gradients of all bands of 2x2 windows against the weights of one input channel, weight after weight. The weights come in the order (output
    /// channel, kernel position downwards), so that every input gradient receives its terms in the order of <see cref="SparseConvolution.BackwardPooled"/>; the channel's
    /// inputs and their gradients stay in the first-level cache meanwhile.
    /// </summary>
    /// <param name="values">Active weights. Shape [active].</param>
    /// <param name="order">Which of them comes when. Shape [count].</param>
    /// <param name="gradientOffsets">Output channel of each weight, times bands * windows * 16. Shape [count].</param>
    /// <param name="inputOffsets">Floats from <paramref name="input"/> to the value the weight meets at the first column. Shape [count].</param>
    /// <param name="count">Number of weights.</param>
    /// <param name="gradient">From <see cref="GatePooled"/>. Shape [output channels, bands, windows, 16].</param>
    /// <param name="positions">From the forward pass. Same shape.</param>
    /// <param name="bands">Rows of windows.</param>
    /// <param name="windows">Windows of a row.</param>
    /// <param name="input">First row and column; the stride is 1.</param>
    /// <param name="inputGradient">Same place in the gradient of the input.</param>
    /// <param name="rowStride">Floats between rows of the input.</param>
    /// <param name="sums">Weight gradients in 16 lanes, of the first rows of the windows and then of the second rows. Shape [2, active, 16].</param>
    /// <param name="chainStride">Floats between the two.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScatterPooled(
        float* values,
        int* order,
        int* gradientOffsets,
        int* inputOffsets,
        int count,
        float* gradient,
        byte* positions,
        int bands,
        int windows,
        float* input,
        float* inputGradient,
        int rowStride,
        float* sums,
        long chainStride)
    {
        var one = Vector256<int>.One;
        var two = Vector256.Create(2);
        var three = Vector256.Create(3);
        for (var band = 0; band < bands; band++)
        {
            for (var k = 0; k < count; k++)
            {
                var weight = Vector256.Create(values[order[k]]);
                var total = sums + ((long)order[k] * Lanes.Width);
                var v = gradient + gradientOffsets[k];
                var p = positions + gradientOffsets[k];
                var x = input + inputOffsets[k];
                var dx = inputGradient + inputOffsets[k];
                var lower0 = Vector256.Load(total);
                var upper0 = Vector256.Load(total + Half);
                var lower1 = Vector256.Load(total + chainStride);
                var upper1 = Vector256.Load(total + chainStride + Half);
                for (var window = windows; window > 0; window--)
                {
                    var value = Vector256.Load(v);
                    var position = Avx2.ConvertToVector256Int32(p);
                    var d = At(value, position, Vector256<int>.Zero);
                    lower0 = Vector256.FusedMultiplyAdd(d, Vector256.Load(x), lower0);
                    Vector256.FusedMultiplyAdd(weight, d, Vector256.Load(dx)).Store(dx);
                    d = At(value, position, one);
                    lower0 = Vector256.FusedMultiplyAdd(d, Vector256.Load(x + 16), lower0);
                    Vector256.FusedMultiplyAdd(weight, d, Vector256.Load(dx + 16)).Store(dx + 16);
                    d = At(value, position, two);
                    lower1 = Vector256.FusedMultiplyAdd(d, Vector256.Load(x + rowStride), lower1);
                    Vector256.FusedMultiplyAdd(weight, d, Vector256.Load(dx + rowStride)).Store(dx + rowStride);
                    d = At(value, position, three);
                    lower1 = Vector256.FusedMultiplyAdd(d, Vector256.Load(x + rowStride + 16), lower1);
                    Vector256.FusedMultiplyAdd(weight, d, Vector256.Load(dx + rowStride + 16)).Store(dx + rowStride + 16);
                    value = Vector256.Load(v + Half);
                    position = Avx2.ConvertToVector256Int32(p + Half);
                    d = At(value, position, Vector256<int>.Zero);
                    upper0 = Vector256.FusedMultiplyAdd(d, Vector256.Load(x + 8), upper0);
                    Vector256.FusedMultiplyAdd(weight, d, Vector256.Load(dx + 8)).Store(dx + 8);
                    d = At(value, position, one);
                    upper0 = Vector256.FusedMultiplyAdd(d, Vector256.Load(x + 24), upper0);
                    Vector256.FusedMultiplyAdd(weight, d, Vector256.Load(dx + 24)).Store(dx + 24);
                    d = At(value, position, two);
                    upper1 = Vector256.FusedMultiplyAdd(d, Vector256.Load(x + rowStride + 8), upper1);
                    Vector256.FusedMultiplyAdd(weight, d, Vector256.Load(dx + rowStride + 8)).Store(dx + rowStride + 8);
                    d = At(value, position, three);
                    upper1 = Vector256.FusedMultiplyAdd(d, Vector256.Load(x + rowStride + 24), upper1);
                    Vector256.FusedMultiplyAdd(weight, d, Vector256.Load(dx + rowStride + 24)).Store(dx + rowStride + 24);
                    v += Lanes.Width;
                    p += Lanes.Width;
                    x += 2 * Lanes.Width;
                    dx += 2 * Lanes.Width;
                }

                lower0.Store(total);
                upper0.Store(total + Half);
                lower1.Store(total + chainStride);
                upper1.Store(total + chainStride + Half);
            }

            gradient += windows * Lanes.Width;
            positions += windows * Lanes.Width;
            input += 2 * rowStride;
            inputGradient += 2 * rowStride;
        }
    }

    /// <summary>
    /// The weight gradients of one band of 2x2 windows without the input gradient, as <see cref="SparseConvolution.WeightGradientPooled"/> gives them; two
    /// weights of a channel share what becomes of its gradients.
    /// </summary>
    /// <param name="offsets">Floats from <paramref name="input"/> to the value each weight meets at the first column. Shape [active].</param>
    /// <param name="starts">First weight of every output channel. Shape [channels + 1].</param>
    /// <param name="channels">Output channels.</param>
    /// <param name="gradient">From <see cref="GatePooled"/>. Shape [channels, windows, 16].</param>
    /// <param name="positions">From the forward pass.</param>
    /// <param name="positionStride">Bytes between channels.</param>
    /// <param name="windows">Windows of the band.</param>
    /// <param name="input">First row and column; the stride is 1.</param>
    /// <param name="rowStride">Floats between rows of the input.</param>
    /// <param name="sums">Weight gradients in 16 lanes, of the first rows of the windows and then of the second rows. Shape [2, active, 16].</param>
    /// <param name="chainStride">Floats between the two.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void WeightGradientsPooled(
        int* offsets,
        int* starts,
        int channels,
        float* gradient,
        byte* positions,
        int positionStride,
        int windows,
        float* input,
        int rowStride,
        float* sums,
        long chainStride)
    {
        var one = Vector256<int>.One;
        var two = Vector256.Create(2);
        var three = Vector256.Create(3);
        for (var channel = 0; channel < channels; channel++)
        {
            var k = starts[channel];
            for (; k + 2 <= starts[channel + 1]; k += 2)
            {
                var total = sums + ((long)k * Lanes.Width);
                var v = gradient;
                var p = positions;
                var xa = input + offsets[k];
                var xb = input + offsets[k + 1];
                var lower0a = Vector256.Load(total);
                var upper0a = Vector256.Load(total + Half);
                var lower0b = Vector256.Load(total + 16);
                var upper0b = Vector256.Load(total + 24);
                var lower1a = Vector256.Load(total + chainStride);
                var upper1a = Vector256.Load(total + chainStride + Half);
                var lower1b = Vector256.Load(total + chainStride + 16);
                var upper1b = Vector256.Load(total + chainStride + 24);
                for (var window = windows; window > 0; window--)
                {
                    var value = Vector256.Load(v);
                    var position = Avx2.ConvertToVector256Int32(p);
                    var d = At(value, position, Vector256<int>.Zero);
                    lower0a = Vector256.FusedMultiplyAdd(d, Vector256.Load(xa), lower0a);
                    lower0b = Vector256.FusedMultiplyAdd(d, Vector256.Load(xb), lower0b);
                    d = At(value, position, one);
                    lower0a = Vector256.FusedMultiplyAdd(d, Vector256.Load(xa + 16), lower0a);
                    lower0b = Vector256.FusedMultiplyAdd(d, Vector256.Load(xb + 16), lower0b);
                    d = At(value, position, two);
                    lower1a = Vector256.FusedMultiplyAdd(d, Vector256.Load(xa + rowStride), lower1a);
                    lower1b = Vector256.FusedMultiplyAdd(d, Vector256.Load(xb + rowStride), lower1b);
                    d = At(value, position, three);
                    lower1a = Vector256.FusedMultiplyAdd(d, Vector256.Load(xa + rowStride + 16), lower1a);
                    lower1b = Vector256.FusedMultiplyAdd(d, Vector256.Load(xb + rowStride + 16), lower1b);
                    value = Vector256.Load(v + Half);
                    position = Avx2.ConvertToVector256Int32(p + Half);
                    d = At(value, position, Vector256<int>.Zero);
                    upper0a = Vector256.FusedMultiplyAdd(d, Vector256.Load(xa + 8), upper0a);
                    upper0b = Vector256.FusedMultiplyAdd(d, Vector256.Load(xb + 8), upper0b);
                    d = At(value, position, one);
                    upper0a = Vector256.FusedMultiplyAdd(d, Vector256.Load(xa + 24), upper0a);
                    upper0b = Vector256.FusedMultiplyAdd(d, Vector256.Load(xb + 24), upper0b);
                    d = At(value, position, two);
                    upper1a = Vector256.FusedMultiplyAdd(d, Vector256.Load(xa + rowStride + 8), upper1a);
                    upper1b = Vector256.FusedMultiplyAdd(d, Vector256.Load(xb + rowStride + 8), upper1b);
                    d = At(value, position, three);
                    upper1a = Vector256.FusedMultiplyAdd(d, Vector256.Load(xa + rowStride + 24), upper1a);
                    upper1b = Vector256.FusedMultiplyAdd(d, Vector256.Load(xb + rowStride + 24), upper1b);
                    v += Lanes.Width;
                    p += Lanes.Width;
                    xa += 2 * Lanes.Width;
                    xb += 2 * Lanes.Width;
                }

                lower0a.Store(total);
                upper0a.Store(total + Half);
                lower0b.Store(total + 16);
                upper0b.Store(total + 24);
                lower1a.Store(total + chainStride);
                upper1a.Store(total + chainStride + Half);
                lower1b.Store(total + chainStride + 16);
                upper1b.Store(total + chainStride + 24);
            }

            if (k < starts[channel + 1])
            {
                var total = sums + ((long)k * Lanes.Width);
                var v = gradient;
                var p = positions;
                var xa = input + offsets[k];
                var lower0a = Vector256.Load(total);
                var upper0a = Vector256.Load(total + Half);
                var lower1a = Vector256.Load(total + chainStride);
                var upper1a = Vector256.Load(total + chainStride + Half);
                for (var window = windows; window > 0; window--)
                {
                    var value = Vector256.Load(v);
                    var position = Avx2.ConvertToVector256Int32(p);
                    var d = At(value, position, Vector256<int>.Zero);
                    lower0a = Vector256.FusedMultiplyAdd(d, Vector256.Load(xa), lower0a);
                    d = At(value, position, one);
                    lower0a = Vector256.FusedMultiplyAdd(d, Vector256.Load(xa + 16), lower0a);
                    d = At(value, position, two);
                    lower1a = Vector256.FusedMultiplyAdd(d, Vector256.Load(xa + rowStride), lower1a);
                    d = At(value, position, three);
                    lower1a = Vector256.FusedMultiplyAdd(d, Vector256.Load(xa + rowStride + 16), lower1a);
                    value = Vector256.Load(v + Half);
                    position = Avx2.ConvertToVector256Int32(p + Half);
                    d = At(value, position, Vector256<int>.Zero);
                    upper0a = Vector256.FusedMultiplyAdd(d, Vector256.Load(xa + 8), upper0a);
                    d = At(value, position, one);
                    upper0a = Vector256.FusedMultiplyAdd(d, Vector256.Load(xa + 24), upper0a);
                    d = At(value, position, two);
                    upper1a = Vector256.FusedMultiplyAdd(d, Vector256.Load(xa + rowStride + 8), upper1a);
                    d = At(value, position, three);
                    upper1a = Vector256.FusedMultiplyAdd(d, Vector256.Load(xa + rowStride + 24), upper1a);
                    v += Lanes.Width;
                    p += Lanes.Width;
                    xa += 2 * Lanes.Width;
                }

                lower0a.Store(total);
                upper0a.Store(total + Half);
                lower1a.Store(total + chainStride);
                upper1a.Store(total + chainStride + Half);
            }

            gradient += windows * Lanes.Width;
            positions += positionStride;
        }
    }

    /// <summary>Eight columns of a row whose inputs are 16 floats apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward8(float* values, int* offsets, int count, float* input, float bias, float floor, float* output, int outputStep)
    {
        var bound = Vector256.Create(floor);
        for (var half = 0; half < Lanes.Width; half += Half)
        {
            var source = input + half;
            var y = output + half;
            var sum0 = Vector256.Create(bias);
            var sum1 = sum0;
            var sum2 = sum0;
            var sum3 = sum0;
            var sum4 = sum0;
            var sum5 = sum0;
            var sum6 = sum0;
            var sum7 = sum0;
            for (var k = 0; k < count; k++)
            {
                var x = source + offsets[k];
                var weight = Vector256.Create(values[k]);
                sum0 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x), sum0);
                sum1 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 16), sum1);
                sum2 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 32), sum2);
                sum3 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 48), sum3);
                sum4 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 64), sum4);
                sum5 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 80), sum5);
                sum6 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 96), sum6);
                sum7 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 112), sum7);
            }

            NarrowTiles.Bounded(sum0, bound).Store(y);
            NarrowTiles.Bounded(sum1, bound).Store(y + outputStep);
            NarrowTiles.Bounded(sum2, bound).Store(y + (2 * outputStep));
            NarrowTiles.Bounded(sum3, bound).Store(y + (3 * outputStep));
            NarrowTiles.Bounded(sum4, bound).Store(y + (4 * outputStep));
            NarrowTiles.Bounded(sum5, bound).Store(y + (5 * outputStep));
            NarrowTiles.Bounded(sum6, bound).Store(y + (6 * outputStep));
            NarrowTiles.Bounded(sum7, bound).Store(y + (7 * outputStep));
        }
    }

    /// <summary>Seven columns of <see cref="SparseConvolution.ContinueRow"/>, both halves together: every line that is read is used whole.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Continue7(
        float* values, int* offsets, int count, float* input, float* start, int startStep, float floor, float* output, int outputStep, bool streamed)
    {
        var low0 = Vector256.Load(start);
        var high0 = Vector256.Load(start + Half);
        var low1 = Vector256.Load(start + startStep);
        var high1 = Vector256.Load(start + startStep + Half);
        var low2 = Vector256.Load(start + (2 * startStep));
        var high2 = Vector256.Load(start + (2 * startStep) + Half);
        var low3 = Vector256.Load(start + (3 * startStep));
        var high3 = Vector256.Load(start + (3 * startStep) + Half);
        var low4 = Vector256.Load(start + (4 * startStep));
        var high4 = Vector256.Load(start + (4 * startStep) + Half);
        var low5 = Vector256.Load(start + (5 * startStep));
        var high5 = Vector256.Load(start + (5 * startStep) + Half);
        var low6 = Vector256.Load(start + (6 * startStep));
        var high6 = Vector256.Load(start + (6 * startStep) + Half);
        for (var k = 0; k < count; k++)
        {
            var x = input + offsets[k];
            var weight = Vector256.Create(values[k]);
            low0 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x), low0);
            high0 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 8), high0);
            low1 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 16), low1);
            high1 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 24), high1);
            low2 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 32), low2);
            high2 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 40), high2);
            low3 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 48), low3);
            high3 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 56), high3);
            low4 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 64), low4);
            high4 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 72), high4);
            low5 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 80), low5);
            high5 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 88), high5);
            low6 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 96), low6);
            high6 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 104), high6);
        }

        var bound = Vector256.Create(floor);
        Lanes.Store(NarrowTiles.Bounded(low0, bound), output, streamed);
        Lanes.Store(NarrowTiles.Bounded(high0, bound), output + Half, streamed);
        Lanes.Store(NarrowTiles.Bounded(low1, bound), output + outputStep, streamed);
        Lanes.Store(NarrowTiles.Bounded(high1, bound), output + outputStep + Half, streamed);
        Lanes.Store(NarrowTiles.Bounded(low2, bound), output + (2 * outputStep), streamed);
        Lanes.Store(NarrowTiles.Bounded(high2, bound), output + (2 * outputStep) + Half, streamed);
        Lanes.Store(NarrowTiles.Bounded(low3, bound), output + (3 * outputStep), streamed);
        Lanes.Store(NarrowTiles.Bounded(high3, bound), output + (3 * outputStep) + Half, streamed);
        Lanes.Store(NarrowTiles.Bounded(low4, bound), output + (4 * outputStep), streamed);
        Lanes.Store(NarrowTiles.Bounded(high4, bound), output + (4 * outputStep) + Half, streamed);
        Lanes.Store(NarrowTiles.Bounded(low5, bound), output + (5 * outputStep), streamed);
        Lanes.Store(NarrowTiles.Bounded(high5, bound), output + (5 * outputStep) + Half, streamed);
        Lanes.Store(NarrowTiles.Bounded(low6, bound), output + (6 * outputStep), streamed);
        Lanes.Store(NarrowTiles.Bounded(high6, bound), output + (6 * outputStep) + Half, streamed);
    }

    /// <summary>Four columns of <see cref="SparseConvolution.ContinueRow"/>, both halves together: every line that is read is used whole.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Continue4(
        float* values, int* offsets, int count, float* input, float* start, int startStep, float floor, float* output, int outputStep, bool streamed)
    {
        var low0 = Vector256.Load(start);
        var high0 = Vector256.Load(start + Half);
        var low1 = Vector256.Load(start + startStep);
        var high1 = Vector256.Load(start + startStep + Half);
        var low2 = Vector256.Load(start + (2 * startStep));
        var high2 = Vector256.Load(start + (2 * startStep) + Half);
        var low3 = Vector256.Load(start + (3 * startStep));
        var high3 = Vector256.Load(start + (3 * startStep) + Half);
        for (var k = 0; k < count; k++)
        {
            var x = input + offsets[k];
            var weight = Vector256.Create(values[k]);
            low0 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x), low0);
            high0 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 8), high0);
            low1 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 16), low1);
            high1 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 24), high1);
            low2 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 32), low2);
            high2 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 40), high2);
            low3 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 48), low3);
            high3 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x + 56), high3);
        }

        var bound = Vector256.Create(floor);
        Lanes.Store(NarrowTiles.Bounded(low0, bound), output, streamed);
        Lanes.Store(NarrowTiles.Bounded(high0, bound), output + Half, streamed);
        Lanes.Store(NarrowTiles.Bounded(low1, bound), output + outputStep, streamed);
        Lanes.Store(NarrowTiles.Bounded(high1, bound), output + outputStep + Half, streamed);
        Lanes.Store(NarrowTiles.Bounded(low2, bound), output + (2 * outputStep), streamed);
        Lanes.Store(NarrowTiles.Bounded(high2, bound), output + (2 * outputStep) + Half, streamed);
        Lanes.Store(NarrowTiles.Bounded(low3, bound), output + (3 * outputStep), streamed);
        Lanes.Store(NarrowTiles.Bounded(high3, bound), output + (3 * outputStep) + Half, streamed);
    }

    /// <summary>Four columns of <see cref="SparseConvolution.GatherRow"/>, both halves together.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gather4(float* values, int* offsets, int count, float* gradient, float* input, float* inputGradient, bool first, float* sums)
    {
        var low0 = first ? Vector256<float>.Zero : Vector256.Load(inputGradient);
        var high0 = first ? Vector256<float>.Zero : Vector256.Load(inputGradient + 8);
        var low1 = first ? Vector256<float>.Zero : Vector256.Load(inputGradient + 16);
        var high1 = first ? Vector256<float>.Zero : Vector256.Load(inputGradient + 24);
        var low2 = first ? Vector256<float>.Zero : Vector256.Load(inputGradient + 32);
        var high2 = first ? Vector256<float>.Zero : Vector256.Load(inputGradient + 40);
        var low3 = first ? Vector256<float>.Zero : Vector256.Load(inputGradient + 48);
        var high3 = first ? Vector256<float>.Zero : Vector256.Load(inputGradient + 56);
        for (var k = 0; k < count; k++)
        {
            var d = gradient + offsets[k];
            var weight = Vector256.Create(values[k]);
            var total = sums + ((long)k * Lanes.Width);
            var lowSum = Vector256.Load(total);
            var highSum = Vector256.Load(total + Half);
            var lowGradient0 = Vector256.Load(d);
            low0 = Vector256.FusedMultiplyAdd(weight, lowGradient0, low0);
            lowSum = Vector256.FusedMultiplyAdd(lowGradient0, Vector256.Load(input), lowSum);
            var highGradient0 = Vector256.Load(d + 8);
            high0 = Vector256.FusedMultiplyAdd(weight, highGradient0, high0);
            highSum = Vector256.FusedMultiplyAdd(highGradient0, Vector256.Load(input + 8), highSum);
            var lowGradient1 = Vector256.Load(d + 16);
            low1 = Vector256.FusedMultiplyAdd(weight, lowGradient1, low1);
            lowSum = Vector256.FusedMultiplyAdd(lowGradient1, Vector256.Load(input + 16), lowSum);
            var highGradient1 = Vector256.Load(d + 24);
            high1 = Vector256.FusedMultiplyAdd(weight, highGradient1, high1);
            highSum = Vector256.FusedMultiplyAdd(highGradient1, Vector256.Load(input + 24), highSum);
            var lowGradient2 = Vector256.Load(d + 32);
            low2 = Vector256.FusedMultiplyAdd(weight, lowGradient2, low2);
            lowSum = Vector256.FusedMultiplyAdd(lowGradient2, Vector256.Load(input + 32), lowSum);
            var highGradient2 = Vector256.Load(d + 40);
            high2 = Vector256.FusedMultiplyAdd(weight, highGradient2, high2);
            highSum = Vector256.FusedMultiplyAdd(highGradient2, Vector256.Load(input + 40), highSum);
            var lowGradient3 = Vector256.Load(d + 48);
            low3 = Vector256.FusedMultiplyAdd(weight, lowGradient3, low3);
            lowSum = Vector256.FusedMultiplyAdd(lowGradient3, Vector256.Load(input + 48), lowSum);
            var highGradient3 = Vector256.Load(d + 56);
            high3 = Vector256.FusedMultiplyAdd(weight, highGradient3, high3);
            highSum = Vector256.FusedMultiplyAdd(highGradient3, Vector256.Load(input + 56), highSum);
            lowSum.Store(total);
            highSum.Store(total + Half);
        }

        low0.Store(inputGradient);
        high0.Store(inputGradient + 8);
        low1.Store(inputGradient + 16);
        high1.Store(inputGradient + 24);
        low2.Store(inputGradient + 32);
        high2.Store(inputGradient + 40);
        low3.Store(inputGradient + 48);
        high3.Store(inputGradient + 56);
    }

    /// <summary>Eight columns of <see cref="SparseConvolution.GatherRow"/>; 4 inputs stay in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gather8(float* values, int* offsets, int count, float* gradient, float* input, float* inputGradient, bool first, float* sums)
    {
        for (var half = 0; half < Lanes.Width; half += Half)
        {
            var source = gradient + half;
            var x = input + half;
            var target = inputGradient + half;
            var total = sums + half;
            var x0 = Vector256.Load(x);
            var x1 = Vector256.Load(x + 16);
            var x2 = Vector256.Load(x + 32);
            var x3 = Vector256.Load(x + 48);
            var dx0 = first ? Vector256<float>.Zero : Vector256.Load(target);
            var dx1 = first ? Vector256<float>.Zero : Vector256.Load(target + 16);
            var dx2 = first ? Vector256<float>.Zero : Vector256.Load(target + 32);
            var dx3 = first ? Vector256<float>.Zero : Vector256.Load(target + 48);
            var dx4 = first ? Vector256<float>.Zero : Vector256.Load(target + 64);
            var dx5 = first ? Vector256<float>.Zero : Vector256.Load(target + 80);
            var dx6 = first ? Vector256<float>.Zero : Vector256.Load(target + 96);
            var dx7 = first ? Vector256<float>.Zero : Vector256.Load(target + 112);
            for (var k = 0; k < count; k++)
            {
                var d = source + offsets[k];
                var weight = Vector256.Create(values[k]);
                var sum = Vector256.Load(total + ((long)k * Lanes.Width));
                var d0 = Vector256.Load(d);
                dx0 = Vector256.FusedMultiplyAdd(weight, d0, dx0);
                sum = Vector256.FusedMultiplyAdd(d0, x0, sum);
                var d1 = Vector256.Load(d + 16);
                dx1 = Vector256.FusedMultiplyAdd(weight, d1, dx1);
                sum = Vector256.FusedMultiplyAdd(d1, x1, sum);
                var d2 = Vector256.Load(d + 32);
                dx2 = Vector256.FusedMultiplyAdd(weight, d2, dx2);
                sum = Vector256.FusedMultiplyAdd(d2, x2, sum);
                var d3 = Vector256.Load(d + 48);
                dx3 = Vector256.FusedMultiplyAdd(weight, d3, dx3);
                sum = Vector256.FusedMultiplyAdd(d3, x3, sum);
                var d4 = Vector256.Load(d + 64);
                dx4 = Vector256.FusedMultiplyAdd(weight, d4, dx4);
                sum = Vector256.FusedMultiplyAdd(d4, Vector256.Load(x + 64), sum);
                var d5 = Vector256.Load(d + 80);
                dx5 = Vector256.FusedMultiplyAdd(weight, d5, dx5);
                sum = Vector256.FusedMultiplyAdd(d5, Vector256.Load(x + 80), sum);
                var d6 = Vector256.Load(d + 96);
                dx6 = Vector256.FusedMultiplyAdd(weight, d6, dx6);
                sum = Vector256.FusedMultiplyAdd(d6, Vector256.Load(x + 96), sum);
                var d7 = Vector256.Load(d + 112);
                dx7 = Vector256.FusedMultiplyAdd(weight, d7, dx7);
                sum = Vector256.FusedMultiplyAdd(d7, Vector256.Load(x + 112), sum);
                sum.Store(total + ((long)k * Lanes.Width));
            }

            dx0.Store(target);
            dx1.Store(target + 16);
            dx2.Store(target + 32);
            dx3.Store(target + 48);
            dx4.Store(target + 64);
            dx5.Store(target + 80);
            dx6.Store(target + 96);
            dx7.Store(target + 112);
        }
    }

    /// <summary>Seven columns of <see cref="SparseConvolution.GatherRow"/>; 5 inputs stay in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gather7(float* values, int* offsets, int count, float* gradient, float* input, float* inputGradient, bool first, float* sums)
    {
        for (var half = 0; half < Lanes.Width; half += Half)
        {
            var source = gradient + half;
            var x = input + half;
            var target = inputGradient + half;
            var total = sums + half;
            var x0 = Vector256.Load(x);
            var x1 = Vector256.Load(x + 16);
            var x2 = Vector256.Load(x + 32);
            var x3 = Vector256.Load(x + 48);
            var x4 = Vector256.Load(x + 64);
            var dx0 = first ? Vector256<float>.Zero : Vector256.Load(target);
            var dx1 = first ? Vector256<float>.Zero : Vector256.Load(target + 16);
            var dx2 = first ? Vector256<float>.Zero : Vector256.Load(target + 32);
            var dx3 = first ? Vector256<float>.Zero : Vector256.Load(target + 48);
            var dx4 = first ? Vector256<float>.Zero : Vector256.Load(target + 64);
            var dx5 = first ? Vector256<float>.Zero : Vector256.Load(target + 80);
            var dx6 = first ? Vector256<float>.Zero : Vector256.Load(target + 96);
            for (var k = 0; k < count; k++)
            {
                var d = source + offsets[k];
                var weight = Vector256.Create(values[k]);
                var sum = Vector256.Load(total + ((long)k * Lanes.Width));
                var d0 = Vector256.Load(d);
                dx0 = Vector256.FusedMultiplyAdd(weight, d0, dx0);
                sum = Vector256.FusedMultiplyAdd(d0, x0, sum);
                var d1 = Vector256.Load(d + 16);
                dx1 = Vector256.FusedMultiplyAdd(weight, d1, dx1);
                sum = Vector256.FusedMultiplyAdd(d1, x1, sum);
                var d2 = Vector256.Load(d + 32);
                dx2 = Vector256.FusedMultiplyAdd(weight, d2, dx2);
                sum = Vector256.FusedMultiplyAdd(d2, x2, sum);
                var d3 = Vector256.Load(d + 48);
                dx3 = Vector256.FusedMultiplyAdd(weight, d3, dx3);
                sum = Vector256.FusedMultiplyAdd(d3, x3, sum);
                var d4 = Vector256.Load(d + 64);
                dx4 = Vector256.FusedMultiplyAdd(weight, d4, dx4);
                sum = Vector256.FusedMultiplyAdd(d4, x4, sum);
                var d5 = Vector256.Load(d + 80);
                dx5 = Vector256.FusedMultiplyAdd(weight, d5, dx5);
                sum = Vector256.FusedMultiplyAdd(d5, Vector256.Load(x + 80), sum);
                var d6 = Vector256.Load(d + 96);
                dx6 = Vector256.FusedMultiplyAdd(weight, d6, dx6);
                sum = Vector256.FusedMultiplyAdd(d6, Vector256.Load(x + 96), sum);
                sum.Store(total + ((long)k * Lanes.Width));
            }

            dx0.Store(target);
            dx1.Store(target + 16);
            dx2.Store(target + 32);
            dx3.Store(target + 48);
            dx4.Store(target + 64);
            dx5.Store(target + 80);
            dx6.Store(target + 96);
        }
    }

    /// <summary>Eight columns of <see cref="SparseConvolution.BackwardRow"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward8(float* values, int* offsets, int count, float* gradient, float* input, float* inputGradient, float* sums)
    {
        for (var half = 0; half < Lanes.Width; half += Half)
        {
            var d = gradient + half;
            var source = input + half;
            var target = inputGradient + half;
            var total = sums + half;
            var d0 = Vector256.Load(d);
            var d1 = Vector256.Load(d + 16);
            var d2 = Vector256.Load(d + 32);
            var d3 = Vector256.Load(d + 48);
            var d4 = Vector256.Load(d + 64);
            var d5 = Vector256.Load(d + 80);
            var d6 = Vector256.Load(d + 96);
            var d7 = Vector256.Load(d + 112);
            for (var k = count - 1; k >= 0; k--)
            {
                var x = source + offsets[k];
                var dx = target + offsets[k];
                var weight = Vector256.Create(values[k]);
                var sum = Vector256.Load(total + (k * Lanes.Width));
                Vector256.FusedMultiplyAdd(weight, d0, Vector256.Load(dx)).Store(dx);
                sum = Vector256.FusedMultiplyAdd(d0, Vector256.Load(x), sum);
                Vector256.FusedMultiplyAdd(weight, d1, Vector256.Load(dx + 16)).Store(dx + 16);
                sum = Vector256.FusedMultiplyAdd(d1, Vector256.Load(x + 16), sum);
                Vector256.FusedMultiplyAdd(weight, d2, Vector256.Load(dx + 32)).Store(dx + 32);
                sum = Vector256.FusedMultiplyAdd(d2, Vector256.Load(x + 32), sum);
                Vector256.FusedMultiplyAdd(weight, d3, Vector256.Load(dx + 48)).Store(dx + 48);
                sum = Vector256.FusedMultiplyAdd(d3, Vector256.Load(x + 48), sum);
                Vector256.FusedMultiplyAdd(weight, d4, Vector256.Load(dx + 64)).Store(dx + 64);
                sum = Vector256.FusedMultiplyAdd(d4, Vector256.Load(x + 64), sum);
                Vector256.FusedMultiplyAdd(weight, d5, Vector256.Load(dx + 80)).Store(dx + 80);
                sum = Vector256.FusedMultiplyAdd(d5, Vector256.Load(x + 80), sum);
                Vector256.FusedMultiplyAdd(weight, d6, Vector256.Load(dx + 96)).Store(dx + 96);
                sum = Vector256.FusedMultiplyAdd(d6, Vector256.Load(x + 96), sum);
                Vector256.FusedMultiplyAdd(weight, d7, Vector256.Load(dx + 112)).Store(dx + 112);
                sum = Vector256.FusedMultiplyAdd(d7, Vector256.Load(x + 112), sum);
                sum.Store(total + (k * Lanes.Width));
            }
        }
    }

    /// <summary>The same without the input gradient.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void WeightGradient8(int* offsets, int count, float* gradient, float* input, float* sums)
    {
        for (var half = 0; half < Lanes.Width; half += Half)
        {
            var d = gradient + half;
            var source = input + half;
            var total = sums + half;
            var d0 = Vector256.Load(d);
            var d1 = Vector256.Load(d + 16);
            var d2 = Vector256.Load(d + 32);
            var d3 = Vector256.Load(d + 48);
            var d4 = Vector256.Load(d + 64);
            var d5 = Vector256.Load(d + 80);
            var d6 = Vector256.Load(d + 96);
            var d7 = Vector256.Load(d + 112);
            for (var k = count - 1; k >= 0; k--)
            {
                var x = source + offsets[k];
                var sum = Vector256.Load(total + (k * Lanes.Width));
                sum = Vector256.FusedMultiplyAdd(d0, Vector256.Load(x), sum);
                sum = Vector256.FusedMultiplyAdd(d1, Vector256.Load(x + 16), sum);
                sum = Vector256.FusedMultiplyAdd(d2, Vector256.Load(x + 32), sum);
                sum = Vector256.FusedMultiplyAdd(d3, Vector256.Load(x + 48), sum);
                sum = Vector256.FusedMultiplyAdd(d4, Vector256.Load(x + 64), sum);
                sum = Vector256.FusedMultiplyAdd(d5, Vector256.Load(x + 80), sum);
                sum = Vector256.FusedMultiplyAdd(d6, Vector256.Load(x + 96), sum);
                sum = Vector256.FusedMultiplyAdd(d7, Vector256.Load(x + 112), sum);
                sum.Store(total + (k * Lanes.Width));
            }
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
