using System.Runtime.Intrinsics;
using SparseCore.Engine.Kernels;
using SparseCore.Networks;

namespace SparseCore.Engine;

/// <summary>A convolution with its bias and, where they follow, its ReLU and its max-pool; the rows before the pool exist only in a small scratch area.</summary>
internal sealed unsafe class ConvolutionStage : Stage
{
    private const int Margin = 3; // a tile of 4 input columns reads up to 3 columns past either end of an output row
    private readonly TensorLayout inputLayout;
    private readonly TensorLayout outputLayout;
    private readonly LayerState state;
    private readonly int stride;
    private readonly bool relu;
    private readonly int pool;
    private readonly int rows;
    private readonly int columns;
    private readonly float floor;

    /// <summary>Describes the stage.</summary>
    /// <param name="input">Index of the input tensor.</param>
    /// <param name="output">Index of the output tensor.</param>
    /// <param name="inputLayout">Its layout: block-major, padded as the convolution needs.</param>
    /// <param name="outputLayout">Layout after the pool.</param>
    /// <param name="state">The weights.</param>
    /// <param name="operation">Kernel size, stride, padding.</param>
    /// <param name="relu">Whether a ReLU follows.</param>
    /// <param name="pool">Size and stride of the max-pool that follows; 1 for none.</param>
    public ConvolutionStage(
        int input, int output, TensorLayout inputLayout, TensorLayout outputLayout, LayerState state, Operation.Convolution operation, bool relu, int pool)
        : base(state.Layer.Name, input, output)
    {
        this.inputLayout = inputLayout;
        this.outputLayout = outputLayout;
        this.state = state;
        stride = operation.Stride;
        this.relu = relu;
        this.pool = pool;
        rows = outputLayout.Shape.Height * pool; // rows and columns that a pool leaves over are not computed
        columns = outputLayout.Shape.Width * pool;
        floor = relu ? 0f : float.NegativeInfinity;
    }

    /// <summary>Floats of lane sums needed: the stored weights, or all.</summary>
    public long SumFloats(bool dense) => (long)(dense ? state.Layer.WeightCount : state.Stride) * Lanes.Width;

    public override int PositionBytes => pool > 1 ? outputLayout.Floats : 0;

    public override long ScratchFloats => (long)state.Layer.Outputs * ((rows * (columns + (2 * Margin))) + 1) * Lanes.Width;

    private bool GathersInputGradient => state.IsDense && stride == 1 && Input != 0;

    public override void Forward(Workspace workspace, int blocks)
    {
        var layer = state.Layer;
        for (var block = 0; block < blocks; block++)
        {
            var x = workspace.Values(Input) + ((long)block * inputLayout.BlockStride);
            var y = workspace.Values(Output) + ((long)block * outputLayout.BlockStride);
            if (pool == 1)
            {
                for (var row = 0; row < rows; row++)
                {
                    ForwardRow(x, row, y + outputLayout.Offset(0, row, 0), outputLayout.ChannelStride, outputLayout.FeatureStride, floor);
                }

                continue;
            }

            var scratchRow = columns * Lanes.Width;
            var positions = workspace.Positions(Output) + ((long)block * outputLayout.Shape.Count * Lanes.Width);
            for (var row = 0; row < outputLayout.Shape.Height; row++)
            {
                for (var inner = 0; inner < pool; inner++)
                {
                    ForwardRow(
                        x, (row * pool) + inner, workspace.Scratch + (inner * scratchRow), pool * scratchRow, Lanes.Width, float.NegativeInfinity);
                }

                for (var channel = 0; channel < layer.Outputs; channel++)
                {
                    Pooling.Forward(
                        workspace.Scratch + ((long)channel * pool * scratchRow),
                        pool,
                        outputLayout.Shape.Width,
                        floor,
                        y + outputLayout.Offset(channel, row, 0),
                        outputLayout.FeatureStride,
                        positions + (((channel * outputLayout.Shape.Height) + row) * outputLayout.Shape.Width * Lanes.Width));
                }
            }
        }
    }

