using System.Runtime.Intrinsics;
using SparseCore.Cpu.Kernels;
using SparseCore.Cpu.Weights;

namespace SparseCore.Cpu.Convolutions;

/// <summary>
/// The backward pass of a sparse convolution without pool: the weights are sorted by (tile of output channels, input channel), and a chunk of a row of inputs meets
/// them list by list, so that its values and their gradients stay in registers. The sums have the order of the masked dense pass.
/// </summary>
internal sealed unsafe class GatheredLists : ListPass
{
    private const int WidestChunk = 16; // positions that lists go through together, at most
    private readonly ConvolutionGeometry geometry;
    private readonly LayerState state;
    private readonly TileOrder order;
    private readonly StageTensors tensors;
    private readonly TensorLayout inputLayout;
    private readonly TensorLayout outputLayout;
    private readonly NormStage? norm;
    private readonly int stride;
    private readonly int rows;
    private readonly int columns;
    private readonly int tileOutputs;
    private readonly int tiles;

    /// <summary>Sorts the weights for the pass.</summary>
    /// <param name="geometry">The convolution, without a pool and not the first.</param>
    /// <param name="state">Its weights.</param>
    /// <param name="sizes">Sizes of tiles.</param>
    /// <param name="norm">The batch normalization that alone reads the output; null where there is none.</param>
    public GatheredLists(ConvolutionGeometry geometry, LayerState state, PartSizes sizes, NormStage? norm)
    {
        this.geometry = geometry;
        this.state = state;
        this.norm = norm;
        order = state.ByTile;
        tensors = geometry.Tensors;
        inputLayout = geometry.Input;
        outputLayout = geometry.Output;
        stride = geometry.Stride;
        (rows, columns) = (geometry.Rows, geometry.Columns);
        (tileOutputs, tiles) = sizes.Tiles;
        state.SortByTile(tileOutputs, stride, GradientChannel, GradientRow);
    }

    public override bool CanTakeNorm => norm is not null;

    public override long ScratchFloats =>
        ((long)state.Layer.Outputs * GradientChannel) + (2L * state.Layer.Inputs * WidestChunk * Lanes.Width);

    public override long SumFloats => (long)state.Stride * Lanes.Width;

    /// <summary>Rows and columns of zeros around expanded output gradients.</summary>
    private int Zeros => Math.Max(state.Layer.KernelHeight, state.Layer.KernelWidth) - 1;

    /// <summary>
    /// Whether the output gradients are brought for one chunk and tile at a time, because no position meets another's; otherwise they are expanded, with zeros around
    /// them, for the whole block.
    /// </summary>
    private bool BringsChunks => Zeros == 0 && stride == 1 && geometry.IsPlain;

    /// <summary>Floats between rows of the gradients that lists are gathered from.</summary>
    private int GradientRow => (BringsChunks ? ColumnsAtOnce(inputLayout.Shape.Width) : columns + (2 * Zeros)) * Lanes.Width;

    /// <summary>Floats between their channels.</summary>
    private int GradientChannel => (BringsChunks ? RowsAtOnce(inputLayout.Shape.Width) : rows + (2 * Zeros)) * GradientRow;

    public override void Run(Workspace workspace, int block, float* scratch, float* biasSums, float* sums, bool takesNorm)
    {
        var pass = new Pass
        {
            Workspace = workspace,
            Block = block,
            TakesNorm = takesNorm,
            Input = geometry.Inputs(workspace, block),
            InputGradient = geometry.InputGradients(workspace, block),
            Gradient = scratch,
            Packed = scratch + ((nint)(BringsChunks ? tileOutputs : state.Layer.Outputs) * GradientChannel),
            Sums = sums,
        };
        if (!BringsChunks)
        {
            Expand(pass, biasSums);
        }

        // With a stride, the rows and columns of one phase meet every stride-th tap: each phase is a convolution without stride.
        for (var phase = 0; phase < stride * stride; phase++)
        {
            pass.Phase = phase;
            var (rowPhase, columnPhase) = Math.DivRem(phase, stride);
            var (firstRow, endRow) = OutputsOf(rowPhase, inputLayout.Shape.Height);
            var (firstColumn, endColumn) = OutputsOf(columnPhase, inputLayout.Shape.Width);
            var chunkColumns = ColumnsAtOnce(endColumn - firstColumn);
            var chunkRows = RowsAtOnce(endColumn - firstColumn);
            for (var row = firstRow; row < endRow; row += chunkRows)
            {
                for (var column = firstColumn; column < endColumn; column += chunkColumns)
                {
                    pass.Here = new Chunk(row, column, Math.Min(chunkRows, endRow - row), Math.Min(chunkColumns, endColumn - column));
                    pass.Next = column + chunkColumns < endColumn
                        ? pass.Here with { Column = column + chunkColumns }
                        : pass.Here with { Row = row + chunkRows, Column = firstColumn };
                    GatherChunk(pass);
                }
            }
        }
    }

