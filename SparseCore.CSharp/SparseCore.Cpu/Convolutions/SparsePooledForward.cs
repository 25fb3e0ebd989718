using SparseCore.Cpu.Kernels;
using SparseCore.Cpu.Weights;

namespace SparseCore.Cpu.Convolutions;

/// <summary>The forward pass of a sparse convolution whose 2x2 windows stay in registers.</summary>
internal sealed unsafe class SparsePooledForward(ConvolutionGeometry geometry, OutputOrder order) : ForwardPass
{
    public override void Run(Workspace workspace, int block, float* weights, float* biases)
    {
        var x = geometry.Inputs(workspace, block);
        var y = geometry.Outputs(workspace, block);
        var positions = workspace.KeepsPositions ? geometry.Positions(workspace, block) : null;
        for (var row = 0; row < geometry.Output.Shape.Height; row++)
        {
            RunRow(weights, biases, x + ((long)row * 2 * geometry.Input.RowStride), row, y, positions);
        }
    }

    private void RunRow(float* weights, float* biases, float* x, int row, float* y, byte* positions)
    {
        var output = geometry.Output;
        for (var channel = 0; channel < geometry.Layer.Outputs; channel++)
        {
            var first = order.Starts[channel];
            var count = order.Starts[channel + 1] - first;
            var target = y + output.Offset(channel, row, 0);
            var places = positions is null ? null : positions + geometry.PositionOffset(channel, row);
            if (count == 0)
            {
                Pooling.Fill(biases[channel], geometry.Floor, output.Shape.Width, target, output.FeatureStride, places);
                continue;
            }

            SparsePooledConvolution.Forward(
                weights + first,
                order.Offsets + first,
                count,
                x,
                geometry.Input.RowStride,
                output.Shape.Width,
                biases[channel],
                geometry.Floor,
                target,
                output.FeatureStride,
                places);
        }
    }
}
