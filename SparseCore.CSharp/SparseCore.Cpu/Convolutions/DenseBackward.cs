using SparseCore.Cpu.Kernels;
using SparseCore.Cpu.Weights;

namespace SparseCore.Cpu.Convolutions;

/// <summary>
/// The backward pass of a dense convolution on register tiles, in the order of sums of the sparse passes; all gradients of a block are spread out first,
/// [outputs][rows][columns + margins][16].
/// </summary>
internal sealed unsafe class DenseBackward(ConvolutionGeometry geometry, LayerState state) : BackwardPass
{
    private readonly DenseWeightGradient weightGradient = new(geometry);
    private readonly DenseInputGradient inputGradient = new(geometry);
    private readonly int margin = geometry.IsFirst ? 0 : DenseInputGradient.Margin * Lanes.Width;

    public override long ScratchFloats => ((long)geometry.Layer.Outputs * Lanes.Width) + (geometry.Layer.Outputs * ChannelStride);

    public override long SumFloats => weightGradient.SumFloats;

    private int RowStride => (geometry.Columns * Lanes.Width) + (2 * margin);

    private long ChannelStride => (long)geometry.Rows * RowStride;

    public override void Run(Workspace workspace, int blocks, int slice)
    {
        var outputs = geometry.Layer.Outputs;
        var sums = workspace.Sums;
        var biasSums = workspace.Scratch;
        ConvolutionGeometry.Clear(sums, SumFloats);
        ConvolutionGeometry.Clear(biasSums, (long)outputs * Lanes.Width);
        var gradient = biasSums + (outputs * Lanes.Width);
        for (var block = 0; block < blocks; block++)
        {
            for (var channel = 0; channel < outputs; channel++)
            {
                Expand(workspace, block, channel, gradient + (channel * ChannelStride), biasSums);
            }

            var first = gradient + margin;
            weightGradient.Multiply(
                first, outputs, RowStride, (nint)ChannelStride, geometry.Inputs(workspace, block), state.Offsets, sums);
            if (!geometry.IsFirst)
            {
                inputGradient.Multiply(state.Weights, first, RowStride, (nint)ChannelStride, geometry.InputGradients(workspace, block));
            }
        }

        Lanes.SumEach(sums, geometry.Pool, weightGradient.ChainStride, state.Stored, state.Gradients + ((long)slice * state.Stride));
        Lanes.SumEach(biasSums, 1, 0, outputs, state.BiasGradients + ((long)slice * state.BiasStride));
    }

    /// <summary>One channel's gradients between margins of zeros.</summary>
    private void Expand(Workspace workspace, int block, int channel, float* plane, float* biasSums)
    {
        for (var row = 0; row < geometry.Rows && margin > 0; row++)
        {
            ConvolutionGeometry.Clear(plane + (row * RowStride), margin);
            ConvolutionGeometry.Clear(plane + ((row + 1) * RowStride) - margin, margin);
        }

        geometry.ExpandChannel(workspace, block, channel, plane + margin, RowStride, biasSums);
    }
}
