using SparseCore.Cpu.Kernels;
using SparseCore.Cpu.Weights;

namespace SparseCore.Cpu.Convolutions;

/// <summary>
/// Backward pass of a sparse convolution with a pool where registers are few and cache lines decide: a band of windows after the other, or where an input gradient is
/// wanted, an input channel after the other, whose weights pooled gradients meet one by one. The order of sums is that of <see cref="ListedRows"/>.
/// </summary>
internal sealed unsafe class ScatteredLists : ListPass
{
    private readonly ConvolutionGeometry geometry;
    private readonly LayerState state;
    private readonly int[] order;
    private readonly int[] starts;
    private readonly long chainStride;

    /// <summary>Sorts the weights for the pass.</summary>
    public ScatteredLists(ConvolutionGeometry geometry, LayerState state)
    {
        this.geometry = geometry;
        this.state = state;
        order = new int[3 * state.Stored];
        starts = new int[geometry.Layer.Inputs + 1];
        chainStride = (long)state.Stride * Lanes.Width;
        SortByInput();
    }

    public override long ScratchFloats =>
        geometry.IsFirst ? (long)geometry.Output.Shape.Channels * geometry.Output.Shape.Width * Lanes.Width : (long)geometry.Output.Shape.Count * Lanes.Width;

    public override long SumFloats => geometry.Pool * chainStride;

    public override void Run(Workspace workspace, int block, float* scratch, float* biasSums, float* sums, bool takesNorm)
    {
        if (geometry.IsFirst)
        {
            SumWeightGradients(workspace, block, scratch, biasSums, sums);
            return;
        }

        var (output, shape) = (geometry.Output, geometry.Output.Shape);
        for (var band = 0; band < shape.Height; band++)
        {
            Gate(workspace, block, band, scratch + geometry.PositionOffset(0, band), geometry.PositionOffset(1, 0), biasSums);
        }

        var (input, count) = (geometry.Input, state.Stored);
        var x = geometry.Inputs(workspace, block);
        var dx = geometry.InputGradients(workspace, block);
        var positions = geometry.Positions(workspace, block);
        fixed (int* all = order)
        {
            for (var channel = 0; channel < geometry.Layer.Inputs; channel++)
            {
                if (!geometry.Tensors.AddsToInput)
                {
                    ConvolutionGeometry.Clear(dx + ((long)channel * input.ChannelStride), input.ChannelStride);
                }

                var first = all + starts[channel];
                Avx2PooledConvolution.Scatter(
                    state.Weights,
                    first,
                    first + count,
                    first + (2 * count),
                    starts[channel + 1] - starts[channel],
                    scratch,
                    positions,
                    shape.Height,
                    shape.Width,
                    x,
                    dx,
                    input.RowStride,
                    sums,
                    chainStride);
            }
        }
    }

    public override void Fold(float* sums, float* gradients) => Lanes.SumEach(sums, geometry.Pool, chainStride, state.Stored, gradients);

    /// <summary>Where no input gradient is wanted, a band's gradients meet all weights at once.</summary>
    private void SumWeightGradients(Workspace workspace, int block, float* scratch, float* biasSums, float* sums)
    {
        var shape = geometry.Output.Shape;
        var x = geometry.Inputs(workspace, block);
        var positions = geometry.Positions(workspace, block);
        for (var band = 0; band < shape.Height; band++)
        {
            Gate(workspace, block, band, scratch, shape.Width * Lanes.Width, biasSums);
            Avx2PooledConvolution.WeightGradients(
                state.ByOutput.Offsets,
                state.ByOutput.Starts,
                shape.Channels,
                scratch,
                positions + geometry.PositionOffset(0, band),
                geometry.PositionOffset(1, 0),
                shape.Width,
                x + ((long)band * 2 * geometry.Input.RowStride),
                geometry.Input.RowStride,
                sums,
                chainStride);
        }
    }

    /// <summary>The gradients before the ReLU of one row of windows, added up for the biases.</summary>
    private void Gate(Workspace workspace, int block, int band, float* target, int channelStride, float* biasSums)
    {
        var output = geometry.Output;
        var source = output.Offset(0, band, 0);
        Avx2PooledConvolution.Gate(
            geometry.OutputGradients(workspace, block) + source,
            geometry.Outputs(workspace, block) + source,
            output.ChannelStride,
            output.FeatureStride,
            geometry.HasRelu,
            output.Shape.Channels,
            output.Shape.Width,
            target,
            channelStride,
            biasSums);
    }

    /// <summary>
    /// Sorts the active weights by (input channel, output channel, kernel position downwards): index, offset of the output channel's gradients, offset of the
    /// input. Shape [3, stored].
    /// </summary>
    private void SortByInput()
    {
        var rows = state.ByOutput;
        var count = state.Stored;
        var channelStride = geometry.Input.ChannelStride;
        for (var k = 0; k < count; k++)
        {
            starts[(rows.Offsets[k] / channelStride) + 1]++;
        }

        for (var channel = 0; channel < geometry.Layer.Inputs; channel++)
        {
            starts[channel + 1] += starts[channel];
        }

        var next = starts.AsSpan(0, geometry.Layer.Inputs).ToArray();
        for (var output = 0; output < geometry.Layer.Outputs; output++)
        {
            for (var k = rows.Starts[output + 1] - 1; k >= rows.Starts[output]; k--)
            {
                var place = next[rows.Offsets[k] / channelStride]++;
                order[place] = k;
                order[count + place] = geometry.PositionOffset(output, 0);
                order[(2 * count) + place] = rows.Offsets[k];
            }
        }
    }
}
