using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using SparseCore.Cpu.Kernels;
using SparseCore.Randomness;

namespace SparseCore.Tests.Engine;

/// <summary>Kernels against double-precision loops at many lengths; NaN before and after every array, so that a stray read or write shows.</summary>
public sealed unsafe class KernelTests : IDisposable
{
    private const int Moat = 64;
    private readonly List<nint> blocks = [];
    private readonly RandomStream random = new(4, "kernels");

    public void Dispose()
    {
        foreach (var block in blocks)
        {
            NativeMemory.AlignedFree((void*)block);
        }
    }

    [Fact]
    public void SumEach_adds_chains_and_lanes_at_every_length()
    {
        for (var count = 0; count <= 130; count++)
        {
            var stride = (count * 16) + 32;
            var sums = Normal((2 * stride) - 32);
            new Span<float>(sums + (count * 16), 32).Fill(float.NaN);
            var found = Empty(count);
            Lanes.SumEach(sums, 2, stride, count, found);
            for (var index = 0; index < count; index++)
            {
                var expected = 0.0;
                for (var lane = 0; lane < 16; lane++)
                {
                    expected += (double)sums[(index * 16) + lane] + sums[stride + (index * 16) + lane];
                }

                Assert.Equal(expected, found[index], 1e-5);
            }

            AssertMoat(found, count);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(23)]
    public void Gathered_rows_at_every_width_are_those_of_the_double_loops(int count)
    {
        for (var columns = 1; columns <= 33; columns++)
        {
            for (var rows = 1; rows <= (columns == 7 ? 2 : 1); rows++)
            {
                for (var isFirst = 0; isFirst < 2; isFirst++)
                {
                    const int rowStride = 40 * 16;
                    var length = rows * columns * 16;
                    var gradient = Normal((rows * rowStride) + (count * 16));
                    var values = Normal(count);
                    var offsets = (int*)Empty(count);
                    for (var k = 0; k < count; k++)
                    {
                        offsets[k] = (count - 1 - k) * 16;
                    }

                    var input = Normal(length);
                    var start = Normal(length);
                    var inputGradient = Empty(length);
                    new Span<float>(start, length).CopyTo(new Span<float>(inputGradient, length));
                    var sums = Empty(count * 16);
                    new Span<float>(sums, count * 16).Fill(0.25f);
                    if (rows == 1)
                    {
                        SparseConvolution.GatherRow(values, offsets, count, gradient, input, inputGradient, columns, isFirst == 1, sums);
                    }
                    else
                    {
                        SparseConvolution.GatherRows(values, offsets, count, gradient, rowStride, input, inputGradient, isFirst == 1, sums);
                    }

                    for (var place = 0; place < length; place++)
                    {
                        var (row, inRow) = Math.DivRem(place, columns * 16);
                        var expected = isFirst == 1 ? 0.0 : start[place];
                        for (var k = 0; k < count; k++)
                        {
                            expected += (double)values[k] * gradient[offsets[k] + (row * rowStride) + inRow];
                        }

                        Assert.Equal(expected, inputGradient[place], 1e-4);
                    }

                    for (var place = 0; place < count * 16; place++)
                    {
                        var (k, lane) = Math.DivRem(place, 16);
                        var expected = 0.25;
                        for (var column = 0; column < rows * columns; column++)
                        {
                            var source = offsets[k] + (column / columns * rowStride) + (column % columns * 16) + lane;
                            expected += (double)gradient[source] * input[(column * 16) + lane];
                        }

                        Assert.Equal(expected, sums[place], 1e-4);
                    }

                    AssertMoat(inputGradient, length);
                    AssertMoat(sums, count * 16);
                }
            }
        }
    }

    [Fact]
    public void Sum16_gives_the_bits_of_the_tree()
    {
        var sums = Normal(16 * 16);
        var together = Empty(16);
        Lanes.SumEach(sums, 1, 0, 16, together);
        for (var index = 0; index < 16; index++)
        {
            Assert.Equal(Lanes.Sum(Vector512.Load(sums + (index * 16))), together[index]);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(40)]
    public void Convolution_rows_at_every_width_are_those_of_the_double_loops(int count)
    {
        for (var columns = 1; columns <= 33; columns++)
        {
            var step = columns % 5 == 0 ? 32 : 16;
            var length = ((columns - 1) * step) + (count * 16) + 16;
            var input = Normal(length);
            var values = Normal(count);
            var offsets = (int*)Empty(count);
            for (var k = 0; k < count; k++)
            {
                offsets[k] = k * 16;
            }

            var output = Empty(columns * 16);
            SparseConvolution.ForwardRow(values, offsets, count, input, step, columns, 0.5f, 0f, output, 16);
            if (step == 16)
            {
                var start = Empty(16);
                new Span<float>(start, 16).Fill(0.5f);
                var continued = Empty(columns * 16);
                SparseConvolution.ContinueRow(values, offsets, count / 3, input, columns, start, 0, float.NegativeInfinity, continued, 16, streamed: false);
                SparseConvolution.ContinueRow(
                    values + (count / 3), offsets + (count / 3), count - (count / 3), input, columns, continued, 16, 0f, continued, 16, streamed: true);
                Assert.Equal(new ReadOnlySpan<float>(output, columns * 16), new ReadOnlySpan<float>(continued, columns * 16));
                AssertMoat(continued, columns * 16);
            }

            var gradient = Normal(columns * 16);
            var inputGradient = Empty(length);
            new Span<float>(inputGradient, length).Clear();
            var sums = Empty(count * 16);
            new Span<float>(sums, count * 16).Clear();
            SparseConvolution.BackwardRow(values, offsets, count, gradient, columns, input, inputGradient, step, sums);
            var expectedInput = new double[length];
            for (var lane = 0; lane < 16; lane++)
            {
                for (var column = 0; column < columns; column++)
                {
                    var sum = 0.5;
                    for (var k = 0; k < count; k++)
                    {
                        sum += (double)values[k] * input[offsets[k] + (column * step) + lane];
                        expectedInput[offsets[k] + (column * step) + lane] += (double)values[k] * gradient[(column * 16) + lane];
                    }

                    Assert.Equal(Math.Max(sum, 0), output[(column * 16) + lane], 1e-4);
                }

                for (var k = 0; k < count; k++)
                {
                    var sum = 0.0;
                    for (var column = 0; column < columns; column++)
                    {
                        sum += (double)gradient[(column * 16) + lane] * input[offsets[k] + (column * step) + lane];
                    }

                    Assert.Equal(sum, sums[(k * 16) + lane], 1e-4);
                }
            }

            for (var index = 0; index < length; index++)
            {
                Assert.Equal(expectedInput[index], inputGradient[index], 1e-4);
            }

            AssertMoat(output, columns * 16);
            AssertMoat(inputGradient, length);
            AssertMoat(sums, count * 16);
        }
    }

    [Theory]
    [InlineData(1, 4)]
    [InlineData(5, 4)]
    [InlineData(1, 12)]
    [InlineData(6, 12)]
    [InlineData(40, 8)]
    public void Pooled_convolution_rows_have_the_bits_of_rows_pooled_afterwards(int count, int windows)
    {
        var columns = 2 * windows;
        var rowStride = (columns + count) * 16;
        var length = rowStride + ((columns + count - 1) * 16);
        var input = Normal(length);
        var values = Normal(3 * count);
        var offsets = (int*)Empty(count);
        for (var k = 0; k < count; k++)
        {
            offsets[k] = k * 16;
        }

        var pooled = new float*[6];
        var positions = new byte*[6];
        for (var kind = 0; kind < 6; kind++)
        {
            pooled[kind] = Empty(3 * windows * 16);
            positions[kind] = (byte*)Empty(3 * windows * 4);
        }

        var bias = stackalloc float[] { 0.25f, -0.5f, 0f };
        var rows = Empty(2 * columns * 16);
        for (var channel = 0; channel < 3; channel++)
        {
            var shift = channel * windows * 16;
            for (var row = 0; row < 2; row++)
            {
                SparseConvolution.ForwardRow(
                    values + (channel * count), offsets, count, input + (row * rowStride), 16, columns, bias[channel], float.NegativeInfinity,
                    rows + (row * columns * 16), 16);
            }

            Pooling.Forward(rows, 2, windows, 0f, pooled[0] + shift, 16, positions[0] + shift);
            SparsePooledConvolution.Forward(
                values + (channel * count), offsets, count, input, rowStride, windows, bias[channel], 0f, pooled[1] + shift, 16, positions[1] + shift);
            SparsePooledConvolution.Forward(
                values + (channel * count), offsets, count, input, rowStride, windows, bias[channel], 0f, pooled[3] + shift, 16, null);
        }

        DensePooledConvolution.Forward(
            values, offsets, count, input, rowStride, windows, bias, 0f, pooled[2], windows * 16, 16, positions[2], windows * 16);
        if (Lanes.UsesAvx2)
        {
            var channelOffsets = (int*)Empty(3 * count);
            for (var k = 0; k < 3 * count; k++)
            {
                channelOffsets[k] = offsets[k % count];
            }

            var channelStarts = stackalloc int[] { 0, count, 2 * count, 3 * count };
            for (var kind = 4; kind < 6; kind++)
            {
                Avx2PooledConvolution.Forward(
                    values, channelOffsets, channelStarts, 3, bias, 0f, input, rowStride, 1, windows, pooled[kind], windows * 16, 0, 16,
                    kind == 4 ? positions[kind] : null);
            }
        }

        for (var kind = 1; kind < (Lanes.UsesAvx2 ? 6 : 4); kind++)
        {
            Assert.Equal(new ReadOnlySpan<float>(pooled[0], 3 * windows * 16), new ReadOnlySpan<float>(pooled[kind], 3 * windows * 16));
            AssertMoat(pooled[kind], 3 * windows * 16);
            AssertMoat((float*)positions[kind], 3 * windows * 4);
            if (kind is 1 or 2 or 4)
            {
                Assert.Equal(new ReadOnlySpan<byte>(positions[0], 3 * windows * 16), new ReadOnlySpan<byte>(positions[kind], 3 * windows * 16));
            }
        }

        var gradient = Normal(windows * 16);
        var sums = new float*[5];
        var inputGradients = new float*[3];
        var bySum = new Vector512<float>[5];
        for (var kind = 0; kind < 5; kind++)
        {
            sums[kind] = Empty(2 * count * 16);
            new Span<float>(sums[kind], 2 * count * 16).Clear();
            if (kind < 3)
            {
                inputGradients[kind] = Empty(length);
                new Span<float>(inputGradients[kind], length).Clear();
            }
        }

        bySum[0] = Pooling.Backward(gradient, pooled[0], 16, true, 2, windows, positions[0], rows, columns * 16, Vector512.Create(0.125f));
        for (var row = 0; row < 2; row++)
        {
            SparseConvolution.BackwardRow(
                values, offsets, count, rows + (row * columns * 16), columns, input + (row * rowStride), inputGradients[0] + (row * rowStride), 16,
                sums[0] + (row * count * 16));
        }

        bySum[1] = SparsePooledConvolution.WeightGradient(
            offsets, count, gradient, pooled[0], 16, true, positions[0], windows, input, rowStride, sums[1], count * 16, Vector512.Create(0.125f));
        AssertSame(1);
        if (windows == 4)
        {
            bySum[2] = SparsePooledConvolution.Backward(
                values, offsets, count, gradient, pooled[0], 16, true, positions[0], input, inputGradients[1], rowStride, sums[2], count * 16,
                Vector512.Create(0.125f));
            AssertSame(2);
            Assert.Equal(new ReadOnlySpan<float>(inputGradients[0], length), new ReadOnlySpan<float>(inputGradients[1], length));
            AssertMoat(inputGradients[1], length);
        }

        if (Lanes.UsesAvx2)
        {
            // The weights downwards, as one input channel meets them; all belong to output channel 0.
            var gated = Empty(windows * 16);
            var order = (int*)Empty(3 * count);
            for (var k = 0; k < count; k++)
            {
                order[k] = count - 1 - k;
                order[count + k] = 0;
                order[(2 * count) + k] = offsets[order[k]];
            }

            var sum = stackalloc float[16];
            new Span<float>(sum, 16).Fill(0.125f);
            Avx2PooledConvolution.Gate(gradient, pooled[0], windows * 16, 16, true, 1, windows, gated, windows * 16, sum);
            AssertMoat(gated, windows * 16);
            bySum[3] = Vector512.Load(sum);
            bySum[4] = bySum[3];
            var starts = stackalloc int[] { 0, count };
            Avx2PooledConvolution.WeightGradients(offsets, starts, 1, gated, positions[0], 0, windows, input, rowStride, sums[3], count * 16);
            AssertSame(3);
            Avx2PooledConvolution.Scatter(
                values, order, order + count, order + (2 * count), count, gated, positions[0], 1, windows, input, inputGradients[2], rowStride, sums[4],
                count * 16);
            AssertSame(4);
            Assert.Equal(new ReadOnlySpan<float>(inputGradients[0], length), new ReadOnlySpan<float>(inputGradients[2], length));
            AssertMoat(inputGradients[2], length);
        }

        void AssertSame(int kind)
        {
            Assert.Equal(bySum[0], bySum[kind]);
            Assert.Equal(new ReadOnlySpan<float>(sums[0], 2 * count * 16), new ReadOnlySpan<float>(sums[kind], 2 * count * 16));
            AssertMoat(sums[kind], 2 * count * 16);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Listed_fully_connected_layers_with_empty_rows_and_columns_are_those_of_the_double_loops(int vectors)
    {
        const int inputs = 9;
        const int outputs = 7;
        var slice = vectors * 16;
        var dense = new float[outputs, inputs];
        for (var k = 0; k < 17; k++)
        {
            dense[1 + random.NextInt32(outputs - 2), 1 + random.NextInt32(inputs - 2)] = (float)random.NextNormal(); // first and last stay empty
        }

        var rowStarts = (int*)Empty(outputs + 1);
        var columnStarts = (int*)Empty(inputs + 1);
        var byRow = Empty(17);
        var rowOffsets = (int*)Empty(17);
        var byColumn = Empty(17);
        var columnOffsets = (int*)Empty(17);
        rowStarts[0] = 0;
        columnStarts[0] = 0;
        for (var o = 0; o < outputs; o++)
        {
            rowStarts[o + 1] = rowStarts[o];
            for (var j = 0; j < inputs; j++)
            {
                if (dense[o, j] != 0)
                {
                    byRow[rowStarts[o + 1]] = dense[o, j];
                    rowOffsets[rowStarts[o + 1]++] = j * slice;
                }
            }
        }

        for (var j = 0; j < inputs; j++)
        {
            columnStarts[j + 1] = columnStarts[j];
            for (var o = 0; o < outputs; o++)
            {
                if (dense[o, j] != 0)
                {
                    byColumn[columnStarts[j + 1]] = dense[o, j];
                    columnOffsets[columnStarts[j + 1]++] = o * slice;
                }
            }
        }

        var count = rowStarts[outputs];
        var x = Normal(inputs * slice);
        var dy = Normal(outputs * slice);
        var bias = Normal(outputs);
        var y = Empty(outputs * slice);
        var dx = Empty(inputs * slice);
        var sums = Empty(count * 16);
        SparseFullyConnected.Forward(byRow, rowOffsets, rowStarts, outputs, bias, 0f, x, vectors, y, slice);
        SparseFullyConnected.Backward(byColumn, columnOffsets, columnStarts, inputs, dy, x, dx, slice, vectors, sums);
        for (var example = 0; example < slice; example++)
        {
            for (var o = 0; o < outputs; o++)
            {
                var sum = (double)bias[o] + Enumerable.Range(0, inputs).Sum(j => (double)dense[o, j] * x[(j * slice) + example]);
                Assert.Equal(Math.Max(sum, 0), y[(o * slice) + example], 1e-5);
            }

            for (var j = 0; j < inputs; j++)
            {
                var sum = Enumerable.Range(0, outputs).Sum(o => (double)dense[o, j] * dy[(o * slice) + example]);
                Assert.Equal(sum, dx[(j * slice) + example], 1e-5);
            }
        }

        for (var j = 0; j < inputs; j++)
        {
            for (var k = columnStarts[j]; k < columnStarts[j + 1]; k++)
            {
                for (var lane = 0; lane < 16; lane++)
                {
                    var sum = Enumerable.Range(0, vectors).Sum(v => (double)dy[columnOffsets[k] + (v * 16) + lane] * x[(j * slice) + (v * 16) + lane]);
                    Assert.Equal(sum, sums[(k * 16) + lane], 1e-5);
                }
            }
        }

        AssertMoat(y, outputs * slice);
        AssertMoat(dx, inputs * slice);
        AssertMoat(sums, count * 16);
    }

    [Fact]
    public void Products_of_every_shape_are_those_of_the_double_loops()
    {
        const int depth = 9;
        for (var outputs = 1; outputs <= 13; outputs++)
        {
            for (var columns = 1; columns <= 9; columns++)
            {
                var weights = Normal(outputs * depth);
                var bias = Normal(outputs);
                var input = Normal(depth * columns * 16);
                var product = Empty(outputs * columns * 16);
                var loop = new TileLoop
                {
                    Outer = 1,
                    Middle = 3,
                    Inner = 3,
                    WeightMiddle = 3,
                    WeightInner = 1,
                    WeightRow = depth,
                    InputMiddle = 3 * columns * 16,
                    InputInner = columns * 16,
                    InputColumn = 16,
                    OutputRow = columns * 16,
                    OutputColumn = 16,
                };
                DenseTiles.Product(weights, outputs, input, columns, loop, bias, 0f, product);
                for (var m = 0; m < outputs; m++)
                {
                    for (var place = 0; place < columns * 16; place++)
                    {
                        double sum = bias[m];
                        for (var k = 0; k < depth; k++)
                        {
                            sum += (double)weights[(m * depth) + k] * input[(k * columns * 16) + place];
                        }

                        Assert.Equal(Math.Max(sum, 0), product[(m * columns * 16) + place], 1e-5);
                    }
                }

                AssertMoat(product, outputs * columns * 16);
                if (columns % 4 == 0)
                {
                    var listed = Empty(outputs * columns * 16);
                    var offsets = Enumerable.Range(0, depth).Select(k => k * columns * 16).ToArray();
                    fixed (int* list = offsets)
                    {
                        DenseTiles.Listed(weights, depth, outputs, list, depth, input, columns, bias, 0f, listed, columns * 16, 16);
                    }

                    Assert.Equal(new ReadOnlySpan<float>(product, outputs * columns * 16), new ReadOnlySpan<float>(listed, outputs * columns * 16));
                }
            }
        }
    }

    [Fact]
    public void Softmax_at_every_count_is_that_of_the_double_loops()
    {
        const int classes = 7;
        for (var count = 1; count <= 130; count++)
        {
            var blockCount = (count + 15) / 16;
            var stride = blockCount * 16;
            var logits = Normal(classes * stride);
            var gradient = Empty(classes * stride);
            var labels = (int*)Empty(stride);
            var expectedLoss = 0.0;
            var expectedCorrect = 0;
            for (var example = 0; example < count; example++)
            {
                labels[example] = random.NextInt32(classes);
                var values = Enumerable.Range(0, classes).Select(c => (double)logits[(c * stride) + example]).ToArray();
                expectedLoss += Math.Log(values.Sum(Math.Exp)) - values[labels[example]];
                expectedCorrect += Array.IndexOf(values, values.Max()) == labels[example] ? 1 : 0;
            }

            var loss = SoftmaxCrossEntropy.Run(logits, classes, stride, 16, labels, count, 0.5f, 0f, gradient, out var correct);
            Assert.Equal(expectedLoss, loss, 1e-4);
            Assert.Equal(expectedCorrect, correct);
            for (var example = 0; example < stride; example++)
            {
                var values = Enumerable.Range(0, classes).Select(c => Math.Exp(logits[(c * stride) + example])).ToArray();
                for (var c = 0; c < classes; c++)
                {
                    var expected = example < count ? 0.5 * ((values[c] / values.Sum()) - (c == labels[example] ? 1 : 0)) : 0;
                    Assert.Equal(expected, gradient[(c * stride) + example], 1e-6);
                }
            }

            AssertMoat(gradient, classes * stride);
        }
    }

    [Fact]
    public void ExpOfNegative_and_Log_have_a_relative_error_below_3e_7()
    {
        for (var index = 0; index < 5000; index++)
        {
            var x = (float)(-87 * random.NextDouble());
            var y = (float)(1 + (999 * random.NextDouble()));
            var exp = VectorMath.ExpOfNegative(Vector512.Create(x))[3];
            var log = VectorMath.Log(Vector512.Create(y))[5];
            Assert.True(Math.Abs((exp / Math.Exp(x)) - 1) < 3e-7, $"exp({x}) = {exp}");
            Assert.True(Math.Abs(log - Math.Log(y)) < 3e-7 * Math.Max(1, Math.Log(y)), $"log({y}) = {log}");
        }

        Assert.True(float.IsNaN(VectorMath.ExpOfNegative(Vector512.Create(float.NaN))[0]));
        Assert.True(float.IsNaN(VectorMath.Log(Vector512.Create(float.NaN))[0]));
    }

    private float* Normal(int count)
    {
        var pointer = Empty(count);
        for (var index = 0; index < count; index++)
        {
            pointer[index] = (float)random.NextNormal();
        }

        return pointer;
    }

    private float* Empty(int count)
    {
        var block = (float*)NativeMemory.AlignedAlloc((nuint)((count + (2 * Moat)) * sizeof(float)), 64);
        blocks.Add((nint)block);
        new Span<float>(block, count + (2 * Moat)).Fill(float.NaN);
        return block + Moat;
    }

    private static void AssertMoat(float* start, int count)
    {
        for (var index = 1; index <= Moat; index++)
        {
            Assert.True(float.IsNaN(start[-index]) && float.IsNaN(start[count + index - 1]), $"A value was written outside an array of {count}.");
        }
    }
}
