using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using SparseCore.Cpu.Kernels;
using SparseCore.Networks;

namespace SparseCore.Cpu.Convolutions;

/// <summary>
/// The dense passes of a convolution whose weights and their gradients are too large for a cache. Both products copy the values that a few columns meet
/// side by side into panels, [column][weight][16], so that a panel stays in L1 while all outputs pass by; the weight gradient is taken tile by
/// tile and folded while the tile is in the cache. The order of every sum is that of the small kernels: the same bits.
/// </summary>
internal sealed unsafe class LargeConvolution
{
    private const int GroupColumns = 8; // copied together: eight cache lines that follow one another
    private const int TransposedAtOnce = 16;
    private const int TileOutputs = 24;
    private const int TileWeights = 48;
    private const int TilePositions = 56; // 7 rows of as many vectors are 25 KiB
    private const int LargeSums = 131072; // half a MiB
    private readonly Layer layer;
    private readonly TensorLayout inputLayout;
    private readonly int[] offsets;
    private readonly int stride;
    private readonly int pool;
    private readonly int rows;
    private readonly int columns;

    /// <summary>Describes the convolution.</summary>
    /// <param name="geometry">The convolution.</param>
    /// <param name="inputOffsets">Offset of the input that each weight of one output meets. Shape [fan-in].</param>
    public LargeConvolution(ConvolutionGeometry geometry, int[] inputOffsets)
    {
        layer = geometry.Layer;
        inputLayout = geometry.Input;
        offsets = inputOffsets;
        stride = geometry.Stride;
        pool = geometry.Pool;
        (rows, columns) = (geometry.Rows, geometry.Columns);
    }

    /// <summary>Floats of scratch that <see cref="ForwardRow"/>, <see cref="InputGradient"/> and <see cref="WeightGradient"/> each need.</summary>
    public long ScratchFloats =>
        Math.Max(
            layer.WeightCount
                + Math.Max((long)GroupColumns * Math.Max(PartWeights, layer.KernelArea) * Lanes.Width, TransposedAtOnce * TransposedAtOnce * layer.KernelArea),
            (long)pool * TileOutputs * TileWeights * Lanes.Width);

    /// <summary>Whether the weight gradients of a convolution, in 16 lanes, are too large for a cache.</summary>
    public static bool Is(ConvolutionGeometry geometry) => (long)geometry.Pool * geometry.Layer.WeightCount * Lanes.Width > LargeSums;

    /// <summary>Columns of a panel: as many as a register tile has.</summary>
    private static int PanelColumns => Lanes.UsesAvx2 ? 1 : 4;

    /// <summary>Weights of one output that meet one panel: 16 KiB of an L1 of 32, or 32 KiB of 48.</summary>
    private static int PartWeights => Lanes.UsesAvx2 ? 256 : 128;

    /// <summary>One output row.</summary>
    /// <param name="panels">Scratch.</param>
    /// <param name="weights">Shape [outputs, fan-in].</param>
    /// <param name="biases">Shape [outputs].</param>
    /// <param name="x">Inputs under the kernel at column 0.</param>
    /// <param name="y">Output 0, column 0.</param>
    /// <param name="outputRow">Floats between outputs.</param>
    /// <param name="outputColumn">Floats between columns of the output.</param>
    /// <param name="floor">0 for ReLU, -infinity for none.</param>
    public void ForwardRow(float* panels, float* weights, float* biases, float* x, float* y, nint outputRow, nint outputColumn, float floor)
    {
        var step = stride * Lanes.Width;
        var loop = new TileLoop { Outer = 1, Middle = 1, WeightInner = 1, WeightRow = layer.FanIn, OutputRow = outputRow, OutputColumn = outputColumn };
        for (var column = 0; column < columns; column += GroupColumns)
        {
            var width = Math.Min(GroupColumns, columns - column);
            for (var first = 0; first < layer.FanIn; first += PartWeights)
            {
                var count = Math.Min(PartWeights, layer.FanIn - first);
                for (var k = 0; k < count; k++)
                {
                    Copy(x + offsets[first + k] + (column * step), step, panels, k, count, 0, width);
                }

                loop.Inner = count;
                loop.Accumulate = first > 0;
                Multiply(
                    weights + first,
                    layer.Outputs,
                    panels,
                    width,
                    loop,
                    first == 0 ? biases : null,
                    first + count == layer.FanIn ? floor : float.NegativeInfinity,
                    y + (column * outputColumn));
            }
        }
    }

