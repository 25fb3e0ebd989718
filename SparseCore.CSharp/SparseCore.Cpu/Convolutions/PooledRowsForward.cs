using SparseCore.Cpu.Kernels;

namespace SparseCore.Cpu.Convolutions;

/// <summary>The forward pass with a pool of any size: the rows of one window wait in a scratch area, [outputs][pool][columns][16].</summary>
internal sealed unsafe class PooledRowsForward(ConvolutionGeometry geometry, RowPass rowPass) : ForwardPass
{
    private readonly int scratchRow = geometry.Columns * Lanes.Width;

    public override long ScratchFloats => WaitingFloats + rowPass.ScratchFloats;

    private long WaitingFloats => (long)geometry.Layer.Outputs * geometry.Pool * scratchRow;

    public override void Run(Workspace workspace, int block, float* weights, float* biases)
    {
        var (input, output, pool) = (geometry.Input, geometry.Output, geometry.Pool);
        var x = geometry.Inputs(workspace, block);
        var y = geometry.Outputs(workspace, block);
        var positions = workspace.KeepsPositions ? geometry.Positions(workspace, block) : null;
        for (var row = 0; row < output.Shape.Height; row++)
        {
            for (var inner = 0; inner < pool; inner++)
            {
                rowPass.Run(
                    workspace.Scratch + WaitingFloats,
                    weights,
                    biases,
                    x + ((((long)row * pool) + inner) * geometry.Stride * input.RowStride),
                    workspace.Scratch + (inner * scratchRow),
                    pool * scratchRow,
                    Lanes.Width,
                    float.NegativeInfinity);
            }

            for (var channel = 0; channel < geometry.Layer.Outputs; channel++)
            {
                Pooling.Forward(
                    workspace.Scratch + ((long)channel * pool * scratchRow),
                    pool,
                    output.Shape.Width,
                    geometry.Floor,
                    y + output.Offset(channel, row, 0),
                    output.FeatureStride,
                    positions is null ? null : positions + geometry.PositionOffset(channel, row));
            }
        }
    }
}
