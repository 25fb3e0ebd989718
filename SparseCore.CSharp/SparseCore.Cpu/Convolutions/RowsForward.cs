namespace SparseCore.Cpu.Convolutions;

/// <summary>The forward pass without a pool: row by row, straight to the output.</summary>
internal sealed unsafe class RowsForward(ConvolutionGeometry geometry, RowPass rowPass) : ForwardPass
{
    public override long ScratchFloats => rowPass.ScratchFloats;

    public override void Run(Workspace workspace, int block, float* weights, float* biases)
    {
        var (input, output) = (geometry.Input, geometry.Output);
        var x = geometry.Inputs(workspace, block);
        var y = geometry.Outputs(workspace, block);
        for (var row = 0; row < geometry.Rows; row++)
        {
            rowPass.Run(
                workspace.Scratch,
                weights,
                biases,
                x + ((long)row * geometry.Stride * input.RowStride),
                y + output.Offset(0, row, 0),
                output.ChannelStride,
                output.FeatureStride,
                geometry.Floor);
        }
    }
}