    /// <summary>Sorts the weights as <see cref="InputGradient"/> reads them: for each phase [inputs][outputs][taps downwards].</summary>
    /// <param name="scratch">Receives them.</param>
    /// <param name="weights">Shape [outputs, fan-in].</param>
    public void Transpose(float* scratch, float* weights)
    {
        const int Side = TransposedAtOnce;
        var tile = scratch + layer.WeightCount;
        for (var firstInput = 0; firstInput < layer.Inputs; firstInput += Side)
        {
            var inputs = Math.Min(Side, layer.Inputs - firstInput);
            for (var firstOutput = 0; firstOutput < layer.Outputs; firstOutput += Side)
            {
                // Rows far apart that share a place of the cache are read once and written once.
                var outputs = Math.Min(Side, layer.Outputs - firstOutput);
                var length = inputs * layer.KernelArea;
                for (var output = 0; output < outputs; output++)
                {
                    var source = weights + ((long)(firstOutput + output) * layer.FanIn) + (firstInput * layer.KernelArea);
                    new ReadOnlySpan<float>(source, length).CopyTo(new Span<float>(tile + (output * length), length));
                }

                var target = scratch;
                for (var phase = 0; phase < stride * stride; phase++)
                {
                    var (rowPhase, columnPhase) = Math.DivRem(phase, stride);
                    var taps = Taps(layer.KernelHeight, rowPhase) * Taps(layer.KernelWidth, columnPhase);
                    for (var input = 0; input < inputs; input++)
                    {
                        var place = target + ((((long)(firstInput + input) * layer.Outputs) + firstOutput) * taps);
                        for (var output = 0; output < outputs; output++)
                        {
                            place = WriteTaps(tile + (output * length) + (input * layer.KernelArea), rowPhase, columnPhase, place);
                        }
                    }

                    target += (long)layer.Inputs * layer.Outputs * taps;
                }
            }
        }
    }