    /// <summary>The gradients are in the order of the tiles and go back to that of the stored weights.</summary>
    public override void Fold(float* sums, float* gradients)
    {
        Lanes.SumEach(sums, 1, 0, state.Stored, sums); // each sum lands on lanes that were already folded
        MomentumUpdate.Scatter(sums, order.Sources, state.Stored, gradients);
    }

    /// <summary>Columns that lists go through together in rows of some length.</summary>
    private static int ColumnsAtOnce(int length) =>
        Lanes.UsesAvx2 ? (length % 7 == 0 ? 7 : 8) : length == 7 ? 7 : length % 7 == 0 ? 14 : WidestChunk;

    /// <summary>Rows that lists go through together.</summary>
    private static int RowsAtOnce(int length) => length == 7 ? 2 : 1;

    /// <summary>Along one axis, the first output position that inputs of a phase meet, and the end.</summary>
    private (int First, int End) OutputsOf(int phase, int size) =>
        ((inputLayout.Padding - phase + stride - 1) / stride, (size + inputLayout.Padding - phase + stride - 1) / stride);

    private Range OutputsOfTile(int tile) => (tile * tileOutputs)..Math.Min((tile + 1) * tileOutputs, state.Layer.Outputs);

    /// <summary>
    /// One chunk: input and input gradient are brought side by side for all channels, [channels][rows][columns][16] each, and meet the lists tile by tile. Meanwhile
    /// what comes next is asked for.
    /// </summary>
    private void GatherChunk(in Pass pass)
    {
        var channels = state.Layer.Inputs;
        var here = pass.Here;
        var step = stride * Lanes.Width;
        var inputRow = stride * inputLayout.RowStride;
        var rowFloats = here.Columns * Lanes.Width;
        var packedChannel = here.Rows * rowFloats;
        var packedGradient = pass.Packed + ((nint)channels * packedChannel);
        var place = InputPlace(pass.Phase, here);
        for (var channel = 0; channel < channels; channel++)
        {
            for (var row = 0; row < here.Rows; row++)
            {
                var source = place + (channel * inputLayout.ChannelStride) + (row * inputRow);
                var target = (channel * packedChannel) + (row * rowFloats);
                Elementwise.Copy(pass.Input + source, step, here.Columns, pass.Packed + target, Lanes.Width, streamed: false);
                if (tensors.AddsToInput)
                {
                    Elementwise.Copy(pass.InputGradient + source, step, here.Columns, packedGradient + target, Lanes.Width, streamed: false);
                }
            }
        }

        for (var tile = 0; tile < tiles; tile++)
        {
            var gradient = BringsChunks ? BringChunk(pass, tile) : pass.Gradient + GradientPlace(here);
            var ahead = AheadOf(pass, tile);
            var starts = order.Starts + (((tile * stride * stride) + pass.Phase) * channels);
            var isFirst = tile == 0 && !tensors.AddsToInput;
            for (var channel = 0; channel < channels; channel++)
            {
                ahead.Advance();
                var first = starts[channel];
                var count = starts[channel + 1] - first;
                if (count == 0 && !isFirst)
                {
                    continue;
                }

                var values = order.Values + first;
                var offsets = order.Offsets + first;
                var input = pass.Packed + (channel * packedChannel);
                var inputGradient = packedGradient + (channel * packedChannel);
                var listSums = pass.Sums + ((long)first * Lanes.Width);
                if (here.Rows == 2)
                {
                    SparseConvolution.GatherRows(values, offsets, count, gradient, GradientRow, input, inputGradient, isFirst, listSums);
                }
                else
                {
                    SparseConvolution.GatherRow(values, offsets, count, gradient, input, inputGradient, here.Columns, isFirst, listSums);
                }
            }
        }

        for (var channel = 0; channel < channels; channel++)
        {
            for (var row = 0; row < here.Rows; row++)
            {
                var target = pass.InputGradient + place + (channel * inputLayout.ChannelStride) + (row * inputRow);
                var source = packedGradient + (channel * packedChannel) + (row * rowFloats);
                Elementwise.Copy(source, Lanes.Width, here.Columns, target, step, inputLayout.IsStreamed && !tensors.AddsToInput);
            }
        }
    }

