using System.Runtime.Intrinsics;
using SparseCore.Cpu.Kernels;
using SparseCore.Cpu.Weights;

namespace SparseCore.Cpu.Convolutions;

/// <summary>
/// Backward pass over lists of weights where the gradients of a row of 2x2 windows stay in registers: that of the first layer, and rows of 4 windows. The order of sums
/// is that of <see cref="ListedRows"/>.
/// </summary>
internal sealed unsafe class PooledLists(ConvolutionGeometry geometry, LayerState state) : ListPass
{
    private const int RegisterWindows = 4;
    private readonly long chainStride = (long)state.Stride * Lanes.Width;

    public override long ScratchFloats => 0;

    public override long SumFloats => geometry.Pool * chainStride;

    /// <summary>Whether a convolution's gradients stay in registers.</summary>
    public static bool Fits(ConvolutionGeometry geometry) => geometry.FusesPool && (geometry.IsFirst || geometry.Output.Shape.Width == RegisterWindows);

    public override void Run(Workspace workspace, int block, float* scratch, float* biasSums, float* sums, bool takesNorm)
    {
        var (input, output) = (geometry.Input, geometry.Output);
        var (windows, step, rowStride) = (output.Shape.Width, output.FeatureStride, input.RowStride);
        var gated = geometry.HasRelu;
        var starts = state.ByOutput.Starts;
        var dx = geometry.InputGradients(workspace, block);
        if (dx is not null && !geometry.Tensors.AddsToInput)
        {
            ConvolutionGeometry.Clear(dx, input.BlockStride);
        }

        for (var band = 0; band < output.Shape.Height; band++)
        {
            var source = output.Offset(0, band, 0);
            var y = geometry.Outputs(workspace, block) + source;
            var dy = geometry.OutputGradients(workspace, block) + source;
            var positions = geometry.Positions(workspace, block) + geometry.PositionOffset(0, band);
            var shift = (long)band * 2 * rowStride;
            var x = geometry.Inputs(workspace, block) + shift;
            for (var channel = 0; channel < output.Shape.Channels; channel++)
            {
                var first = starts[channel];
                var count = starts[channel + 1] - first;
                var offsets = state.ByOutput.Offsets + first;
                var channelSums = sums + ((long)first * Lanes.Width);
                var sum = Vector512.Load(biasSums + (channel * Lanes.Width));
                sum = count == 0 ? Pooling.Sum(dy, y, step, gated, windows, sum)
                    : dx is null ? SparsePooledConvolution.WeightGradient(
                        offsets, count, dy, y, step, gated, positions, windows, x, rowStride, channelSums, chainStride, sum)
                    : SparsePooledConvolution.Backward(
                        state.Weights + first, offsets, count, dy, y, step, gated, positions, x, dx + shift, rowStride, channelSums, chainStride, sum);
                sum.Store(biasSums + (channel * Lanes.Width));
                y += output.ChannelStride;
                dy += output.ChannelStride;
                positions += geometry.PositionOffset(1, 0);
            }
        }
    }

    public override void Fold(float* sums, float* gradients) => Lanes.SumEach(sums, geometry.Pool, chainStride, state.Stored, gradients);
}
