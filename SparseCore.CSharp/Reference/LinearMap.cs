using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Reference;

/// <summary>
/// A convolution or fully connected layer as a bilinear map of weights and inputs, in three forms. Everything that is differentiated, once or twice, is
/// a sum of these: y += W x, x' += W^T y' and W' += y' x^T. Sums run in index order over the active weights. Each value is a vector over eight examples.
/// </summary>
internal sealed class LinearMap
{
    private readonly Layer layer;
    private readonly Tap[] taps;
    private readonly int[] active;
    private readonly int stride;
    private readonly int inputArea;
    private readonly int outputArea;
    private readonly int inputWidth;
    private readonly int outputWidth;

    public LinearMap(Layer layer, Mask mask, Shape input, Shape output, int stride, int padding)
    {
        this.layer = layer;
        this.stride = stride;
        active = mask.ActiveIndices();
        (inputArea, inputWidth) = (input.Height * input.Width, input.Width);
        (outputArea, outputWidth) = (output.Height * output.Width, output.Width);
        taps = new Tap[layer.KernelArea];
        for (var index = 0; index < taps.Length; index++)
        {
            var (row, column) = (index / layer.KernelWidth, index % layer.KernelWidth);
            var (firstRow, endRow) = Inside(row - padding, stride, input.Height, output.Height);
            var (firstColumn, endColumn) = Inside(column - padding, stride, input.Width, output.Width);
            taps[index] = new Tap(firstRow, endRow, firstColumn, endColumn - firstColumn, row - padding, column - padding);
        }
    }

    /// <summary>destination += weights * source.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Forward(ReadOnlySpan<double> weights, ReadOnlySpan<Vector512<double>> source, Span<Vector512<double>> destination)
    {
        foreach (var index in active)
        {
            var weight = weights[index];
            if (weight == 0)
            {
                continue;
            }

            var (tap, input, output) = Place(index);
            for (var row = tap.FirstRow; row < tap.EndRow; row++)
            {
                var (from, to) = (input + Source(tap, row), output + Destination(tap, row));
                for (var step = 0; step < tap.Columns; step++)
                {
                    destination[to + step] += weight * source[from + (step * stride)];
                }
            }
        }
    }

    /// <summary>source gradient += transposed weights * output gradient.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Transposed(ReadOnlySpan<double> weights, ReadOnlySpan<Vector512<double>> outputGradient, Span<Vector512<double>> sourceGradient)
    {
        foreach (var index in active)
        {
            var weight = weights[index];
            if (weight == 0)
            {
                continue;
            }

            var (tap, input, output) = Place(index);
            for (var row = tap.FirstRow; row < tap.EndRow; row++)
            {
                var (from, to) = (input + Source(tap, row), output + Destination(tap, row));
                for (var step = 0; step < tap.Columns; step++)
                {
                    sourceGradient[from + (step * stride)] += weight * outputGradient[to + step];
                }
            }
        }
    }

    /// <summary>weight gradient += output gradient * transposed source, for every active weight.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Outer(ReadOnlySpan<Vector512<double>> outputGradient, ReadOnlySpan<Vector512<double>> source, Span<double> weightGradient)
    {
        foreach (var index in active)
        {
            var sum = Vector512<double>.Zero;
            var (tap, input, output) = Place(index);
            for (var row = tap.FirstRow; row < tap.EndRow; row++)
            {
                var (from, to) = (input + Source(tap, row), output + Destination(tap, row));
                for (var step = 0; step < tap.Columns; step++)
                {
                    sum += outputGradient[to + step] * source[from + (step * stride)];
                }
            }

            weightGradient[index] += Passes.Total(sum);
        }
    }

    /// <summary>bias gradient += sum of the output gradient over positions.</summary>
    public void Sum(ReadOnlySpan<Vector512<double>> outputGradient, Span<double> biasGradient)
    {
        for (var channel = 0; channel < biasGradient.Length; channel++)
        {
            var sum = Vector512<double>.Zero;
            foreach (var gradient in outputGradient.Slice(channel * outputArea, outputArea))
            {
                sum += gradient;
            }

            biasGradient[channel] += Passes.Total(sum);
        }
    }

    /// <summary>destination = biases at every position, 0 where the layer has none.</summary>
    public void Broadcast(ReadOnlySpan<double> biases, Span<Vector512<double>> destination)
    {
        for (var channel = 0; channel < layer.Outputs; channel++)
        {
            destination.Slice(channel * outputArea, outputArea).Fill(Vector512.Create(biases.Length > 0 ? biases[channel] : 0));
        }
    }

    /// <summary>The outputs whose input, at output * stride + offset, lies in 0 .. inputs - 1.</summary>
    private static (int First, int End) Inside(int offset, int stride, int inputs, int outputs)
    {
        var first = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
        var end = offset >= inputs ? 0 : Math.Min(outputs, ((inputs - 1 - offset) / stride) + 1);
        return (Math.Min(first, end), end);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private (Tap Tap, int Input, int Output) Place(int index)
    {
        var (channels, tap) = Math.DivRem(index, taps.Length);
        var (output, input) = Math.DivRem(channels, layer.Inputs);
        return (taps[tap], input * inputArea, output * outputArea);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Source(in Tap tap, int row) => (((row * stride) + tap.RowOffset) * inputWidth) + (tap.FirstColumn * stride) + tap.ColumnOffset;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Destination(in Tap tap, int row) => (row * outputWidth) + tap.FirstColumn;

    /// <summary>One position of the kernel and the outputs at which it reads inside the image; elsewhere it reads padding.</summary>
    private readonly record struct Tap(int FirstRow, int EndRow, int FirstColumn, int Columns, int RowOffset, int ColumnOffset);
}