    /// <summary>The output gradients of one chunk for the outputs of one tile, from the batch normalization or from memory.</summary>
    /// <returns>Where output 0 of the layer would be.</returns>
    private float* BringChunk(in Pass pass, int tile)
    {
        var outputs = OutputsOfTile(tile);
        var (first, length) = outputs.GetOffsetAndLength(state.Layer.Outputs);
        if (pass.TakesNorm)
        {
            norm!.InputGradients(pass.Workspace, pass.Block, outputs, Position(pass.Here), pass.Here.Positions, pass.Gradient, GradientChannel);
        }
        else
        {
            var source = StoredGradient(pass, first, pass.Here);
            for (var output = 0; output < length; output++)
            {
                for (var row = 0; row < pass.Here.Rows; row++)
                {
                    Elementwise.Copy(
                        source + ((nint)output * outputLayout.ChannelStride) + (row * outputLayout.RowStride),
                        Lanes.Width,
                        pass.Here.Columns,
                        pass.Gradient + ((nint)output * GradientChannel) + (row * GradientRow),
                        Lanes.Width,
                        streamed: false);
                }
            }
        }

        return pass.Gradient - ((nint)first * GradientChannel);
    }

    /// <summary>
    /// Writes the output gradients of one block before the ReLU with the zeros around them that lists want, and where they lie in memory, adds them up for the biases.
    /// </summary>
    private void Expand(in Pass pass, float* biasSums)
    {
        var margin = Zeros * Lanes.Width;
        var y = pass.Workspace.Values(tensors.Output) + ((long)pass.Block * outputLayout.BlockStride);
        var dy = pass.Workspace.Gradients(tensors.Output) + ((long)pass.Block * outputLayout.BlockStride);
        for (var channel = 0; channel < state.Layer.Outputs; channel++)
        {
            // The zeros between two rows: the right margin of one and the left margin of the next.
            var target = pass.Gradient + ((nint)channel * GradientChannel);
            ConvolutionGeometry.Clear(target, (Zeros * GradientRow) + margin);
            target += (Zeros * GradientRow) + margin;
            var sum = Vector512.Load(biasSums + (channel * Lanes.Width));
            for (var row = 0; row < rows; row++)
            {
                if (pass.TakesNorm)
                {
                    norm!.InputGradients(pass.Workspace, pass.Block, channel..(channel + 1), row * columns, columns, target, GradientChannel);
                }
                else
                {
                    var source = outputLayout.Offset(channel, row, 0);
                    sum = Pooling.Gate(dy + source, y + source, outputLayout.FeatureStride, geometry.HasRelu, columns, target, sum);
                }

                ConvolutionGeometry.Clear(target + (columns * Lanes.Width), 2 * margin);
                target += GradientRow;
            }

            ConvolutionGeometry.Clear(target, (Zeros * GradientRow) - margin);
            sum.Store(biasSums + (channel * Lanes.Width));
        }
    }

