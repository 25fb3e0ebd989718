using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using SparseCore.Cpu.Kernels;
using SparseCore.Engine;
using SparseCore.Networks;

namespace SparseCore.Cpu;

/// <summary>
/// A convolution with its bias and, where they follow, its ReLU and its max-pool; the rows before the pool exist only in a small scratch area.
/// </summary>
internal sealed unsafe class ConvolutionStage : Stage
{
    private const int TileFloats = 6144; // 24 KiB of a first-level cache of 32 or 48
    private const int LargeSums = 131072; // half a MiB
    private const int WeightsOfPart = 12;
    private const int LongestPart = 128;
    private const int WeightsOfTile = 60;
    private const int LongestTile = 256;
    private const int DensePartFloats = 49152; // 192 KiB of a second-level cache of 512 or 1024
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
    private readonly int chunk;
    private readonly int densePartChannels;
    private readonly int denseTileOutputs;
    private readonly GatheredConvolution gathered;
    private readonly LargeConvolution? large;
    private readonly int[] allOutputs;
    private int parts = 1;
    private int partChannels;
    private int[] scattered = [];
    private int[] scatteredStarts = [];

    /// <summary>Describes the stage.</summary>
    /// <param name="tensors">What it reads and writes.</param>
    /// <param name="inputLayout">Layout of the input: block-major, padded as the convolution needs.</param>
    /// <param name="outputLayout">Layout after the pool.</param>
    /// <param name="state">The weights.</param>
    /// <param name="operation">Kernel size, stride, padding.</param>
    /// <param name="relu">Whether a ReLU follows.</param>
    /// <param name="pool">Size and stride of the max-pool that follows; 1 for none.</param>
    public ConvolutionStage(
        StageTensors tensors, TensorLayout inputLayout, TensorLayout outputLayout, LayerState state, Operation.Convolution operation, bool relu, int pool)
        : base(state.Layer.Name, tensors)
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
        chunk = !Lanes.AreHalved ? 14 : columns % 7 == 0 ? 7 : 8;
        allOutputs = [.. Enumerable.Range(0, state.Layer.Outputs)];
        densePartChannels = Math.Clamp(DensePartFloats / (state.Layer.KernelHeight * inputLayout.RowStride), 1, state.Layer.Inputs);
        denseTileOutputs = Math.Clamp(DensePartFloats / (state.Layer.KernelHeight * (columns + (2 * Margin)) * Lanes.Width), 1, state.Layer.Outputs);
        gathered = new GatheredConvolution(tensors, inputLayout, outputLayout, state, stride, relu);
        if ((long)pool * state.Layer.WeightCount * Lanes.Width > LargeSums)
        {
            large = new LargeConvolution(state.Layer, inputLayout, state.Offsets, stride, pool, rows, columns);
        }
    }

    /// <summary>Whether input gradients are gathered row by row from lists sorted for it.</summary>
    private bool GathersLists => !state.IsDense && pool == 1 && Input != 0;

    /// <summary>Whether the dense passes of a large layer need the gradients before the ReLU and the pool written out, or their sums for a bias.</summary>
    private bool Expands => relu || pool > 1 || state.Layer.HasBias;

    /// <summary>Whether pooled gradients meet the weights one by one, sorted by input channel: where registers are few, cache lines decide.</summary>
    private bool ScattersPooled => !state.IsDense && FusesPool && Lanes.AreHalved;

    /// <summary>What one part of a forward pass, or one tile of a backward pass, may take of a first-level cache of 48 KiB, or of 32.</summary>
    private static int PartFloats => Lanes.AreHalved ? 6144 : 9216;

    /// <summary>The batch normalisation that alone reads the output; null where there is none. Set only where <see cref="IsPlain"/>.</summary>
    public NormStage? Norm
    {
        get => gathered.Norm;
        set => gathered.Norm = value;
    }

    /// <summary>Whether the output is the sums of the convolution themselves.</summary>
    public bool IsPlain => gathered.IsPlain && pool == 1;

    /// <summary>Whether lists are sorted by part in the forward pass; with a stride a single part is worth it, because its inputs are copied side by side.</summary>
    private bool TakesParts => pool == 1 && (parts > 1 || stride > 1 || outputLayout.IsStreamed);

    /// <summary>Floats of one packed run: a chunk of columns of one phase.</summary>
    private int PackedPhase => (chunk + ((state.Layer.KernelWidth - 1) / stride)) * Lanes.Width;

    /// <summary>Floats of one packed channel.</summary>
    private int PackedChannel => state.Layer.KernelHeight * stride * PackedPhase;

    /// <summary>Whether a backward pass takes its output gradients from <see cref="Norm"/> piece by piece, and not from memory.</summary>
    public bool TakesNorm(GradientScope scope) => Norm is not null && GathersLists && scope == GradientScope.Active;

    /// <summary>Sorts the weights for the passes; to be called when the masks have changed.</summary>
    public void Rebuild()
    {
        var layer = state.Layer;
        if (state.IsDense)
        {
            return;
        }

        // Input channels of one part of a forward pass: what one chunk of a row meets stays in the first-level cache, unless that left too few weights to a part
        // to pay for loading and storing its sums. Output channels of one tile of a backward pass: more, because each tile goes through the inputs and their
        // gradients of all channels, and an output gradient is used twice for each load.
        var chunkFloats = stride == 1 ? layer.KernelHeight * Math.Min(columns + layer.KernelWidth - 1, chunk - 1 + layer.KernelWidth) * Lanes.Width : PackedChannel;
        partChannels = pool == 1 ? ChannelsFor(WeightsOfPart, LongestPart, chunkFloats, layer.Inputs) : layer.Inputs;
        (partChannels, parts) = Even(layer.Inputs, partChannels);
        if (GathersLists)
        {
            var (tileOutputs, tiles) = Even(layer.Outputs, ChannelsFor(WeightsOfTile, LongestTile, chunkFloats, layer.Outputs));
            gathered.Sort(tileOutputs, tiles);
        }

        if (ScattersPooled)
        {
            SortByInput();
        }

        if (TakesParts)
        {
            state.SortByPart(partChannels, stride == 1 ? state.Offsets : PackedOffsets());
        }
    }

    /// <summary>
    /// Floats of lane sums needed: a chain for every row of a pooling window, each for the stored weights, or for all. Dense passes of large layers fold theirs at
    /// once.
    /// </summary>
    public long SumFloats(bool dense) => (dense || state.IsDense) && large is not null ? 0 : pool * ChainStride(dense);

    public override int PositionBytes => pool > 1 ? outputLayout.Floats : 0;

    public override long ScratchFloats => Math.Max(ForwardScratchFloats, BackwardScratchFloats) + (large is null ? 0 : large.ScratchFloats);

    private long ForwardScratchFloats =>
        ((long)state.Layer.Outputs * (chunk + 1) * Lanes.Width)
        + (stride == 1 ? 0 : (long)Math.Min(state.Layer.Inputs, 2 * Math.Max(LongestPart, PartFloats / PackedChannel)) * PackedChannel);

    private long BackwardScratchFloats =>
        (2L * state.Layer.Outputs * Lanes.Width)
        + Math.Max((long)state.Layer.Outputs * rows * (columns + (2 * Margin)) * Lanes.Width, gathered.ScratchFloats)
        + (large is not null && Expands ? (BlockCount - 1L) * ExpandedBlock : 0);

    /// <summary>Blocks of a whole slice.</summary>
    private int BlockCount => outputLayout.IsBlockMajor ? outputLayout.Floats / outputLayout.BlockStride : outputLayout.FeatureStride / Lanes.Width;

    /// <summary>Floats of one block's gradients before the pool.</summary>
    private nint ExpandedBlock => (nint)state.Layer.Outputs * rows * columns * Lanes.Width;

    /// <summary>2x2 windows whose convolution rows a kernel keeps in registers.</summary>
    private bool FusesPool => pool == 2 && stride == 1 && outputLayout.Shape.Width % 4 == 0;

    public override void Forward(Workspace workspace, int blocks)
    {
        var layer = state.Layer;
        var weights = state.ForwardWeights(workspace.ParameterSet);
        var biases = state.ForwardBiases(workspace.ParameterSet);
        for (var block = 0; block < blocks; block++)
        {
            var x = workspace.Values(Input) + ((long)block * inputLayout.BlockStride);
            var y = workspace.Values(Output) + ((long)block * outputLayout.BlockStride);
            if (pool == 1)
            {
                for (var row = 0; row < rows; row++)
                {
                    ForwardRow(
                        workspace,
                        weights,
                        biases,
                        x,
                        row,
                        y + outputLayout.Offset(0, row, 0),
                        outputLayout.ChannelStride,
                        outputLayout.FeatureStride,
                        floor);
                }

                continue;
            }

            var scratchRow = columns * Lanes.Width;
            var positions = workspace.KeepsPositions ? workspace.Positions(Output) + ((long)block * outputLayout.Shape.Count * Lanes.Width) : null;
            if (FusesPool && !state.IsDense && Lanes.AreHalved)
            {
                NarrowConvolution.ForwardPooled(
                    weights,
                    state.RowOffsets,
                    state.RowStarts,
                    layer.Outputs,
                    biases,
                    floor,
                    x,
                    inputLayout.RowStride,
                    outputLayout.Shape.Height,
                    outputLayout.Shape.Width,
                    y + outputLayout.Offset(0, 0, 0),
                    outputLayout.ChannelStride,
                    outputLayout.RowStride,
                    outputLayout.FeatureStride,
                    positions);
                continue;
            }

            for (var row = 0; row < outputLayout.Shape.Height; row++)
            {
                if (FusesPool && !state.IsDense)
                {
                    ForwardPooledRow(weights, biases, x, row, y, positions);
                    continue;
                }

                if (FusesPool && large is null && layer.Outputs % DensePooledConvolution.Outputs == 0)
                {
                    ForwardDensePooledRow(weights, biases, x, row, y, positions);
                    continue;
                }

                for (var inner = 0; inner < pool; inner++)
                {
                    ForwardRow(
                        workspace,
                        weights,
                        biases,
                        x,
                        (row * pool) + inner,
                        workspace.Scratch + (inner * scratchRow),
                        pool * scratchRow,
                        Lanes.Width,
                        float.NegativeInfinity);
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
                        positions is null ? null : positions + PositionOffset(channel, row));
                }
            }
        }
    }

    public override void Backward(Workspace workspace, int blocks, int slice, GradientScope scope)
    {
        if (large is not null && (state.IsDense || scope == GradientScope.Dense))
        {
            BackwardLarge(workspace, blocks, slice);
            return;
        }

        if (scope == GradientScope.Dense && !state.IsDense)
        {
            BackwardWithAllWeights(workspace, blocks, slice);
            return;
        }

        var layer = state.Layer;
        var sums = workspace.Sums;
        Clear(sums, SumFloats(state.IsDense));

        // Scratch: bias sums [2][outputs][16] (the second takes what must not be counted twice), then output gradients before the pool.
        var biasSums = workspace.Scratch;
        var gradient = biasSums + (2 * layer.Outputs * Lanes.Width);
        Clear(biasSums, (long)layer.Outputs * Lanes.Width);
        for (var block = 0; block < blocks; block++)
        {
            var x = workspace.Values(Input) + ((long)block * inputLayout.BlockStride);
            var dx = Input == 0 ? null : workspace.Gradients(Input) + ((long)block * inputLayout.BlockStride);
            if (state.IsDense)
            {
                BackwardDense(workspace, block, x, dx, gradient, biasSums, allOutputs, state.Offsets, sums);
            }
            else
            {
                BackwardSparse(workspace, block, x, dx, gradient, biasSums, sums, TakesNorm(scope));
            }
        }

        var gradients = state.Gradients + ((long)slice * state.Stride);
        if (GathersLists)
        {
            Lanes.SumEach(sums, 1, 0, state.Stored, sums); // each sum lands on lanes that were already folded
            MomentumUpdate.Scatter(sums, state.TileOrder, state.Stored, gradients);
        }
        else
        {
            Lanes.SumEach(sums, pool, ChainStride(state.IsDense), state.Stored, gradients);
        }

        Lanes.SumEach(biasSums, 1, 0, layer.Outputs, state.BiasGradients + ((long)slice * state.BiasStride));
    }

    /// <summary>
    /// The backward pass of a sparse layer with the gradient of every weight. Outputs whose gradient is 0 for the whole slice (no path leads on from them, or their ReLU
    /// is shut) and inputs that are 0 leave the products, which then have as many terms fewer; what is left out is exactly 0.
    /// </summary>
    private void BackwardWithAllWeights(Workspace workspace, int blocks, int slice)
    {
        var layer = state.Layer;
        var area = layer.KernelArea;
        Span<int> outputs = stackalloc int[layer.Outputs];
        Span<int> inputs = stackalloc int[layer.Inputs];
        outputs = outputs[..LiveChannels(workspace.Gradients(Output), relu ? workspace.Values(Output) : null, outputLayout, blocks, outputs)];
        inputs = inputs[..LiveChannels(workspace.Values(Input), null, inputLayout, blocks, inputs)];
        Span<int> offsets = stackalloc int[inputs.Length * area];
        for (var input = 0; input < inputs.Length; input++)
        {
            state.Offsets.AsSpan(inputs[input] * area, area).CopyTo(offsets[(input * area)..]);
        }

        var listSums = workspace.Sums;
        var sums = listSums + SumFloats(dense: false);
        Clear(listSums, SumFloats(dense: false));
        for (var chain = 0; chain < pool; chain++)
        {
            Clear(sums + (chain * ChainStride(dense: true)), (long)outputs.Length * offsets.Length * Lanes.Width);
        }

        var biasSums = workspace.Scratch;
        var secondBiasSums = biasSums + (layer.Outputs * Lanes.Width);
        var gradient = secondBiasSums + (layer.Outputs * Lanes.Width);
        Clear(biasSums, 2L * layer.Outputs * Lanes.Width);
        for (var block = 0; block < blocks; block++)
        {
            var x = workspace.Values(Input) + ((long)block * inputLayout.BlockStride);
            if (Input != 0)
            {
                var dx = workspace.Gradients(Input) + ((long)block * inputLayout.BlockStride);
                BackwardSparse(workspace, block, x, dx, gradient, secondBiasSums, listSums, takesNorm: false);
            }

            BackwardDense(workspace, block, x, null, gradient, biasSums, outputs, offsets, sums);
        }

        Lanes.SumEach(biasSums, 1, 0, layer.Outputs, state.BiasGradients + ((long)slice * state.BiasStride));
        Lanes.SumEach(sums, pool, ChainStride(dense: true), outputs.Length * offsets.Length, sums); // each sum lands on lanes that were already folded
        Elementwise.Spread(sums, offsets.Length, outputs, inputs, area, layer.FanIn, new Span<float>(state.AllGradients(slice), layer.WeightCount));
    }

    /// <summary>The channels that are not 0 in all examples of the slice, and where a gate is given, not shut. Padding and unused lanes may only add channels.</summary>
    private static int LiveChannels(float* values, float* gate, TensorLayout layout, int blocks, Span<int> live)
    {
        var count = 0;
        var runs = layout.IsBlockMajor ? blocks : 1;
        for (var channel = 0; channel < layout.Shape.Channels; channel++)
        {
            for (var run = 0; run < runs; run++)
            {
                var start = ((long)run * layout.BlockStride) + ((long)channel * layout.ChannelStride);
                if (!Elementwise.IsZero(values + start, gate is null ? null : gate + start, layout.ChannelStride / Lanes.Width))
                {
                    live[count++] = channel;
                    break;
                }
            }
        }

        return count;
    }

    private void BackwardSparse(Workspace workspace, int block, float* x, float* dx, float* gradient, float* biasSums, float* sums, bool takesNorm)
    {
        if (GathersLists)
        {
            gathered.Backward(workspace, block, x, dx, gradient, biasSums, sums, takesNorm);
        }
        else if (ScattersPooled)
        {
            BackwardScattered(workspace, block, x, dx, gradient, biasSums, sums);
        }
        else
        {
            BackwardListed(workspace, block, x, dx, gradient, biasSums, sums);
        }
    }

    private static void Clear(float* start, long count) => NativeMemory.Clear(start, (nuint)(count * sizeof(float)));

    private long ChainStride(bool dense) => (long)(dense ? state.Layer.WeightCount : state.Stride) * Lanes.Width;

    private int PositionOffset(int channel, int row) => ((channel * outputLayout.Shape.Height) + row) * outputLayout.Shape.Width * Lanes.Width;

    private void ForwardPooledRow(float* weights, float* biases, float* x, int row, float* y, byte* positions)
    {
        var start = x + ((long)row * 2 * inputLayout.RowStride);
        for (var channel = 0; channel < state.Layer.Outputs; channel++)
        {
            var first = state.RowStarts[channel];
            if (state.RowStarts[channel + 1] == first)
            {
                Pooling.Fill(
                    biases[channel],
                    floor,
                    outputLayout.Shape.Width,
                    y + outputLayout.Offset(channel, row, 0),
                    outputLayout.FeatureStride,
                    positions is null ? null : positions + PositionOffset(channel, row));
                continue;
            }

            SparseConvolution.ForwardPooled(
                weights + first,
                state.RowOffsets + first,
                state.RowStarts[channel + 1] - first,
                start,
                inputLayout.RowStride,
                outputLayout.Shape.Width,
                biases[channel],
                floor,
                y + outputLayout.Offset(channel, row, 0),
                outputLayout.FeatureStride,
                positions is null ? null : positions + PositionOffset(channel, row));
        }
    }

    private void ForwardDensePooledRow(float* weights, float* biases, float* x, int row, float* y, byte* positions)
    {
        fixed (int* offsets = state.Offsets)
        {
            for (var channel = 0; channel < state.Layer.Outputs; channel += DensePooledConvolution.Outputs)
            {
                DensePooledConvolution.Forward(
                    weights + ((long)channel * state.Layer.FanIn),
                    offsets,
                    state.Layer.FanIn,
                    x + ((long)row * 2 * inputLayout.RowStride),
                    inputLayout.RowStride,
                    outputLayout.Shape.Width,
                    biases + channel,
                    floor,
                    y + outputLayout.Offset(channel, row, 0),
                    outputLayout.ChannelStride,
                    outputLayout.FeatureStride,
                    positions is null ? null : positions + PositionOffset(channel, row),
                    outputLayout.Shape.Height * outputLayout.Shape.Width * Lanes.Width);
            }
        }
    }

    private void ForwardRow(Workspace workspace, float* weights, float* biases, float* x, int row, float* y, int channelStride, int columnStep, float bound)
    {
        var layer = state.Layer;
        var start = x + ((long)row * stride * inputLayout.RowStride);
        var step = stride * Lanes.Width;
        if (!state.IsDense && TakesParts)
        {
            ForwardParts(workspace.Scratch, weights, biases, start, y, channelStride, columnStep, bound);
            return;
        }

        if (!state.IsDense)
        {
            for (var channel = 0; channel < layer.Outputs; channel++)
            {
                var first = state.RowStarts[channel];
                SparseConvolution.ForwardRow(
                    weights + first,
                    state.RowOffsets + first,
                    state.RowStarts[channel + 1] - first,
                    start,
                    step,
                    columns,
                    biases[channel],
                    bound,
                    y + ((long)channel * channelStride),
                    columnStep);
            }

            return;
        }

        if (large is not null)
        {
            // The rows of a pool wait at the start of the scratch area.
            var panels = workspace.Scratch + (pool > 1 ? (long)layer.Outputs * pool * columns * Lanes.Width : 0);
            large.ForwardRow(panels, weights, biases, start, y, channelStride, columnStep, bound);
            return;
        }

        var listed = stride == 1 ? columns / 4 * 4 : 0;
        fixed (int* offsets = state.Offsets)
        {
            // Parts of input channels whose rows stay in the second-level cache while all outputs pass by; between the parts the sums wait in
            // the output.
            var part = densePartChannels * layer.KernelArea;
            for (var first = 0; first < layer.FanIn; first += part)
            {
                DenseTiles.Listed(
                    weights + first,
                    layer.FanIn,
                    layer.Outputs,
                    offsets + first,
                    Math.Min(part, layer.FanIn - first),
                    start,
                    listed,
                    first == 0 ? biases : null,
                    first + part >= layer.FanIn ? bound : float.NegativeInfinity,
                    y,
                    channelStride,
                    columnStep);
            }
        }

        if (listed == columns)
        {
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
        DenseTiles.Product(
            weights, layer.Outputs, start + (listed * step), columns - listed, loop, biases, bound, y + ((long)listed * columnStep));
    }

    /// <summary>
    /// One output row in parts of input channels; between the parts the sums wait in a compact scratch area, [outputs][chunk][16]. With a stride, the inputs of a
    /// part are first copied side by side.
    /// </summary>
    private void ForwardParts(float* waiting, float* weights, float* biases, float* x, float* y, int channelStride, int columnStep, float bound)
    {
        var outputs = state.Layer.Outputs;
        var starts = waiting + (outputs * chunk * Lanes.Width);
        var packed = starts + (outputs * Lanes.Width);
        for (var channel = 0; channel < outputs; channel++)
        {
            Vector512.Create(biases[channel]).Store(starts + (channel * Lanes.Width));
        }

        for (var column = 0; column < columns; column += chunk)
        {
            var width = Math.Min(chunk, columns - column);
            var here = x + (column * stride * Lanes.Width);
            for (var part = 0; part < parts; part++)
            {
                var source = here;
                if (stride > 1)
                {
                    Pack(here, part, width, packed);
                    source = packed;
                }

                var isFirst = part == 0;
                var isLast = part == parts - 1;
                var firsts = state.PartStarts + (part * outputs);
                var next = !isLast ? here : column + chunk < columns ? here + (chunk * stride * Lanes.Width) : x + (stride * inputLayout.RowStride);
                var ahead = PartAhead(next, isLast ? 0 : part + 1);
                for (var channel = 0; channel < outputs; channel++)
                {
                    ahead.Advance();
                    var first = firsts[channel];
                    var count = firsts[channel + 1] - first;
                    if (count == 0 && !isFirst && !isLast)
                    {
                        continue;
                    }

                    var sums = waiting + (channel * chunk * Lanes.Width);
                    SparseConvolution.ContinueRow(
                        weights + first,
                        state.PartOffsets + first,
                        count,
                        source,
                        width,
                        isFirst ? starts + (channel * Lanes.Width) : sums,
                        isFirst ? 0 : Lanes.Width,
                        isLast ? bound : float.NegativeInfinity,
                        isLast ? y + ((long)channel * channelStride) + (column * columnStep) : sums,
                        isLast ? columnStep : Lanes.Width,
                        isLast && outputLayout.IsStreamed);
                }
            }
        }
    }

    /// <summary>
    /// Asks ahead for the inputs of a part, given where its chunk starts: of the last kernel row, because a chunk above has met the others (with a stride, most of
    /// them).
    /// </summary>
    private Readahead PartAhead(float* start, int part)
    {
        var layer = state.Layer;
        var first = part * partChannels;
        return new Readahead(
            start + ((nint)first * inputLayout.ChannelStride) + ((layer.KernelHeight - 1) * inputLayout.RowStride),
            inputLayout.ChannelStride,
            Math.Min(partChannels, layer.Inputs - first),
            ((chunk - 1) * stride) + layer.KernelWidth,
            layer.Outputs);
    }

    /// <summary>Copies what one chunk of an output row meets in the channels of a part: [channel][kernel row][column modulo stride][column / stride][16].</summary>
    private void Pack(float* x, int part, int width, float* packed)
    {
        var layer = state.Layer;
        for (var channel = part * partChannels; channel < Math.Min((part + 1) * partChannels, layer.Inputs); channel++)
        {
            for (var row = 0; row < layer.KernelHeight; row++)
            {
                for (var phase = 0; phase < stride; phase++)
                {
                    var source = x + ((nint)channel * inputLayout.ChannelStride) + (row * inputLayout.RowStride) + (phase * Lanes.Width);
                    Elementwise.Copy(source, stride * Lanes.Width, width + Taps(layer.KernelWidth, phase) - 1, packed, Lanes.Width, streamed: false);
                    packed += PackedPhase;
                }
            }
        }
    }

    /// <summary>Where each weight of one output finds its input among those that <see cref="Pack"/> has copied. Shape [fan-in].</summary>
    private int[] PackedOffsets()
    {
        var layer = state.Layer;
        var offsets = new int[layer.FanIn];
        for (var k = 0; k < offsets.Length; k++)
        {
            var (channel, tap) = Math.DivRem(k, layer.KernelArea);
            var (row, column) = Math.DivRem(tap, layer.KernelWidth);
            offsets[k] = (channel % partChannels * PackedChannel) + (((row * stride) + (column % stride)) * PackedPhase) + (column / stride * Lanes.Width);
        }

        return offsets;
    }

    /// <summary>
    /// Channels whose chunks fit in the first-level cache; but where that means fewer weights of a list than wanted, as many as give those, up to a longest set.
    /// </summary>
    private int ChannelsFor(int weights, int longest, int chunkFloats, int channels)
    {
        var enough = Math.Min(longest, weights * (long)state.Layer.Outputs * state.Layer.Inputs / Math.Max(1, state.Stored));
        return (int)Math.Clamp(Math.Max(enough, PartFloats / chunkFloats), 1, channels);
    }

    /// <summary>Sets of about the wanted size that share a number evenly: their size and how many there are.</summary>
    private static (int Size, int Count) Even(int total, int wanted)
    {
        var count = Math.Max(1, (total + (wanted / 2)) / wanted);
        var size = (total + count - 1) / count;
        return (size, (total + size - 1) / size);
    }

    /// <summary>
    /// Backward pass over lists of weights. Rows are taken in bands: the rows of one pooling window, or all rows where nothing is pooled. An
    /// input gradient receives its terms in
    /// the order (band, output channel, output row, output column), a weight gradient in the order (row, column), with one chain for each row of
    /// a band.
    /// </summary>
    private void BackwardListed(Workspace workspace, int block, float* x, float* dx, float* gradient, float* biasSums, float* sums)
    {
        if (dx is not null && !Tensors.AddsToInput)
        {
            Clear(dx, inputLayout.BlockStride);
        }

        var y = workspace.Values(Output) + ((long)block * outputLayout.BlockStride);
        var dy = workspace.Gradients(Output) + ((long)block * outputLayout.BlockStride);
        var positions = workspace.Positions(Output) + ((long)block * outputLayout.Shape.Count * Lanes.Width);
        var shape = outputLayout.Shape;
        var chainStride = ChainStride(state.IsDense);
        var step = outputLayout.FeatureStride;
        var bands = pool > 1 ? shape.Height : 1;
        var bandRows = pool > 1 ? 1 : shape.Height;
        fixed (int* all = state.Offsets)
        {
            for (var band = 0; band < bands; band++)
            {
                for (var channel = 0; channel < shape.Channels; channel++)
                {
                    var first = state.IsDense ? channel * state.Layer.FanIn : state.RowStarts[channel];
                    var count = state.IsDense ? state.Layer.FanIn : state.RowStarts[channel + 1] - first;
                    var offsets = state.IsDense ? all : state.RowOffsets + first;
                    var values = state.Weights + first;
                    var channelSums = sums + ((long)first * Lanes.Width);
                    var sum = Vector512.Load(biasSums + (channel * Lanes.Width));
                    for (var row = band; row < band + bandRows; row++)
                    {
                        var source = outputLayout.Offset(channel, row, 0);
                        if (count == 0)
                        {
                            sum = Pooling.Sum(dy + source, y + source, step, relu, shape.Width, sum);
                            continue;
                        }

                        var shift = (long)row * pool * stride * inputLayout.RowStride;
                        if (FusesPool && dx is null)
                        {
                            sum = SparseConvolution.WeightGradientPooled(
                                offsets, count, dy + source, y + source, step, relu, positions + PositionOffset(channel, row), shape.Width, x + shift,
                                inputLayout.RowStride, channelSums, chainStride, sum);
                            continue;
                        }

                        if (FusesPool && shape.Width == 4)
                        {
                            sum = SparseConvolution.BackwardPooled(
                                values, offsets, count, dy + source, y + source, step, relu, positions + PositionOffset(channel, row), x + shift, dx + shift,
                                inputLayout.RowStride, channelSums, chainStride, sum);
                            continue;
                        }

                        sum = ExpandRow(dy + source, y + source, positions, channel, row, gradient, columns * Lanes.Width, sum);
                        for (var inner = 0; inner < pool; inner++)
                        {
                            var start = shift + ((long)inner * stride * inputLayout.RowStride);
                            SparseConvolution.BackwardRow(
                                values, offsets, count, gradient + (inner * columns * Lanes.Width), columns, x + start, dx is null ? null : dx + start,
                                stride * Lanes.Width, channelSums + (inner * chainStride));
                        }
                    }

                    sum.Store(biasSums + (channel * Lanes.Width));
                }
            }
        }
    }

    /// <summary>
    /// Backward pass of a pooled convolution: a band of windows after the other, or where an input gradient is wanted, an input channel after the other. The
    /// same order of sums as in <see cref="BackwardListed"/>.
    /// </summary>
    private void BackwardScattered(Workspace workspace, int block, float* x, float* dx, float* gradient, float* biasSums, float* sums)
    {
        var shape = outputLayout.Shape;
        var y = workspace.Values(Output) + ((long)block * outputLayout.BlockStride);
        var dy = workspace.Gradients(Output) + ((long)block * outputLayout.BlockStride);
        var positions = workspace.Positions(Output) + ((long)block * shape.Count * Lanes.Width);
        var step = outputLayout.FeatureStride;
        for (var band = 0; band < shape.Height; band++)
        {
            var source = outputLayout.Offset(0, band, 0);
            var gated = dx is null ? gradient : gradient + PositionOffset(0, band);
            var gatedStride = dx is null ? shape.Width * Lanes.Width : PositionOffset(1, 0);
            NarrowConvolution.GatePooled(
                dy + source, y + source, outputLayout.ChannelStride, step, relu, shape.Channels, shape.Width, gated, gatedStride, biasSums);
            if (dx is null)
            {
                NarrowConvolution.WeightGradientsPooled(
                    state.RowOffsets,
                    state.RowStarts,
                    shape.Channels,
                    gated,
                    positions + PositionOffset(0, band),
                    PositionOffset(1, 0),
                    shape.Width,
                    x + ((long)band * 2 * inputLayout.RowStride),
                    inputLayout.RowStride,
                    sums,
                    ChainStride(dense: false));
            }
        }

        if (dx is null)
        {
            return;
        }

        fixed (int* order = scattered)
        {
            for (var channel = 0; channel < state.Layer.Inputs; channel++)
            {
                if (!Tensors.AddsToInput)
                {
                    Clear(dx + ((long)channel * inputLayout.ChannelStride), inputLayout.ChannelStride);
                }

                var first = order + scatteredStarts[channel];
                NarrowConvolution.ScatterPooled(
                    state.Weights,
                    first,
                    first + state.Stored,
                    first + (2 * state.Stored),
                    scatteredStarts[channel + 1] - scatteredStarts[channel],
                    gradient,
                    positions,
                    shape.Height,
                    shape.Width,
                    x,
                    dx,
                    inputLayout.RowStride,
                    sums,
                    ChainStride(dense: false));
            }
        }
    }

    /// <summary>
    /// Sorts the active weights by (input channel, output channel, kernel position downwards): index, offset of the output channel's gradients, offset of the
    /// input. Shape [3, stored].
    /// </summary>
    private void SortByInput()
    {
        var count = state.Stored;
        var shape = outputLayout.Shape;
        scattered = new int[3 * count];
        scatteredStarts = new int[state.Layer.Inputs + 1];
        for (var k = 0; k < count; k++)
        {
            scatteredStarts[(state.RowOffsets[k] / inputLayout.ChannelStride) + 1]++;
        }

        for (var channel = 0; channel < state.Layer.Inputs; channel++)
        {
            scatteredStarts[channel + 1] += scatteredStarts[channel];
        }

        var next = scatteredStarts.AsSpan(0, state.Layer.Inputs).ToArray();
        for (var output = 0; output < state.Layer.Outputs; output++)
        {
            for (var k = state.RowStarts[output + 1] - 1; k >= state.RowStarts[output]; k--)
            {
                var place = next[state.RowOffsets[k] / inputLayout.ChannelStride]++;
                scattered[place] = k;
                scattered[count + place] = output * shape.Height * shape.Width * Lanes.Width;
                scattered[(2 * count) + place] = state.RowOffsets[k];
            }
        }
    }

    /// <summary>
    /// Backward pass on dense tiles, in the same order of sums; all gradients of the block are spread out first, [outputs][rows][columns +
    /// margins][16]. Outputs and offsets of the inputs may be chosen where no input gradient is wanted.
    /// </summary>
    private void BackwardDense(
        Workspace workspace,
        int block,
        float* x,
        float* dx,
        float* gradient,
        float* biasSums,
        ReadOnlySpan<int> outputs,
        ReadOnlySpan<int> offsets,
        float* sums)
    {
        var margin = dx is null ? 0 : Margin;
        var rowStride = (columns + (2 * margin)) * Lanes.Width;
        var channelStride = (nint)rows * rowStride;
        var y = workspace.Values(Output) + ((long)block * outputLayout.BlockStride);
        var dy = workspace.Gradients(Output) + ((long)block * outputLayout.BlockStride);
        var positions = workspace.Positions(Output) + ((long)block * outputLayout.Shape.Count * Lanes.Width);
        for (var place = 0; place < outputs.Length; place++)
        {
            var channel = outputs[place];
            var plane = gradient + (place * channelStride);
            for (var row = 0; row < rows && margin > 0; row++)
            {
                Clear(plane + (row * rowStride), margin * Lanes.Width);
                Clear(plane + (row * rowStride) + ((margin + columns) * Lanes.Width), margin * Lanes.Width);
            }

            var sum = Vector512.Load(biasSums + (channel * Lanes.Width));
            for (var row = 0; row < outputLayout.Shape.Height; row++)
            {
                var source = outputLayout.Offset(channel, row, 0);
                sum = ExpandRow(
                    dy + source, y + source, positions, channel, row, plane + (row * pool * rowStride) + (margin * Lanes.Width), rowStride, sum);
            }

            sum.Store(biasSums + (channel * Lanes.Width));
        }

        gradient += margin * Lanes.Width;
        DenseWeightGradient(gradient, outputs.Length, rowStride, channelStride, x, offsets, sums);
        if (dx is not null)
        {
            GatherInputGradient(gradient, rowStride, channelStride, dx);
        }
    }

    /// <summary>
    /// The backward pass of a large layer with the gradient of every weight, on panels; the input gradient of a sparse one comes from its lists.
    /// </summary>
    private void BackwardLarge(Workspace workspace, int blocks, int slice)
    {
        var layer = state.Layer;
        var biasSums = workspace.Scratch;
        var secondBiasSums = biasSums + (layer.Outputs * Lanes.Width);
        var scratch = secondBiasSums + (layer.Outputs * Lanes.Width);
        Clear(biasSums, 2L * layer.Outputs * Lanes.Width);
        Clear(workspace.Sums, SumFloats(state.IsDense));
        for (var block = 0; block < blocks && Input != 0 && !state.IsDense; block++)
        {
            var x = workspace.Values(Input) + ((long)block * inputLayout.BlockStride);
            var dx = workspace.Gradients(Input) + ((long)block * inputLayout.BlockStride);
            BackwardSparse(workspace, block, x, dx, scratch, secondBiasSums, workspace.Sums, takesNorm: false);
        }

        var view = new GradientView(
            (nint)(workspace.Gradients(Output) + outputLayout.Offset(0, 0, 0)),
            outputLayout.BlockStride,
            outputLayout.ChannelStride,
            outputLayout.RowStride,
            outputLayout.FeatureStride);
        if (Expands)
        {
            view = new GradientView((nint)scratch, ExpandedBlock, (nint)rows * columns * Lanes.Width, columns * Lanes.Width, Lanes.Width);
            for (var block = 0; block < blocks; block++)
            {
                Expand(workspace, block, view.From(block), biasSums);
            }

            scratch += blocks * ExpandedBlock;
        }

        var gradients = state.IsDense ? state.Gradients + ((long)slice * state.Stride) : state.AllGradients(slice);
        large!.WeightGradient(scratch, view, workspace.Values(Input), blocks, gradients);
        Lanes.SumEach(biasSums, 1, 0, layer.Outputs, state.BiasGradients + ((long)slice * state.BiasStride));
        if (Input == 0 || !state.IsDense)
        {
            return;
        }

        large.Transpose(scratch, state.Weights);
        for (var block = 0; block < blocks; block++)
        {
            large.InputGradient(scratch, view.From(block), workspace.Gradients(Input) + ((long)block * inputLayout.BlockStride), Tensors.AddsToInput);
        }
    }

    /// <summary>Writes one block's gradients before the pool and the ReLU, and adds them up for the biases.</summary>
    private void Expand(Workspace workspace, int block, GradientView target, float* biasSums)
    {
        var y = workspace.Values(Output) + ((long)block * outputLayout.BlockStride);
        var dy = workspace.Gradients(Output) + ((long)block * outputLayout.BlockStride);
        var positions = workspace.Positions(Output) + ((long)block * outputLayout.Shape.Count * Lanes.Width);
        for (var channel = 0; channel < outputLayout.Shape.Channels; channel++)
        {
            var sum = Vector512.Load(biasSums + (channel * Lanes.Width));
            for (var row = 0; row < outputLayout.Shape.Height; row++)
            {
                var source = outputLayout.Offset(channel, row, 0);
                sum = ExpandRow(
                    dy + source, y + source, positions, channel, row, target.Start + (channel * target.Channel) + (row * pool * target.Row), (int)target.Row, sum);
            }

            sum.Store(biasSums + (channel * Lanes.Width));
        }
    }

    /// <summary>Gradients before the pool and the ReLU of one output row: pool rows, rowStride floats apart.</summary>
    private Vector512<float> ExpandRow(
        float* dy, float* y, byte* positions, int channel, int row, float* target, int rowStride, Vector512<float> sum) =>
        pool == 1
            ? Pooling.Gate(dy, y, outputLayout.FeatureStride, relu, columns, target, sum)
            : Pooling.Backward(
                dy, y, outputLayout.FeatureStride, relu, pool, outputLayout.Shape.Width, positions + PositionOffset(channel, row), target, rowStride, sum);

    private void DenseWeightGradient(
        float* gradient, int outputs, int rowStride, nint channelStride, float* x, ReadOnlySpan<int> inputOffsets, float* sums)
    {
        // Six channels of gradients over these rows stay in the first-level cache while the weights pass by.
        var tileRows = Math.Max(1, TileFloats / (6 * columns * Lanes.Width));
        var loop = new DotLoop
        {
            Columns = columns,
            GradientChannel = channelStride,
            GradientRow = pool * rowStride,
            InputRow = (nint)pool * stride * inputLayout.RowStride,
            InputStep = stride * Lanes.Width,
        };
        fixed (int* offsets = inputOffsets)
        {
            for (var chain = 0; chain < pool; chain++)
            {
                for (var first = 0; first < rows / pool; first += tileRows)
                {
                    loop.Rows = Math.Min(tileRows, (rows / pool) - first);
                    DenseTiles.Dot(
                        gradient + ((((nint)first * pool) + chain) * rowStride),
                        outputs,
                        x + ((((nint)first * pool) + chain) * stride * inputLayout.RowStride),
                        offsets,
                        inputOffsets.Length,
                        loop,
                        sums + (chain * ChainStride(dense: true)),
                        (nint)inputOffsets.Length * Lanes.Width);
                }
            }
        }
    }

    /// <summary>
    /// The input gradient as products over (output channel, kernel row downwards, kernel column downwards), one for each band: the order of the
    /// sparse kernels.
    /// With a stride, the rows and columns of one phase meet every stride-th tap, so that each phase is a convolution without stride.
    /// Kernel rows that no output row of a band uses are left out, columns likewise as far as the tile allows.
    /// </summary>
    private void GatherInputGradient(float* gradient, int rowStride, nint channelStride, float* dx)
    {
        var layer = state.Layer;
        var padding = inputLayout.Padding;
        var bandRows = pool > 1 ? pool : rows;

        // Tiles of output channels stay in the second-level cache; with several bands the order of sums leaves no choice.
        var tile = pool > 1 ? layer.Outputs : denseTileOutputs;
        for (var paddedRow = padding; paddedRow < inputLayout.Shape.Height + padding; paddedRow++)
        {
            var (row, rowPhase) = Math.DivRem(paddedRow, stride);
            var rowTaps = Taps(layer.KernelHeight, rowPhase);
            var firstBand = Math.Max(0, row - rowTaps + 1) / bandRows;
            var lastBand = Math.Min(rows - 1, row) / bandRows;
            for (var firstOutput = 0; firstOutput < layer.Outputs; firstOutput += tile)
            {
                for (var columnPhase = 0; columnPhase < stride; columnPhase++)
                {
                    var columnTaps = Taps(layer.KernelWidth, columnPhase);
                    var column = (padding - columnPhase + stride - 1) / stride;
                    var end = (inputLayout.Shape.Width + padding - columnPhase + stride - 1) / stride;
                    while (column < end)
                    {
                        // Near either end a column meets fewer taps. Four columns in registers share theirs; where columns are taken singly, each has its own.
                        var isInside = column >= columnTaps - 1 && column + 4 <= columns;
                        var width = column + 4 <= end && (isInside || !Lanes.AreHalved) ? 4 : 1;
                        var lastColumn = Math.Min(columnTaps - 1, column + width - 1);
                        var firstColumn = Math.Max(0, column - columns + 1);
                        var target = dx + (paddedRow * inputLayout.RowStride) + (((column * stride) + columnPhase) * Lanes.Width);
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
                            OutputRow = inputLayout.ChannelStride,
                            OutputColumn = stride * Lanes.Width,
                        };
                        for (var band = firstBand; band <= lastBand || band == firstBand; band++)
                        {
                            var lastRow = Math.Min(rowTaps - 1, row - (band * bandRows));
                            var firstRow = Math.Max(0, row - Math.Min(rows, (band + 1) * bandRows) + 1);
                            loop.Middle = Math.Max(0, lastRow - firstRow + 1);
                            loop.Accumulate = band > firstBand || firstOutput > 0 || Tensors.AddsToInput;
                            DenseTiles.Product(
                                state.Weights
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

    /// <summary>Kernel positions along one axis that inputs of a phase meet: phase, phase + stride, ...</summary>
    private int Taps(int size, int phase) => (size - phase + stride - 1) / stride;
}
