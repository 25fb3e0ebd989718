using SparseCore.Cpu.Kernels;
using SparseCore.Cpu.Weights;

namespace SparseCore.Cpu.Convolutions;

/// <summary>
/// The backward pass of a large convolution with the gradient of every weight, on panels; the input gradient of a sparse one comes from its lists.
/// </summary>
/// <param name="geometry">The convolution.</param>
/// <param name="state">Its weights.</param>
/// <param name="large">The products on panels.</param>
/// <param name="lists">The lists of a sparse convolution; null where it is dense.</param>
internal sealed unsafe class LargeBackward(ConvolutionGeometry geometry, LayerState state, LargeConvolution large, ListPass? lists) : BackwardPass
{
    public override long ScratchFloats =>
        (2 * BiasFloats) + Math.Max(lists?.ScratchFloats ?? 0, large.ScratchFloats + (Expands ? geometry.Blocks * ExpandedBlock : 0));

    public override long SumFloats => lists?.SumFloats ?? 0;

    /// <summary>Whether the gradients before the ReLU and the pool are written out, or their sums are wanted for a bias.</summary>
    private bool Expands => geometry.HasRelu || geometry.Pool > 1 || geometry.Layer.HasBias;

    private long BiasFloats => (long)geometry.Layer.Outputs * Lanes.Width;

    /// <summary>Floats of one block's gradients before the pool.</summary>
    private nint ExpandedBlock => (nint)geometry.Layer.Outputs * geometry.Rows * geometry.Columns * Lanes.Width;

    public override void Run(Workspace workspace, int blocks, int slice)
    {
        var biasSums = workspace.Scratch;
        var scratch = biasSums + (2 * BiasFloats);
        ConvolutionGeometry.Clear(biasSums, 2 * BiasFloats);
        ConvolutionGeometry.Clear(workspace.Sums, SumFloats);
        for (var block = 0; block < blocks && lists is not null && !geometry.IsFirst; block++)
        {
            // The second sums take what must not be counted twice.
            lists.Run(workspace, block, scratch, biasSums + BiasFloats, workspace.Sums, takesNorm: false);
        }

        var view = StoredGradients(workspace);
        if (Expands)
        {
            view = Expand(workspace, blocks, scratch, biasSums);
            scratch += blocks * ExpandedBlock;
        }

        var gradients = lists is null ? state.Gradients + ((long)slice * state.Stride) : state.AllGradients(slice);
        large.WeightGradient(scratch, view, geometry.Inputs(workspace, 0), blocks, gradients);
        Lanes.SumEach(biasSums, 1, 0, geometry.Layer.Outputs, state.BiasGradients + ((long)slice * state.BiasStride));
        if (geometry.IsFirst || lists is not null)
        {
            return;
        }

        large.Transpose(scratch, state.Weights);
        for (var block = 0; block < blocks; block++)
        {
            large.InputGradient(scratch, view.From(block), geometry.InputGradients(workspace, block), geometry.Tensors.AddsToInput);
        }
    }

    private GradientView StoredGradients(Workspace workspace)
    {
        var output = geometry.Output;
        return new GradientView(
            (nint)(geometry.OutputGradients(workspace, 0) + output.Offset(0, 0, 0)),
            output.BlockStride,
            output.ChannelStride,
            output.RowStride,
            output.FeatureStride);
    }

    /// <summary>Writes the gradients before the pool and the ReLU, and adds them up for the biases.</summary>
    private GradientView Expand(Workspace workspace, int blocks, float* target, float* biasSums)
    {
        var rowStride = geometry.Columns * Lanes.Width;
        var channelStride = (nint)geometry.Rows * rowStride;
        for (var block = 0; block < blocks; block++)
        {
            for (var channel = 0; channel < geometry.Layer.Outputs; channel++)
            {
                var plane = target + (block * ExpandedBlock) + (channel * channelStride);
                geometry.ExpandChannel(workspace, block, channel, plane, rowStride, biasSums);
            }
        }

        return new GradientView((nint)target, ExpandedBlock, channelStride, rowStride, Lanes.Width);
    }
}
