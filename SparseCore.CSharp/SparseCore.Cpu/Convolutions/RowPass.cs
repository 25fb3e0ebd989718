namespace SparseCore.Cpu.Convolutions;

/// <summary>One way to compute one row of the sums of a convolution, for all its outputs.</summary>
internal abstract unsafe class RowPass
{
    /// <summary>Floats of scratch needed.</summary>
    public virtual long ScratchFloats => 0;

    /// <summary>Computes one row.</summary>
    /// <param name="scratch">Room of <see cref="ScratchFloats"/>.</param>
    /// <param name="weights">The layer's weights in the order of the forward pass.</param>
    /// <param name="biases">Shape [outputs].</param>
    /// <param name="x">Inputs under the kernel at column 0.</param>
    /// <param name="y">Output 0, column 0.</param>
    /// <param name="channelStride">Floats between outputs.</param>
    /// <param name="columnStride">Floats between columns of the output.</param>
    /// <param name="floor">0 for ReLU, -infinity for none.</param>
    public abstract void Run(float* scratch, float* weights, float* biases, float* x, float* y, int channelStride, int columnStride, float floor);
}
