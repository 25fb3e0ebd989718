using SparseCore.Cpu.Kernels;

namespace SparseCore.Cpu.Convolutions;

/// <summary>
/// The input gradient of a dense convolution as products over (output channel, kernel row downwards, kernel column downwards), one for each band of rows that are pooled
/// together: the order of the sparse kernels. With a stride, the rows and columns of one phase meet every stride-th tap, so that each phase is a convolution without
/// stride. Kernel rows that no output row of a band uses are left out, columns likewise as far as the tile allows.
/// </summary>
internal sealed unsafe class DenseInputGradient(ConvolutionGeometry geometry)
{
    /// <summary>A tile of 4 input columns reads up to 3 columns past either end of an output row.</summary>
    public const int Margin = 3;

    private const int TileFloats = 49152; // 192 KiB of an L2 of 512 or 1024
    private readonly int tileOutputs =
        Math.Clamp(TileFloats / (geometry.Layer.KernelHeight * (geometry.Columns + (2 * Margin)) * Lanes.Width), 1, geometry.Layer.Outputs);

    /// <summary>Writes or adds one block's input gradients.</summary>
    /// <param name="weights">Shape [outputs, fan-in].</param>
    /// <param name="gradient">Output gradients before the pool; <see cref="Margin"/> columns of zeros lie on both sides of a row.</param>
    /// <param name="rowStride">Floats between rows of the gradients.</param>
    /// <param name="channelStride">Floats between outputs.</param>
    /// <param name="dx">Input gradients of the block.</param>
    public void Multiply(float* weights, float* gradient, int rowStride, nint channelStride, float* dx)
    {
        var (input, layer, stride, pool) = (geometry.Input, geometry.Layer, geometry.Stride, geometry.Pool);
        var (rows, columns, padding) = (geometry.Rows, geometry.Columns, geometry.Input.Padding);
        var bandRows = pool > 1 ? pool : rows;

        // Tiles of output channels stay in L2; with several bands the order of sums leaves no choice.
        var tile = pool > 1 ? layer.Outputs : tileOutputs;
        for (var paddedRow = padding; paddedRow < input.Shape.Height + padding; paddedRow++)
        {
            var (row, rowPhase) = Math.DivRem(paddedRow, stride);
            var rowTaps = geometry.Taps(layer.KernelHeight, rowPhase);
            var firstBand = Math.Max(0, row - rowTaps + 1) / bandRows;
            var lastBand = Math.Min(rows - 1, row) / bandRows;
            for (var firstOutput = 0; firstOutput < layer.Outputs; firstOutput += tile)
            {
                for (var columnPhase = 0; columnPhase < stride; columnPhase++)
                {
                    var columnTaps = geometry.Taps(layer.KernelWidth, columnPhase);
                    var column = (padding - columnPhase + stride - 1) / stride;
                    var end = (input.Shape.Width + padding - columnPhase + stride - 1) / stride;
                    while (column < end)
                    {
                        // Near either end a column meets fewer taps. Four columns in registers share theirs; where columns are taken singly, each has its own.
                        var isInside = column >= columnTaps - 1 && column + 4 <= columns;
                        var width = column + 4 <= end && (isInside || !Lanes.UsesAvx2) ? 4 : 1;
                        var lastColumn = Math.Min(columnTaps - 1, column + width - 1);
                        var firstColumn = Math.Max(0, column - columns + 1);
                        var target = dx + (paddedRow * input.RowStride) + (((column * stride) + columnPhase) * Lanes.Width);
                        var loop = new TileLoop
                        {
                            Outer = Math.Min(tile, layer.Outputs - firstOutput),
                            Inner = Math.Max(0, lastColumn - firstColumn + 1),
                            WeightOuter = layer.FanIn,
                            WeightMiddle = -stride * layer.KernelWidth,
                            WeightInner = -stride,
                            WeightRow = layer.KernelArea,
                            InputOuter = channelStride,
                            InputMiddle = rowStride,
                            InputInner = Lanes.Width,
                            InputColumn = Lanes.Width,
                            OutputRow = input.ChannelStride,
                            OutputColumn = stride * Lanes.Width,
                        };
                        for (var band = firstBand; band <= lastBand || band == firstBand; band++)
                        {
                            var lastRow = Math.Min(rowTaps - 1, row - (band * bandRows));
                            var firstRow = Math.Max(0, row - Math.Min(rows, (band + 1) * bandRows) + 1);
                            loop.Middle = Math.Max(0, lastRow - firstRow + 1);
                            loop.Accumulate = band > firstBand || firstOutput > 0 || geometry.Tensors.AddsToInput;
                            DenseTiles.Product(
                                weights
                                + ((long)firstOutput * layer.FanIn)
                                + (((lastRow * stride) + rowPhase) * layer.KernelWidth)
                                + (lastColumn * stride)
                                + columnPhase,
                                layer.Inputs,
                                gradient + (firstOutput * channelStride) + ((row - lastRow) * rowStride) + ((column - lastColumn) * Lanes.Width),
                                width,
                                loop,
                                null,
                                float.NegativeInfinity,
                                target);
                        }

                        column += width;
                    }
                }
            }
        }
    }
}
