using SparseCore.Cpu.Kernels;

namespace SparseCore.Cpu.Convolutions;

/// <summary>The gradient of all weights of a convolution on register tiles, one chain of sums for each row of a pool.</summary>
internal sealed unsafe class DenseWeightGradient(ConvolutionGeometry geometry)
{
    private const int TileFloats = 6144; // 24 KiB of an L1 of 32 or 48

    /// <summary>Floats between the chains.</summary>
    public long ChainStride { get; } = (long)geometry.Layer.WeightCount * Lanes.Width;

    /// <summary>Floats of all sums.</summary>
    public long SumFloats => geometry.Pool * ChainStride;

    /// <summary>Adds one block's gradients of the weights between some outputs and some inputs to the sums.</summary>
    /// <param name="gradient">Output gradients before the pool: some outputs, one after the other.</param>
    /// <param name="outputs">Number of these.</param>
    /// <param name="rowStride">Floats between rows of the gradients.</param>
    /// <param name="channelStride">Floats between outputs.</param>
    /// <param name="x">Inputs of the block.</param>
    /// <param name="inputOffsets">Offsets of the inputs that the weights of one output meet. Shape [weights].</param>
    /// <param name="sums">In 16 lanes. Shape [pool, outputs, weights, 16], chains <see cref="ChainStride"/> floats apart.</param>
    public void Multiply(float* gradient, int outputs, int rowStride, nint channelStride, float* x, ReadOnlySpan<int> inputOffsets, float* sums)
    {
        var (inputRow, pool, columns, groups) = (geometry.Stride * geometry.Input.RowStride, geometry.Pool, geometry.Columns, geometry.Output.Shape.Height);

        // Six channels of gradients over these rows stay in L1 while the weights pass by.
        var tileRows = Math.Max(1, TileFloats / (6 * columns * Lanes.Width));
        var loop = new DotLoop
        {
            Columns = columns,
            GradientChannel = channelStride,
            GradientRow = pool * rowStride,
            InputRow = (nint)pool * inputRow,
            InputStep = geometry.Stride * Lanes.Width,
        };
        fixed (int* offsets = inputOffsets)
        {
            for (var chain = 0; chain < pool; chain++)
            {
                for (var first = 0; first < groups; first += tileRows)
                {
                    loop.Rows = Math.Min(tileRows, groups - first);
                    DenseTiles.Dot(
                        gradient + ((((nint)first * pool) + chain) * rowStride),
                        outputs,
                        x + ((((nint)first * pool) + chain) * inputRow),
                        offsets,
                        inputOffsets.Length,
                        loop,
                        sums + (chain * ChainStride),
                        (nint)inputOffsets.Length * Lanes.Width);
                }
            }
        }
    }
}
