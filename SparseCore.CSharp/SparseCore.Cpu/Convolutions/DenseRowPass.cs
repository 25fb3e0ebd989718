using SparseCore.Cpu.Kernels;

namespace SparseCore.Cpu.Convolutions;

/// <summary>One row of a dense convolution on register tiles.</summary>
internal sealed unsafe class DenseRowPass : RowPass
{
    private const int PartFloats = 49152; // 192 KiB of an L2 of 512 or 1024
    private readonly ConvolutionGeometry geometry;
    private readonly int[] inputOffsets;
    private readonly int partWeights;

    /// <summary>Describes the pass.</summary>
    /// <param name="geometry">The convolution.</param>
    /// <param name="inputOffsets">Offset of the input that each weight of one output meets. Shape [fan-in].</param>
    public DenseRowPass(ConvolutionGeometry geometry, int[] inputOffsets)
    {
        this.geometry = geometry;
        this.inputOffsets = inputOffsets;
        var layer = geometry.Layer;
        partWeights = Math.Clamp(PartFloats / (layer.KernelHeight * geometry.Input.RowStride), 1, layer.Inputs) * layer.KernelArea;
    }

    public override void Run(float* scratch, float* weights, float* biases, float* x, float* y, int channelStride, int columnStride, float floor)
    {
        var (input, layer, columns) = (geometry.Input, geometry.Layer, geometry.Columns);
        var listed = geometry.Stride == 1 ? columns / 4 * 4 : 0;
        fixed (int* offsets = inputOffsets)
        {
            // Parts of input channels whose rows stay in L2 while all outputs pass by; between the parts the sums wait in
            // the output.
            for (var first = 0; first < layer.FanIn; first += partWeights)
            {
                DenseTiles.Listed(
                    weights + first,
                    layer.FanIn,
                    layer.Outputs,
                    offsets + first,
                    Math.Min(partWeights, layer.FanIn - first),
                    x,
                    listed,
                    first == 0 ? biases : null,
                    first + partWeights >= layer.FanIn ? floor : float.NegativeInfinity,
                    y,
                    channelStride,
                    columnStride);
            }
        }

        if (listed == columns)
        {
            return;
        }

        var step = geometry.Stride * Lanes.Width;
        var loop = new TileLoop
        {
            Outer = layer.Inputs,
            Middle = layer.KernelHeight,
            Inner = layer.KernelWidth,
            WeightOuter = layer.KernelArea,
            WeightMiddle = layer.KernelWidth,
            WeightInner = 1,
            WeightRow = layer.FanIn,
            InputOuter = input.ChannelStride,
            InputMiddle = input.RowStride,
            InputInner = Lanes.Width,
            InputColumn = step,
            OutputRow = channelStride,
            OutputColumn = columnStride,
        };
        DenseTiles.Product(weights, layer.Outputs, x + (listed * step), columns - listed, loop, biases, floor, y + ((long)listed * columnStride));
    }
}
