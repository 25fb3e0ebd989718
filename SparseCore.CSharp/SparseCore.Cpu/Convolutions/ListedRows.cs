using System.Runtime.Intrinsics;
using SparseCore.Cpu.Kernels;
using SparseCore.Cpu.Weights;

namespace SparseCore.Cpu.Convolutions;

/// <summary>
/// Backward pass over lists of weights. Rows are taken in bands: the rows of one pooling window, or all rows where nothing is pooled. An input gradient receives its
/// terms in the order (band, output channel, output row, output column), a weight gradient in the order (row, column), with one chain for each row of a band.
/// </summary>
internal sealed unsafe class ListedRows(ConvolutionGeometry geometry, LayerState state) : ListPass
{
    private readonly long chainStride = (long)state.Stride * Lanes.Width;

    public override long ScratchFloats => (long)geometry.Pool * geometry.Columns * Lanes.Width;

    public override long SumFloats => geometry.Pool * chainStride;

    public override void Run(Workspace workspace, int block, float* scratch, float* biasSums, float* sums, bool takesNorm)
    {
        var (output, shape) = (geometry.Output, geometry.Output.Shape);
        var dx = geometry.InputGradients(workspace, block);
        if (dx is not null && !geometry.Tensors.AddsToInput)
        {
            ConvolutionGeometry.Clear(dx, geometry.Input.BlockStride);
        }

        var bands = geometry.Pool > 1 ? shape.Height : 1;
        var bandRows = geometry.Pool > 1 ? 1 : shape.Height;
        var pass = new Pass
        {
            Inputs = geometry.Inputs(workspace, block),
            InputGradients = dx,
            Outputs = geometry.Outputs(workspace, block),
            OutputGradients = geometry.OutputGradients(workspace, block),
            Positions = geometry.Positions(workspace, block),
            Scratch = scratch,
        };
        for (var band = 0; band < bands; band++)
        {
            for (var channel = 0; channel < shape.Channels; channel++)
            {
                var first = state.ByOutput.Starts[channel];
                var count = state.ByOutput.Starts[channel + 1] - first;
                var sum = Vector512.Load(biasSums + (channel * Lanes.Width));
                for (var row = band; row < band + bandRows; row++)
                {
                    if (count == 0)
                    {
                        var source = output.Offset(channel, row, 0);
                        sum = Pooling.Sum(
                            pass.OutputGradients + source, pass.Outputs + source, output.FeatureStride, geometry.HasRelu, shape.Width, sum);
                        continue;
                    }

                    sum = RunRow(pass, channel, row, first, count, sums + ((long)first * Lanes.Width), sum);
                }

                sum.Store(biasSums + (channel * Lanes.Width));
            }
        }
    }

    public override void Fold(float* sums, float* gradients) => Lanes.SumEach(sums, geometry.Pool, chainStride, state.Stored, gradients);

    /// <summary>One output row of one channel; returns the sum of its gradients.</summary>
    private Vector512<float> RunRow(in Pass pass, int channel, int row, int first, int count, float* sums, Vector512<float> sum)
    {
        var (input, output, pool) = (geometry.Input, geometry.Output, geometry.Pool);
        var source = output.Offset(channel, row, 0);
        var dy = pass.OutputGradients + source;
        var y = pass.Outputs + source;
        var positions = pass.Positions + geometry.PositionOffset(channel, row);
        var offsets = state.ByOutput.Offsets + first;
        var values = state.Weights + first;
        var shift = (long)row * pool * geometry.Stride * input.RowStride;
        var x = pass.Inputs + shift;
        var dx = pass.InputGradients is null ? null : pass.InputGradients + shift;
        var (columns, inputStep) = (geometry.Columns, geometry.Stride * Lanes.Width);
        sum = geometry.ExpandRow(dy, y, positions, pass.Scratch, columns * Lanes.Width, sum);
        for (var inner = 0; inner < pool; inner++)
        {
            var start = (long)inner * geometry.Stride * input.RowStride;
            SparseConvolution.BackwardRow(
                values,
                offsets,
                count,
                pass.Scratch + (inner * columns * Lanes.Width),
                columns,
                x + start,
                dx is null ? null : dx + start,
                inputStep,
                sums + (inner * chainStride));
        }

        return sum;
    }

    /// <summary>One block's memory.</summary>
    private ref struct Pass
    {
        public float* Inputs { get; init; }

        public float* InputGradients { get; init; }

        public float* Outputs { get; init; }

        public float* OutputGradients { get; init; }

        public byte* Positions { get; init; }

        public float* Scratch { get; init; }
    }
}