    /// <summary>
    /// The input gradient of one block as products over (output channel, kernel row downwards, kernel column downwards), one for each band of rows that are
    /// pooled together: the order of the sparse kernels. With a stride, the rows and columns of one phase meet every stride-th tap, so that each phase is a
    /// convolution without stride.
    /// </summary>
    /// <param name="scratch">The weights after <see cref="Transpose"/>; room for panels follows.</param>
    /// <param name="gradient">Output gradients of the block before the pool.</param>
    /// <param name="dx">Gradient of the input.</param>
    /// <param name="adds">Whether it is added to what is there.</param>
    public void InputGradient(float* scratch, in GradientView gradient, float* dx, bool adds)
    {
        var padding = inputLayout.Padding;
        var bandRows = pool > 1 ? pool : rows;
        for (var paddedRow = padding; paddedRow < inputLayout.Shape.Height + padding; paddedRow++)
        {
            var (row, rowPhase) = Math.DivRem(paddedRow, stride);
            var rowTaps = Taps(layer.KernelHeight, rowPhase);
            var firstBand = Math.Max(0, row - rowTaps + 1) / bandRows;
            var lastBand = Math.Min(rows - 1, row) / bandRows;
            for (var columnPhase = 0; columnPhase < stride; columnPhase++)
            {
                var columnTaps = Taps(layer.KernelWidth, columnPhase);
                var taps = rowTaps * columnTaps;
                var weights = scratch + ((long)layer.Inputs * layer.Outputs * TapsBefore(rowPhase, columnPhase));
                var end = (inputLayout.Shape.Width + padding - columnPhase + stride - 1) / stride;
                for (var column = (padding - columnPhase + stride - 1) / stride; column < end; column += GroupColumns)
                {
                    var width = Math.Min(GroupColumns, end - column);
                    var target = dx + (paddedRow * inputLayout.RowStride) + (((column * stride) + columnPhase) * Lanes.Width);
                    for (var band = firstBand; band <= lastBand || band == firstBand; band++)
                    {
                        var lastRow = Math.Min(rowTaps - 1, row - (band * bandRows));
                        var firstRow = Math.Max(0, row - Math.Min(rows, (band + 1) * bandRows) + 1);
                        var usedRows = columnTaps == 0 ? 0 : Math.Max(0, lastRow - firstRow + 1);
                        var inner = usedRows * columnTaps;
                        var loop = new TileLoop
                        {
                            Middle = 1,
                            WeightOuter = taps,
                            WeightInner = 1,
                            WeightRow = (nint)layer.Outputs * taps,
                            OutputRow = inputLayout.ChannelStride,
                            OutputColumn = stride * Lanes.Width,
                            Accumulate = adds || band > firstBand,
                        };
                        var outputsAtOnce = inner == 0 ? layer.Outputs : Math.Max(1, PartWeights / inner);
                        for (var output = 0; output < layer.Outputs; output += outputsAtOnce)
                        {
                            var outputs = Math.Min(outputsAtOnce, layer.Outputs - output);
                            (loop.Outer, loop.Inner) = inner == taps ? (1, outputs * taps) : (outputs, inner);
                            for (var k = 0; k < outputs * usedRows; k++)
                            {
                                var (channel, tap) = Math.DivRem(k, usedRows);
                                CopyRow(
                                    gradient.Start + ((output + channel) * gradient.Channel) + ((row - lastRow + tap) * gradient.Row),
                                    gradient.Column,
                                    column - columnTaps + 1,
                                    columnTaps,
                                    scratch + layer.WeightCount,
                                    k * columnTaps,
                                    outputs * inner,
                                    width);
                            }

                            Multiply(
                                weights + ((long)output * taps) + ((rowTaps - 1 - lastRow) * columnTaps),
                                layer.Inputs,
                                scratch + layer.WeightCount,
                                width,
                                loop,
                                null,
                                float.NegativeInfinity,
                                target);
                            loop.Accumulate = true;
                        }
                    }
                }
            }
        }
    }

    /// <summary>The weight gradient of all blocks of a slice, summed over (block, row, column) in 16 lanes and folded; one chain for each row of a pool.</summary>
    /// <param name="sums">Scratch.</param>
    /// <param name="gradient">Output gradients of the first block before the pool.</param>
    /// <param name="x">Inputs of the first block.</param>
    /// <param name="blocks">Number of blocks.</param>
    /// <param name="destination">Shape [outputs, fan-in].</param>
    public void WeightGradient(float* sums, in GradientView gradient, float* x, int blocks, float* destination)
    {
        const int SumRow = TileWeights * Lanes.Width;
        const int ChainStride = TileOutputs * SumRow;
        var columnsAtOnce = Math.Min(columns, TilePositions);
        var rowsAtOnce = Math.Max(1, TilePositions / columns);
        var loop = new DotLoop
        {
            GradientChannel = gradient.Channel,
            GradientRow = pool * gradient.Row,
            InputRow = (nint)pool * stride * inputLayout.RowStride,
            InputStep = stride * Lanes.Width,
        };
        fixed (int* all = offsets)
        {
            for (var weight = 0; weight < layer.FanIn; weight += TileWeights)
            {
                var weights = Math.Min(TileWeights, layer.FanIn - weight);
                for (var output = 0; output < layer.Outputs; output += TileOutputs)
                {
                    var outputs = Math.Min(TileOutputs, layer.Outputs - output);
                    NativeMemory.Clear(sums, (nuint)(pool * ChainStride * sizeof(float)));
                    for (var block = 0; block < blocks; block++)
                    {
                        var d = gradient.Start + (block * gradient.Block) + (output * gradient.Channel);
                        var source = x + ((long)block * inputLayout.BlockStride);
                        for (var chain = 0; chain < pool; chain++)
                        {
                            for (var row = 0; row < rows / pool; row += rowsAtOnce)
                            {
                                loop.Rows = Math.Min(rowsAtOnce, (rows / pool) - row);
                                var line = ((nint)row * pool) + chain;
                                for (var column = 0; column < columns; column += columnsAtOnce)
                                {
                                    loop.Columns = Math.Min(columnsAtOnce, columns - column);
                                    DenseTiles.Dot(
                                        d + (line * gradient.Row) + (column * gradient.Column),
                                        outputs,
                                        source + (line * stride * inputLayout.RowStride) + (column * loop.InputStep),
                                        all + weight,
                                        weights,
                                        loop,
                                        sums + (chain * ChainStride),
                                        SumRow);
                                }
                            }
                        }
                    }

                    for (var row = 0; row < outputs; row++)
                    {
                        Lanes.SumEach(sums + (row * SumRow), pool, ChainStride, weights, destination + ((long)(output + row) * layer.FanIn) + weight);
                    }
                }
            }
        }
    }