    /// <summary>
    /// What is asked for while the lists of a tile are worked on: the gradients that the next tile meets, and during the last tile the inputs of the next chunk.
    /// </summary>
    private TileReadahead AheadOf(in Pass pass, int tile)
    {
        var isLast = tile == tiles - 1;
        var outputs = OutputsOfTile(isLast ? 0 : tile + 1);
        var chunk = isLast ? pass.Next : pass.Here;
        var (first, length) = outputs.GetOffsetAndLength(state.Layer.Outputs);
        var calls = state.Layer.Inputs;
        var ahead = new TileReadahead
        {
            Inputs = isLast ? InputsAhead(pass.Input, pass.Phase, chunk) : default,
            InputGradients = isLast && tensors.AddsToInput ? InputsAhead(pass.InputGradient, pass.Phase, chunk) : default,
        };
        if (!BringsChunks)
        {
            // The chunk above has met the rows above.
            ahead.Gradients = new Readahead(pass.Gradient + ((nint)first * GradientChannel) + GradientPlace(chunk), GradientChannel, length, chunk.Columns, calls);
        }
        else if (pass.TakesNorm)
        {
            ahead.Gradients = norm!.GradientsAhead(pass.Workspace, pass.Block, outputs, Position(chunk), chunk.Positions, calls);
            ahead.NormInputs = norm.InputsAhead(pass.Workspace, pass.Block, outputs, Position(chunk), chunk.Positions, calls);
        }
        else
        {
            ahead.Gradients = new Readahead(StoredGradient(pass, first, chunk), outputLayout.ChannelStride, length, chunk.Positions, calls);
        }

        return ahead;
    }

    private Readahead InputsAhead(float* tensor, int phase, Chunk chunk) =>
        new(
            tensor + InputPlace(phase, chunk),
            inputLayout.ChannelStride,
            state.Layer.Inputs,
            ((chunk.Rows - 1) * stride * inputLayout.RowStride / Lanes.Width) + ((chunk.Columns - 1) * stride) + 1,
            state.Layer.Inputs);

    /// <summary>Index of a chunk's first output position, row by row; where chunks are brought.</summary>
    private int Position(Chunk chunk) => (chunk.Row * columns) + chunk.Column;

    /// <summary>Where a chunk of input positions of one phase starts in channel 0.</summary>
    private int InputPlace(int phase, Chunk chunk)
    {
        var (rowPhase, columnPhase) = Math.DivRem(phase, stride);
        return inputLayout.Offset(0, (chunk.Row * stride) + rowPhase - inputLayout.Padding, (chunk.Column * stride) + columnPhase - inputLayout.Padding);
    }

    /// <summary>Where a chunk starts among the expanded output gradients.</summary>
    private int GradientPlace(Chunk chunk) => ((chunk.Row + Zeros) * GradientRow) + ((chunk.Column + Zeros) * Lanes.Width);

    /// <summary>Where a chunk starts in the gradient of the output tensor.</summary>
    private float* StoredGradient(in Pass pass, int output, Chunk chunk) =>
        pass.Workspace.Gradients(tensors.Output) + outputLayout.Place(pass.Block, output, chunk.Row) + (chunk.Column * outputLayout.FeatureStride);

    /// <summary>Some rows and columns that lists go through together.</summary>
    private readonly record struct Chunk(int Row, int Column, int Rows, int Columns)
    {
        /// <summary>Rows x columns.</summary>
        public int Positions => Rows * Columns;
    }

    private ref struct Pass
    {
        public Workspace Workspace { get; init; }

        public int Block { get; init; }

        public bool TakesNorm { get; init; }

        public float* Input { get; init; }

        public float* InputGradient { get; init; }

        /// <summary>Expanded output gradients, or room for those of a tile and chunk.</summary>
        public float* Gradient { get; init; }

        /// <summary>Room for a chunk's inputs and then their gradients, side by side.</summary>
        public float* Packed { get; init; }

        public float* Sums { get; init; }

        /// <summary>Row and column modulo the stride: row phase * stride + column phase.</summary>
        public int Phase { get; set; }

        public Chunk Here { get; set; }

        public Chunk Next { get; set; }
    }

    private ref struct TileReadahead
    {
        public Readahead Inputs;
        public Readahead InputGradients;
        public Readahead Gradients;
        public Readahead NormInputs;

        public void Advance()
        {
            Inputs.Advance();
            InputGradients.Advance();
            Gradients.Advance();
            NormInputs.Advance();
        }
    }
}