    public override void Backward(Workspace workspace, int blocks, int slice, GradientScope scope)
    {
        var layer = state.Layer;
        var wantsAll = scope == GradientScope.Dense && !state.IsDense;
        var storedSums = workspace.Sums;
        var allSums = storedSums + (wantsAll ? SumFloats(dense: false) : 0);
        new Span<float>(storedSums, checked((int)SumFloats(state.IsDense))).Clear();
        if (wantsAll)
        {
            new Span<float>(allSums, checked((int)SumFloats(dense: true))).Clear();
        }

        // Output gradients before the pool, one block at a time: [outputs][rows][columns + margins][16], then the bias sums [outputs][16].
        var margin = GathersInputGradient ? Margin : 0;
        var rowStride = (columns + (2 * margin)) * Lanes.Width;
        var channelStride = (nint)rows * rowStride;
        var gradient = workspace.Scratch;
        var biasSums = gradient + (layer.Outputs * channelStride);
        new Span<float>(biasSums, layer.Outputs * Lanes.Width).Clear();
        for (var block = 0; block < blocks; block++)
        {
            var x = workspace.Values(Input) + ((long)block * inputLayout.BlockStride);
            var dx = Input == 0 ? null : workspace.Gradients(Input) + ((long)block * inputLayout.BlockStride);
            ExpandGradient(workspace, block, gradient, margin, biasSums);
            var expanded = gradient + (margin * Lanes.Width);
            if (!state.IsDense || wantsAll || (stride > 1 && dx is not null))
            {
                BackwardRows(expanded, rowStride, channelStride, x, dx, storedSums);
            }

            if (wantsAll || (state.IsDense && (stride == 1 || dx is null)))
            {
                DenseWeightGradient(expanded, rowStride, channelStride, x, allSums);
                if (GathersInputGradient)
                {
                    GatherInputGradient(expanded, rowStride, channelStride, dx);
                }
            }
        }

        Lanes.SumEach(storedSums, state.Stored, state.Gradients + ((long)slice * state.Stride));
        Lanes.SumEach(biasSums, layer.Outputs, state.BiasGradients + ((long)slice * state.BiasStride));
        if (wantsAll)
        {
            Lanes.SumEach(allSums, layer.WeightCount, state.DenseGradients + ((long)slice * Lanes.RoundUp(layer.WeightCount)));
        }
    }

    private void ForwardRow(float* x, int row, float* y, int channelStride, int columnStep, float bound)
    {
        var layer = state.Layer;
        var start = x + ((long)row * stride * inputLayout.RowStride);
        var step = stride * Lanes.Width;
        if (!state.IsDense)
        {
            for (var channel = 0; channel < layer.Outputs; channel++)
            {
                var first = state.RowStarts[channel];
                SparseConvolution.ForwardRow(
                    state.RowValues + first,
                    state.RowOffsets + first,
                    state.RowStarts[channel + 1] - first,
                    start,
                    step,
                    columns,
                    state.Biases[channel],
                    bound,
                    y + ((long)channel * channelStride),
                    columnStep);
            }

            return;
        }

        var loop = new TileLoop
        {
            Outer = layer.Inputs,
            Middle = layer.KernelHeight,
            Inner = layer.KernelWidth,
            WeightOuter = layer.KernelArea,
            WeightMiddle = layer.KernelWidth,
            WeightInner = 1,
            WeightRow = layer.FanIn,
            InputOuter = inputLayout.ChannelStride,
            InputMiddle = inputLayout.RowStride,
            InputInner = Lanes.Width,
            InputColumn = step,
            OutputRow = channelStride,
            OutputColumn = columnStep,
        };
        DenseTiles.Product(state.Weights, layer.Outputs, start, columns, loop, state.Biases, bound, y);
    }

    private void ExpandGradient(Workspace workspace, int block, float* gradient, int margin, float* biasSums)
    {
        var y = workspace.Values(Output) + ((long)block * outputLayout.BlockStride);
        var dy = workspace.Gradients(Output) + ((long)block * outputLayout.BlockStride);
        var shape = outputLayout.Shape;
        var positions = workspace.Positions(Output) + ((long)block * shape.Count * Lanes.Width);
        var rowStride = (columns + (2 * margin)) * Lanes.Width;
        for (var channel = 0; channel < shape.Channels; channel++)
        {
            var plane = gradient + ((nint)channel * rows * rowStride);
            if (margin > 0)
            {
                for (var row = 0; row < rows; row++)
                {
                    new Span<float>(plane + (row * rowStride), margin * Lanes.Width).Clear();
                    new Span<float>(plane + (row * rowStride) + ((margin + columns) * Lanes.Width), margin * Lanes.Width).Clear();
                }

                plane += margin * Lanes.Width;
            }

            var sum = Vector512.Load(biasSums + (channel * Lanes.Width));
            for (var row = 0; row < shape.Height; row++)
            {
                var offset = outputLayout.Offset(channel, row, 0);
                var target = plane + (row * pool * rowStride);
                sum = pool == 1
                    ? Pooling.Gate(dy + offset, y + offset, outputLayout.FeatureStride, relu, columns, target, sum)
                    : Pooling.Backward(
                        dy + offset,
                        y + offset,
                        outputLayout.FeatureStride,
                        relu,
                        pool,
                        shape.Width,
                        positions + (((channel * shape.Height) + row) * shape.Width * Lanes.Width),
                        target,
                        rowStride,
                        sum);
            }

            sum.Store(biasSums + (channel * Lanes.Width));
        }
    }

