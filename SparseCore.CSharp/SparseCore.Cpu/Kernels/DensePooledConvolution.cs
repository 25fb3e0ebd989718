using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SparseCore.Cpu.Kernels;

/// <summary>
/// A dense convolution with its ReLU and its 2x2 max-pool in one pass: three output channels x two windows live in 24 registers, the values before the pool are
/// never stored. The same bits as <see cref="DenseTiles.Listed"/> followed by <see cref="Pooling.Forward"/>.
/// </summary>
internal static unsafe class DensePooledConvolution
{
    /// <summary>Output channels of one call.</summary>
    public const int Outputs = 3;

    /// <summary>One row of windows of three output channels.</summary>
    /// <param name="weights">Shape [3, count].</param>
    /// <param name="offsets">Floats from <paramref name="input"/> to the input of each weight. Shape [count].</param>
    /// <param name="count">Weights of one output.</param>
    /// <param name="input">First row and column under the kernel; the stride is 1.</param>
    /// <param name="rowStride">Floats between rows of the input.</param>
    /// <param name="windows">Windows of the row, an even number.</param>
    /// <param name="bias">Shape [3].</param>
    /// <param name="floor">0 for ReLU, -infinity for none.</param>
    /// <param name="output">Channel o, window x at o * outputRow + x * outputStep.</param>
    /// <param name="outputRow">Floats between output channels.</param>
    /// <param name="outputStep">Floats between windows of the output.</param>
    /// <param name="positions">Receives row * 2 + column of each maximum, 16 bytes a window; null when no gradient will be wanted.</param>
    /// <param name="positionRow">Bytes between output channels.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(
        float* weights,
        int* offsets,
        int count,
        float* input,
        int rowStride,
        int windows,
        float* bias,
        float floor,
        float* output,
        int outputRow,
        int outputStep,
        byte* positions,
        int positionRow)
    {
        if (Lanes.UsesAvx2)
        {
            Avx2Tiles.Pooled(
                weights, offsets, count, input, rowStride, windows, bias, floor, output, outputRow, outputStep, positions, positionRow);
            return;
        }

        var noted = positions is not null;
        var weights1 = weights + count;
        var weights2 = weights1 + count;
        for (var window = 0; window < windows; window += 2)
        {
            var s000 = Vector512.Create(bias[0]);
            var s001 = s000;
            var s002 = s000;
            var s003 = s000;
            var s010 = s000;
            var s011 = s000;
            var s012 = s000;
            var s013 = s000;
            var s100 = Vector512.Create(bias[1]);
            var s101 = s100;
            var s102 = s100;
            var s103 = s100;
            var s110 = s100;
            var s111 = s100;
            var s112 = s100;
            var s113 = s100;
            var s200 = Vector512.Create(bias[2]);
            var s201 = s200;
            var s202 = s200;
            var s203 = s200;
            var s210 = s200;
            var s211 = s200;
            var s212 = s200;
            var s213 = s200;
            for (var k = 0; k < count; k++)
            {
                var x = input + offsets[k];
                var w0 = Vector512.Create(weights[k]);
                var w1 = Vector512.Create(weights1[k]);
                var w2 = Vector512.Create(weights2[k]);
                var x00 = Vector512.Load(x);
                s000 = Vector512.FusedMultiplyAdd(w0, x00, s000);
                s100 = Vector512.FusedMultiplyAdd(w1, x00, s100);
                s200 = Vector512.FusedMultiplyAdd(w2, x00, s200);
                var x01 = Vector512.Load(x + 16);
                s001 = Vector512.FusedMultiplyAdd(w0, x01, s001);
                s101 = Vector512.FusedMultiplyAdd(w1, x01, s101);
                s201 = Vector512.FusedMultiplyAdd(w2, x01, s201);
                var x02 = Vector512.Load(x + 32);
                s002 = Vector512.FusedMultiplyAdd(w0, x02, s002);
                s102 = Vector512.FusedMultiplyAdd(w1, x02, s102);
                s202 = Vector512.FusedMultiplyAdd(w2, x02, s202);
                var x03 = Vector512.Load(x + 48);
                s003 = Vector512.FusedMultiplyAdd(w0, x03, s003);
                s103 = Vector512.FusedMultiplyAdd(w1, x03, s103);
                s203 = Vector512.FusedMultiplyAdd(w2, x03, s203);
                x += rowStride;
                var x10 = Vector512.Load(x);
                s010 = Vector512.FusedMultiplyAdd(w0, x10, s010);
                s110 = Vector512.FusedMultiplyAdd(w1, x10, s110);
                s210 = Vector512.FusedMultiplyAdd(w2, x10, s210);
                var x11 = Vector512.Load(x + 16);
                s011 = Vector512.FusedMultiplyAdd(w0, x11, s011);
                s111 = Vector512.FusedMultiplyAdd(w1, x11, s111);
                s211 = Vector512.FusedMultiplyAdd(w2, x11, s211);
                var x12 = Vector512.Load(x + 32);
                s012 = Vector512.FusedMultiplyAdd(w0, x12, s012);
                s112 = Vector512.FusedMultiplyAdd(w1, x12, s112);
                s212 = Vector512.FusedMultiplyAdd(w2, x12, s212);
                var x13 = Vector512.Load(x + 48);
                s013 = Vector512.FusedMultiplyAdd(w0, x13, s013);
                s113 = Vector512.FusedMultiplyAdd(w1, x13, s113);
                s213 = Vector512.FusedMultiplyAdd(w2, x13, s213);
            }

            var bound = Vector512.Create(floor);
            Pooling.Maximum(s000, s001, s010, s011, bound, output, noted ? positions : null);
            Pooling.Maximum(s002, s003, s012, s013, bound, output + outputStep, noted ? positions + Lanes.Width : null);
            Pooling.Maximum(s100, s101, s110, s111, bound, output + outputRow, noted ? positions + positionRow : null);
            Pooling.Maximum(s102, s103, s112, s113, bound, output + outputRow + outputStep, noted ? positions + positionRow + Lanes.Width : null);
            Pooling.Maximum(s200, s201, s210, s211, bound, output + (2 * outputRow), noted ? positions + (2 * positionRow) : null);
            Pooling.Maximum(s202, s203, s212, s213, bound, output + (2 * outputRow) + outputStep, noted ? positions + (2 * positionRow) + Lanes.Width : null);
            input += 4 * Lanes.Width;
            output += 2 * outputStep;
            positions += 2 * Lanes.Width;
        }
    }
}
