namespace SparseCore.Cpu.Convolutions;

/// <summary>One row of a dense convolution whose weights are too many for a cache.</summary>
internal sealed unsafe class PanelRowPass(LargeConvolution large) : RowPass
{
    public override long ScratchFloats => large.ScratchFloats;

    public override void Run(float* scratch, float* weights, float* biases, float* x, float* y, int channelStride, int columnStride, float floor) =>
        large.ForwardRow(scratch, weights, biases, x, y, channelStride, columnStride, floor);
}