    private void BackwardRows(float* gradient, int rowStride, nint channelStride, float* x, float* dx, float* sums)
    {
        if (dx is not null)
        {
            new Span<float>(dx, inputLayout.BlockStride).Clear();
        }

        var step = stride * Lanes.Width;
        fixed (int* all = state.Offsets)
        {
            for (var channel = 0; channel < state.Layer.Outputs; channel++)
            {
                var first = state.IsDense ? channel * state.Layer.FanIn : state.RowStarts[channel];
                var count = state.IsDense ? state.Layer.FanIn : state.RowStarts[channel + 1] - first;
                var offsets = state.IsDense ? all : state.RowOffsets + first;
                for (var row = 0; row < rows; row++)
                {
                    var shift = (long)row * stride * inputLayout.RowStride;
                    SparseConvolution.BackwardRow(
                        state.Weights + first,
                        offsets,
                        count,
                        gradient + (channel * channelStride) + (row * rowStride),
                        columns,
                        x + shift,
                        dx is null ? null : dx + shift,
                        step,
                        sums + ((long)first * Lanes.Width));
                }
            }
        }
    }

    private void DenseWeightGradient(float* gradient, int rowStride, nint channelStride, float* x, float* sums)
    {
        var loop = new DotLoop
        {
            Rows = rows,
            Columns = columns,
            GradientChannel = channelStride,
            GradientRow = rowStride,
            InputRow = (nint)stride * inputLayout.RowStride,
            InputStep = stride * Lanes.Width,
        };
        fixed (int* offsets = state.Offsets)
        {
            DenseTiles.Dot(gradient, state.Layer.Outputs, x, offsets, state.Layer.FanIn, loop, sums);
        }
    }

    /// <summary>
    /// The input gradient as a product over (output channel, kernel row downwards, kernel column downwards): ascending output positions, as in the sparse kernel.
    /// Kernel rows that no output row of this input row uses are left out, columns likewise as far as the tile allows.
    /// </summary>
    private void GatherInputGradient(float* gradient, int rowStride, nint channelStride, float* dx)
    {
        var layer = state.Layer;
        var padding = inputLayout.Padding;
        for (var row = padding; row < inputLayout.Shape.Height + padding; row++)
        {
            var lastRow = Math.Min(layer.KernelHeight - 1, row);
            var firstRow = Math.Max(0, row - rows + 1);
            for (var column = padding; column < inputLayout.Shape.Width + padding;)
            {
                var width = column + 4 <= inputLayout.Shape.Width + padding ? 4 : 1;
                var lastColumn = Math.Min(layer.KernelWidth - 1, column + width - 1);
                var firstColumn = Math.Max(0, column - columns + 1);
                var loop = new TileLoop
                {
                    Outer = layer.Outputs,
                    Middle = Math.Max(0, lastRow - firstRow + 1),
                    Inner = Math.Max(0, lastColumn - firstColumn + 1),
                    WeightOuter = layer.FanIn,
                    WeightMiddle = -layer.KernelWidth,
                    WeightInner = -1,
                    WeightRow = layer.KernelArea,
                    InputOuter = channelStride,
                    InputMiddle = rowStride,
                    InputInner = Lanes.Width,
                    InputColumn = Lanes.Width,
                    OutputRow = inputLayout.ChannelStride,
                    OutputColumn = Lanes.Width,
                };
                DenseTiles.Product(
                    state.Weights + (lastRow * layer.KernelWidth) + lastColumn,
                    layer.Inputs,
                    gradient + ((row - lastRow) * rowStride) + ((column - lastColumn) * Lanes.Width),
                    width,
                    loop,
                    null,
                    float.NegativeInfinity,
                    dx + (row * inputLayout.RowStride) + (column * Lanes.Width));
                column += width;
            }
        }
    }
}
