using SparseCore.Cpu.Kernels;

namespace SparseCore.Cpu.Convolutions;

/// <summary>The forward pass of a dense convolution whose 2x2 windows stay in registers, some outputs at a time.</summary>
/// <param name="geometry">The convolution; its outputs are a multiple of <see cref="DensePooledConvolution.Outputs"/>.</param>
/// <param name="inputOffsets">Offset of the input that each weight of one output meets. Shape [fan-in].</param>
internal sealed unsafe class DensePooledForward(ConvolutionGeometry geometry, int[] inputOffsets) : ForwardPass
{
    public override void Run(Workspace workspace, int block, float* weights, float* biases)
    {
        var (input, output, layer) = (geometry.Input, geometry.Output, geometry.Layer);
        var x = geometry.Inputs(workspace, block);
        var y = geometry.Outputs(workspace, block);
        var positions = workspace.KeepsPositions ? geometry.Positions(workspace, block) : null;
        fixed (int* offsets = inputOffsets)
        {
            for (var row = 0; row < output.Shape.Height; row++)
            {
                for (var channel = 0; channel < layer.Outputs; channel += DensePooledConvolution.Outputs)
                {
                    DensePooledConvolution.Forward(
                        weights + ((long)channel * layer.FanIn),
                        offsets,
                        layer.FanIn,
                        x + ((long)row * 2 * input.RowStride),
                        input.RowStride,
                        output.Shape.Width,
                        biases + channel,
                        geometry.Floor,
                        y + output.Offset(channel, row, 0),
                        output.ChannelStride,
                        output.FeatureStride,
                        positions is null ? null : positions + geometry.PositionOffset(channel, row),
                        geometry.PositionOffset(1, 0));
                }
            }
        }
    }
}
