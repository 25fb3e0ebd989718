using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Reference;

/// <summary>
/// A convolution or fully connected layer as a bilinear map of weights and inputs, in three forms. Everything that is differentiated, once or twice, is
/// a sum of these: y += W x, x' += W^T y' and W' += y' x^T. Each value is a vector over eight examples. Every sum runs over the active weights in index order;
/// weights are taken in an order that keeps this and reads inputs while they are in the cache. Callers pass whole activations: the loops check no bounds.
/// </summary>
internal sealed unsafe class LinearMap
{
    private const int BlockVectors = 8192; // half a megabyte of inputs

    private readonly Layer layer;
    private readonly Tap[] taps;
    private readonly int[] active;
    private readonly Run[] runs;
    private readonly int stride;
    private readonly int inputArea;
    private readonly int outputArea;
    private readonly int sourceStep;
    private readonly int outputWidth;

    public LinearMap(Layer layer, Mask mask, Shape input, Shape output, int stride, int padding)
    {
        this.layer = layer;
        this.stride = stride;
        active = mask.ActiveIndices();
        (inputArea, sourceStep) = (input.Height * input.Width, stride * input.Width);
        (outputArea, outputWidth) = (output.Height * output.Width, output.Width);
        runs = Runs();
        taps = new Tap[layer.KernelArea];
        for (var index = 0; index < taps.Length; index++)
        {
            var (row, column) = (index / layer.KernelWidth, index % layer.KernelWidth);
            var (firstRow, endRow) = Inside(row - padding, stride, input.Height, output.Height);
            var (firstColumn, endColumn) = Inside(column - padding, stride, input.Width, output.Width);
            taps[index] = new Tap(
                (((firstRow * stride) + row - padding) * input.Width) + (firstColumn * stride) + column - padding,
                (firstRow * output.Width) + firstColumn,
                endRow - firstRow,
                endColumn - firstColumn);
        }

        if (layer.KernelArea == 1 && stride == 1 && padding == 0)
        {
            taps[0] = new Tap(0, 0, 1, outputArea); // all rows as one
        }
    }

    /// <summary>destination += weights * source.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Forward(ReadOnlySpan<double> weights, ReadOnlySpan<Vector512<double>> source, Span<Vector512<double>> destination)
    {
        fixed (Vector512<double>* inputs = source, outputs = destination)
        {
            foreach (var run in runs)
            {
                for (var place = run.First; place < run.End; place++)
                {
                    var weight = weights[active[place]];
                    if (weight == 0)
                    {
                        continue;
                    }

                    ref readonly var tap = ref TapOf(run, place, out var input);
                    var from = inputs + input + tap.Source;
                    var to = outputs + run.Output + tap.Destination;
                    for (var row = 0; row < tap.Rows; row++)
                    {
                        for (var step = 0; step < tap.Columns; step++)
                        {
                            to[step] += weight * from[step * stride];
                        }

                        from += sourceStep;
                        to += outputWidth;
                    }
                }
            }
        }
    }

    /// <summary>source gradient += transposed weights * output gradient.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Transposed(ReadOnlySpan<double> weights, ReadOnlySpan<Vector512<double>> outputGradient, Span<Vector512<double>> sourceGradient)
    {
        fixed (Vector512<double>* inputs = sourceGradient, outputs = outputGradient)
        {
            foreach (var run in runs)
            {
                for (var place = run.First; place < run.End; place++)
                {
                    var weight = weights[active[place]];
                    if (weight == 0)
                    {
                        continue;
                    }

                    ref readonly var tap = ref TapOf(run, place, out var input);
                    var to = inputs + input + tap.Source;
                    var from = outputs + run.Output + tap.Destination;
                    for (var row = 0; row < tap.Rows; row++)
                    {
                        for (var step = 0; step < tap.Columns; step++)
                        {
                            to[step * stride] += weight * from[step];
                        }

                        to += sourceStep;
                        from += outputWidth;
                    }
                }
            }
        }
    }

    /// <summary>weight gradient += output gradient * transposed source, for every active weight.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Outer(ReadOnlySpan<Vector512<double>> outputGradient, ReadOnlySpan<Vector512<double>> source, Span<double> weightGradient)
    {
        fixed (Vector512<double>* inputs = source, outputs = outputGradient)
        {
            foreach (var run in runs)
            {
                for (var place = run.First; place < run.End; place++)
                {
                    var sum = Vector512<double>.Zero;
                    ref readonly var tap = ref TapOf(run, place, out var input);
                    var value = inputs + input + tap.Source;
                    var gradient = outputs + run.Output + tap.Destination;
                    for (var row = 0; row < tap.Rows; row++)
                    {
                        for (var step = 0; step < tap.Columns; step++)
                        {
                            sum += gradient[step] * value[step * stride];
                        }

                        value += sourceStep;
                        gradient += outputWidth;
                    }

                    weightGradient[active[place]] += Passes.Total(sum);
                }
            }
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

    /// <summary>All active weights, block of inputs by block of inputs, in each of them output by output.</summary>
    private Run[] Runs()
    {
        var list = new List<Run>();
        var cursors = new int[layer.Outputs];
        for (int output = 0, place = 0; output < cursors.Length; output++)
        {
            cursors[output] = place;
            while (place < active.Length && active[place] < (output + 1) * layer.FanIn)
            {
                place++;
            }
        }

        var block = Math.Max(1, BlockVectors / inputArea);
        for (var end = Math.Min(block, layer.Inputs); end > 0; end = end == layer.Inputs ? 0 : Math.Min(end + block, layer.Inputs))
        {
            for (var output = 0; output < cursors.Length; output++)
            {
                var (first, row) = (cursors[output], output * layer.FanIn);
                while (cursors[output] < active.Length && active[cursors[output]] < row + (end * layer.KernelArea))
                {
                    cursors[output]++;
                }

                if (cursors[output] > first)
                {
                    list.Add(new Run(first, cursors[output], row, output * outputArea));
                }
            }
        }

        return [.. list];
    }

    /// <summary>The tap of an active weight, and where the channel begins that it reads.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref readonly Tap TapOf(in Run run, int place, out int input)
    {
        var (channel, tap) = Math.DivRem((uint)(active[place] - run.Weight), (uint)taps.Length);
        input = (int)channel * inputArea;
        return ref taps[tap];
    }

    /// <summary>Active weights first to end - 1, which lead to one output: its first weight, and where its channel begins.</summary>
    private readonly record struct Run(int First, int End, int Weight, int Output);

    /// <summary>
    /// One position of the kernel and the outputs at which it reads inside the image; elsewhere it reads padding. The places of the first of them in a
    /// channel of the source and of the output, then how many rows and columns there are.
    /// </summary>
    private readonly record struct Tap(int Source, int Destination, int Rows, int Columns);
}