    /// <summary>One weight's inputs in neighboring columns, to the panels from <paramref name="column"/> on.</summary>
    private static void Copy(float* source, int step, float* panels, int weight, int weights, int column, int end)
    {
        for (; column < end; column++, source += step)
        {
            Vector512.Load(source).Store(Place(panels, weight, weights, column, end));
        }
    }

    /// <summary>Where a panel holds what weight k meets in one column; the last panel may have fewer columns.</summary>
    private static float* Place(float* panels, int weight, int weights, int column, int columns)
    {
        var first = column / PanelColumns * PanelColumns;
        return panels + ((((long)first * weights) + ((long)weight * Math.Min(PanelColumns, columns - first)) + (column - first)) * Lanes.Width);
    }

    /// <summary>All outputs of a group of columns, panel by panel.</summary>
    private static void Multiply(float* weights, int outputs, float* panels, int columns, TileLoop loop, float* biases, float floor, float* target)
    {
        var count = loop.Outer * loop.Inner;
        for (var column = 0; column < columns; column += PanelColumns)
        {
            var width = Math.Min(PanelColumns, columns - column);
            loop.InputOuter = (nint)loop.Inner * width * Lanes.Width;
            loop.InputInner = width * Lanes.Width;
            loop.InputColumn = Lanes.Width;
            DenseTiles.Product(
                weights, outputs, panels + ((long)column * count * Lanes.Width), width, loop, biases, floor, target + (column * loop.OutputColumn));
        }
    }

    /// <summary>
    /// The gradients of one row that the taps of a kernel row meet, tap by tap: the first reads from column <paramref name="first"/> on. Zeros lie left and
    /// right of the row.
    /// </summary>
    private void CopyRow(float* source, nint step, int first, int taps, float* panels, int weight, int weights, int width)
    {
        for (var tap = 0; tap < taps; tap++, first++)
        {
            var begin = Math.Clamp(-first, 0, width);
            var end = Math.Clamp(columns - first, begin, width);
            for (var column = 0; column < width; column++)
            {
                var value = column >= begin && column < end ? Vector512.Load(source + ((first + column) * step)) : Vector512<float>.Zero;
                value.Store(Place(panels, weight + tap, weights, column, width));
            }
        }
    }

    /// <summary>The taps of one phase, downwards; returns the place after them.</summary>
    private float* WriteTaps(float* source, int rowPhase, int columnPhase, float* place)
    {
        for (var row = Taps(layer.KernelHeight, rowPhase) - 1; row >= 0; row--)
        {
            for (var column = Taps(layer.KernelWidth, columnPhase) - 1; column >= 0; column--)
            {
                *place++ = source[(((row * stride) + rowPhase) * layer.KernelWidth) + (column * stride) + columnPhase];
            }
        }

        return place;
    }

    /// <summary>Kernel positions along one axis that inputs of a phase meet: phase, phase + stride, ...</summary>
    private int Taps(int size, int phase) => (size - phase + stride - 1) / stride;

    /// <summary>Taps of all phases before one.</summary>
    private int TapsBefore(int rowPhase, int columnPhase)
    {
        var taps = 0;
        for (var phase = 0; phase < (rowPhase * stride) + columnPhase; phase++)
        {
            taps += Taps(layer.KernelHeight, phase / stride) * Taps(layer.KernelWidth, phase % stride);
        }

        return taps;
    }
}
