using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using SparseCore.Engine.Kernels;
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
            var continued = Empty(columns * 16);
            new Span<float>(continued, columns * 16).Fill(0.5f);
            if (step == 16)
            {
                SparseConvolution.ContinueRow(values, offsets, count, input, columns, 0f, continued, 16);
                Assert.Equal(new ReadOnlySpan<float>(output, columns * 16), new ReadOnlySpan<float>(continued, columns * 16));
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
