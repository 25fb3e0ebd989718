using SparseCore.Cpu.Kernels;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Cpu;

/// <summary>
/// One layer's weights, momentum and gradients as the kernels want them. "Stored" weights are all weights of a dense layer and the active ones
/// of a sparse layer;
/// they are kept in the order of the backward pass: ascending, except for sparse fully connected layers, which are sorted by input.
/// </summary>
internal sealed unsafe class LayerState : IDisposable
{
    private readonly AlignedBuffer memory = new();
    private readonly AlignedBuffer denseMemory = new();
    private readonly AlignedBuffer alternatives = new();
    private readonly AlignedBuffer tiles = new();
    private readonly AlignedBuffer partMemory = new();
    private readonly int slices;
    private readonly bool? forced;
    private readonly bool readsExamples;
    private readonly int outputStep;
    private int* indices;
    private int* rowPositions;

    /// <summary>Prepares the parts that do not depend on the mask.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="input">Layout of its input.</param>
    /// <param name="output">Layout of its output.</param>
    /// <param name="slices">Slices of a batch; each has its own gradient.</param>
    /// <param name="readsExamples">Whether the input are the examples.</param>
    /// <param name="dense">Which kernels to use; null to choose by shape and density.</param>
    public LayerState(Layer layer, TensorLayout input, TensorLayout output, int slices, bool readsExamples, bool? dense)
    {
        forced = dense;
        this.readsExamples = readsExamples;
        Layer = layer;
        this.slices = slices;
        outputStep = output.FeatureStride;
        Offsets = new int[layer.FanIn];
        var k = 0;
        for (var channel = 0; channel < layer.Inputs; channel++)
        {
            for (var row = 0; row < layer.KernelHeight; row++)
            {
                for (var column = 0; column < layer.KernelWidth; column++)
                {
                    Offsets[k++] = layer.IsConvolution
                        ? (channel * input.ChannelStride) + (row * input.RowStride) + (column * input.FeatureStride)
                        : channel * input.FeatureStride;
                }
            }
        }
    }

    /// <summary>The layer.</summary>
    public Layer Layer { get; }

    /// <summary>Floats from the first input under the kernel to the input that each weight of one output meets. Shape [fan-in].</summary>
    public int[] Offsets { get; }

    /// <summary>Whether dense kernels run.</summary>
    public bool IsDense { get; private set; }

    /// <summary>Number of stored weights.</summary>
    public int Stored { get; private set; }

    /// <summary>Stored weights rounded up to whole vectors; distance between the slices' gradients.</summary>
    public int Stride { get; private set; }

    /// <summary>Outputs rounded up to whole vectors; distance between the slices' bias gradients.</summary>
    public int BiasStride => Lanes.RoundUp(Layer.Outputs);

    /// <summary>Stored weights. Shape [stored].</summary>
    public float* Weights { get; private set; }

    /// <summary>Momentum of the stored weights. Shape [stored].</summary>
    public float* Momenta { get; private set; }

    /// <summary>Gradients of the stored weights. Shape [slices, stride].</summary>
    public float* Gradients { get; private set; }

    /// <summary>Biases, zeros where the layer has none. Shape [outputs].</summary>
    public float* Biases { get; private set; }

    /// <summary>Momentum of the biases. Shape [outputs].</summary>
    public float* BiasMomenta { get; private set; }

    /// <summary>Gradients of the biases. Shape [slices, bias stride].</summary>
    public float* BiasGradients { get; private set; }

    /// <summary>One slice's gradients of all weights of a sparse layer, after <see cref="EnsureDenseGradients"/>. Shape [weights].</summary>
    public float* AllGradients(int slice) => denseMemory.Pointer + ((long)slice * Lanes.RoundUp(Layer.WeightCount));

    /// <summary>All bits set where a stored weight is active; null when all stored weights are.</summary>
    public int* Active { get; private set; }

    /// <summary>Stored weights sorted by output, or by part after <see cref="SortByPart"/> (sparse layers).</summary>
    public float* RowValues { get; private set; }

    /// <summary>Input offset of each weight, sorted by output (sparse layers).</summary>
    public int* RowOffsets { get; private set; }

    /// <summary>First weight of every output in the order by output (sparse layers). Shape [outputs + 1].</summary>
    public int* RowStarts { get; private set; }

    /// <summary>Output offset of each weight, sorted by input (sparse fully connected layers).</summary>
    public int* ColumnOffsets { get; private set; }

    /// <summary>First weight of every input in the order by input (sparse fully connected layers). Shape [inputs + 1].</summary>
    public int* ColumnStarts { get; private set; }

    /// <summary>
    /// Where the weights went when <see cref="SortByTile"/> sorted them by (tile of output channels, input channel); null otherwise. The
    /// gradients then
    /// are in that order until they are put back. Shape [stored].
    /// </summary>
    public int* TileOrder { get; private set; }

    /// <summary>Weights in that order. Shape [stored].</summary>
    public float* TileValues { get; private set; }

    /// <summary>Output gradient offset of each weight in that order. Shape [stored].</summary>
    public int* TileOffsets { get; private set; }

    /// <summary>First weight of every (tile, phase, input channel). Shape [tiles * phases * inputs + 1].</summary>
    public int* TileStarts { get; private set; }

    /// <summary>Input offset of each weight in the order by part, after <see cref="SortByPart"/>. Shape [stored].</summary>
    public int* PartOffsets { get; private set; }

    /// <summary>First weight of every (part, output). Shape [parts * outputs + 1].</summary>
    public int* PartStarts { get; private set; }

    /// <summary>Bytes of native memory.</summary>
    public long Bytes => memory.Bytes + denseMemory.Bytes + alternatives.Bytes + tiles.Bytes + partMemory.Bytes;

    /// <summary>Weights in the order of the forward pass: the layer's own for set -1, else those of <see cref="LoadAlternative"/>.</summary>
    public float* ForwardWeights(int set) => set < 0 ? RowValues : alternatives.Pointer + ((long)set * (Stride + BiasStride));

    /// <summary>Biases of the same set.</summary>
    public float* ForwardBiases(int set) => set < 0 ? Biases : alternatives.Pointer + ((long)set * (Stride + BiasStride)) + Stride;

    /// <summary>Makes room for other parameters to be evaluated beside the layer's own.</summary>
    public void EnsureAlternatives(int count) => alternatives.EnsureCapacity((long)count * (Stride + BiasStride));

    /// <summary>Takes over one set of parameters for the forward pass.</summary>
    public void LoadAlternative(int set, ReadOnlySpan<float> weights, ReadOnlySpan<float> biases)
    {
        var target = ForwardWeights(set);
        if (IsDense || rowPositions is null)
        {
            CopyIn(weights, target);
        }
        else
        {
            for (var k = 0; k < Stored; k++)
            {
                target[rowPositions[k]] = weights[indices[k]];
            }
        }

        new Span<float>(ForwardBiases(set), BiasStride).Clear();
        biases.CopyTo(new Span<float>(ForwardBiases(set), biases.Length));
    }

    /// <summary>Chooses the kernels and lays the weights out anew; all values are undefined until they are loaded.</summary>
    public void Rebuild(Mask mask)
    {
        IsDense = forced ?? KernelChoice.IsDense(Layer, readsExamples, mask.ActiveCount);
        Stored = IsDense ? Layer.WeightCount : mask.ActiveCount;
        Stride = Math.Max(Lanes.RoundUp(Stored), Lanes.Width);
        var sorted = !IsDense && !Layer.IsConvolution;
        var partial = IsDense && mask.ActiveCount < Layer.WeightCount;
        var rowStarts = Lanes.RoundUp(Layer.Outputs + 1);
        var columnStarts = Lanes.RoundUp(Layer.Inputs + 1);
        var total = ((2L + slices) * Stride) + ((2L + slices) * BiasStride) + (partial ? Stride : 0L)
            + (IsDense ? 0 : (2L * Stride) + rowStarts) + (sorted ? (3L * Stride) + columnStarts : 0);
        memory.EnsureCapacity(total);
        new Span<byte>(memory.Pointer, checked((int)(total * sizeof(float)))).Clear();
        var next = memory.Pointer;
        float* Take(long count)
        {
            var taken = next;
            next += count;
            return taken;
        }

        Weights = Take(Stride);
        Momenta = Take(Stride);
        Gradients = Take((long)slices * Stride);
        Biases = Take(BiasStride);
        BiasMomenta = Take(BiasStride);
        BiasGradients = Take((long)slices * BiasStride);
        Active = partial ? (int*)Take(Stride) : null;
        RowValues = Weights;
        TileOrder = null;
        if (IsDense)
        {
            indices = null;
            rowPositions = null;
            if (partial)
            {
                for (var index = 0; index < Stored; index++)
                {
                    Active[index] = mask[index] ? -1 : 0;
                }
            }

            return;
        }

        indices = (int*)Take(Stride);
        RowOffsets = (int*)Take(Stride);
        RowStarts = (int*)Take(rowStarts);
        var active = mask.ActiveIndices();
        var fanIn = Layer.FanIn;
        for (var k = 0; k < active.Length; k++)
        {
            RowStarts[(active[k] / fanIn) + 1]++;
            RowOffsets[k] = Offsets[active[k] % fanIn];
        }

        for (var output = 0; output < Layer.Outputs; output++)
        {
            RowStarts[output + 1] += RowStarts[output];
        }

        if (!sorted)
        {
            rowPositions = null;
            active.CopyTo(new Span<int>(indices, active.Length));
            return;
        }

        SortByInput(active, (int*)Take(columnStarts), (int*)Take(Stride), (int*)Take(Stride));
        RowValues = Take(Stride);
    }

    /// <summary>
    /// Sorts the weights that the forward pass of a sparse convolution reads by (part of input channels, output channel, input channel, kernel position), so that
    /// a pass over the outputs of one part goes through memory from front to back.
    /// </summary>
    /// <param name="partChannels">Input channels of a part.</param>
    /// <param name="offsets">Where each weight of one output finds its input, in floats. Shape [fan-in].</param>
    public void SortByPart(int partChannels, int[] offsets)
    {
        var buckets = (Layer.Inputs + partChannels - 1) / partChannels * Layer.Outputs;
        partMemory.EnsureCapacity((3L * Stride) + buckets + 1);
        RowValues = partMemory.Pointer;
        rowPositions = (int*)partMemory.Pointer + Stride;
        PartOffsets = (int*)partMemory.Pointer + (2L * Stride);
        PartStarts = (int*)partMemory.Pointer + (3L * Stride);
        CountInto(PartStarts, buckets, Bucket);
        for (var k = 0; k < Stored; k++)
        {
            rowPositions[k] = PartStarts[Bucket(indices[k])]++;
            PartOffsets[rowPositions[k]] = offsets[indices[k] % Layer.FanIn];
        }

        RestoreStarts(PartStarts, buckets);

        int Bucket(int index) => (index % Layer.FanIn / Layer.KernelArea / partChannels * Layer.Outputs) + (index / Layer.FanIn);
    }

    /// <summary>
    /// Sorts the active weights of a sparse convolution by (tile of output channels, phase, input channel, output channel, kernel position downwards),
    /// the order in which a row of input gradients wants them. Weights of one phase have the same row and the same column modulo the stride.
    /// </summary>
    /// <param name="tileOutputs">Output channels of a tile.</param>
    /// <param name="stride">Stride of the kernel.</param>
    /// <param name="channelStride">Floats between channels of the output gradient.</param>
    /// <param name="rowStride">Floats between its rows.</param>
    public void SortByTile(int tileOutputs, int stride, int channelStride, int rowStride)
    {
        var inputs = Layer.Inputs;
        var tileCount = (Layer.Outputs + tileOutputs - 1) / tileOutputs;
        var phases = stride * stride;
        var buckets = tileCount * phases * inputs;
        tiles.EnsureCapacity((3L * Stride) + buckets + 1);
        TileOrder = (int*)tiles.Pointer;
        TileValues = tiles.Pointer + Stride;
        TileOffsets = (int*)tiles.Pointer + (2L * Stride);
        TileStarts = (int*)tiles.Pointer + (3L * Stride);
        CountInto(TileStarts, buckets, Bucket);
        for (var output = 0; output < Layer.Outputs; output++)
        {
            for (var k = RowStarts[output + 1] - 1; k >= RowStarts[output]; k--)
            {
                var position = TileStarts[Bucket(indices[k])]++;
                var (row, column) = Tap(indices[k]);
                TileOrder[position] = k;
                TileOffsets[position] = (output * channelStride) - (row / stride * rowStride) - (column / stride * Lanes.Width);
            }
        }

        RestoreStarts(TileStarts, buckets);

        (int Row, int Column) Tap(int index) => Math.DivRem(index % Layer.KernelArea, Layer.KernelWidth);

        int Bucket(int index)
        {
            var (row, column) = Tap(index);
            var phase = (row % stride * stride) + (column % stride);
            return (((index / Layer.FanIn / tileOutputs * phases) + phase) * inputs) + (index / Layer.KernelArea % inputs);
        }
    }

    /// <summary>Takes over the active values of the canonical arrays.</summary>
    public void Load(ReadOnlySpan<float> weights, ReadOnlySpan<float> biases, ReadOnlySpan<float> momenta, ReadOnlySpan<float> biasMomenta)
    {
        CopyIn(weights, Weights);
        biases.CopyTo(new Span<float>(Biases, biases.Length));
        if (momenta.IsEmpty && biasMomenta.IsEmpty)
        {
            new Span<float>(Momenta, Stride).Clear();
            new Span<float>(BiasMomenta, BiasStride).Clear();
        }
        else
        {
            CopyIn(momenta, Momenta);
            biasMomenta.CopyTo(new Span<float>(BiasMomenta, biasMomenta.Length));
        }

        if (rowPositions is not null)
        {
            MomentumUpdate.Scatter(Weights, rowPositions, Stored, RowValues);
        }

        RefreshTiles(0, 1);
    }

    /// <summary>Writes stored values to a canonical array; all others become +0.</summary>
    public void CopyOut(float* source, Span<float> destination)
    {
        if (IsDense)
        {
            new ReadOnlySpan<float>(source, Stored).CopyTo(destination);
            ClearInactive(destination);
            return;
        }

        destination.Clear();
        for (var k = 0; k < Stored; k++)
        {
            destination[indices[k]] = source[k];
        }
    }

    /// <summary>Sets the values of masked weights to +0 (dense layers with a partial mask).</summary>
    public void ClearInactive(Span<float> values)
    {
        if (Active is null)
        {
            return;
        }

        for (var index = 0; index < values.Length; index++)
        {
            if (Active[index] == 0)
            {
                values[index] = 0f;
            }
        }
    }

    /// <summary>
    /// One participant's share of a step of SGD from the gradients of <paramref name="usedSlices"/> slices. All participants must have finished before
    /// <see cref="RefreshTiles"/>.
    /// </summary>
    /// <param name="step">The step.</param>
    /// <param name="usedSlices">Slices of this batch.</param>
    /// <param name="part">Which share.</param>
    /// <param name="parts">Number of shares.</param>
    public void Update(in SgdStep step, int usedSlices, int part, int parts)
    {
        var (first, end) = Share(Lanes.RoundUp(Stored) / Lanes.Width, part, parts);
        if (end > first)
        {
            var start = first * Lanes.Width;
            var active = Active is null ? null : Active + start;
            MomentumUpdate.Run(
                Weights + start, Momenta + start, Gradients + start, usedSlices, Stride, active, (end - first) * Lanes.Width, step, step.L2);
            if (rowPositions is not null)
            {
                MomentumUpdate.Scatter(Weights + start, rowPositions + start, Math.Min(end * Lanes.Width, Stored) - start, RowValues);
            }
        }

        if (Layer.HasBias && part == parts - 1)
        {
            MomentumUpdate.Run(Biases, BiasMomenta, BiasGradients, usedSlices, BiasStride, null, BiasStride, step, 0f);
        }
    }

    /// <summary>Whether a step must end with <see cref="RefreshTiles"/>.</summary>
    public bool HasTiles => TileOrder is not null;

    /// <summary>One participant's share of copying the weights to the order of the tiles.</summary>
    public void RefreshTiles(int part, int parts)
    {
        if (TileOrder is not null)
        {
            var (first, end) = Share(Stored, part, parts);
            MomentumUpdate.Collect(Weights, TileOrder + first, end - first, TileValues + first);
        }
    }

    /// <summary>Whether all weights and biases are finite.</summary>
    public bool IsFinite
    {
        get
        {
            foreach (var value in new ReadOnlySpan<float>(Weights, Stored))
            {
                if (!float.IsFinite(value))
                {
                    return false;
                }
            }

            foreach (var value in new ReadOnlySpan<float>(Biases, Layer.Outputs))
            {
                if (!float.IsFinite(value))
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>Adds the gradients of one slice to canonical arrays; masked weights only when all are wanted.</summary>
    public void AddGradients(int slice, GradientScope scope, Span<float> weights, Span<float> biases)
    {
        for (var output = 0; output < biases.Length; output++)
        {
            biases[output] += BiasGradients[((long)slice * BiasStride) + output];
        }

        if (!IsDense && scope == GradientScope.Active)
        {
            var stored = Gradients + ((long)slice * Stride);
            for (var k = 0; k < Stored; k++)
            {
                weights[indices[k]] += stored[k];
            }

            return;
        }

        Elementwise.Add(IsDense ? Gradients + ((long)slice * Stride) : AllGradients(slice), weights);

        if (scope == GradientScope.Active)
        {
            ClearInactive(weights);
        }
    }

    /// <summary>Makes room for gradients of all weights.</summary>
    public void EnsureDenseGradients()
    {
        if (!IsDense)
        {
            denseMemory.EnsureCapacity((long)slices * Lanes.RoundUp(Layer.WeightCount));
        }
    }

    public void Dispose()
    {
        memory.Dispose();
        denseMemory.Dispose();
        alternatives.Dispose();
        tiles.Dispose();
        partMemory.Dispose();
    }

    /// <summary>The place of the first stored weight of every bucket.</summary>
    private void CountInto(int* starts, int buckets, Func<int, int> bucketOf)
    {
        new Span<int>(starts, buckets + 1).Clear();
        for (var k = 0; k < Stored; k++)
        {
            starts[bucketOf(indices[k]) + 1]++;
        }

        for (var bucket = 0; bucket < buckets; bucket++)
        {
            starts[bucket + 1] += starts[bucket];
        }
    }

    /// <summary>Filling moved every start to its end; shifting by one place restores the starts.</summary>
    private static void RestoreStarts(int* starts, int buckets)
    {
        for (var bucket = buckets; bucket > 0; bucket--)
        {
            starts[bucket] = starts[bucket - 1];
        }

        starts[0] = 0;
    }

    private void SortByInput(int[] active, int* columnStarts, int* columnOffsets, int* positions)
    {
        ColumnStarts = columnStarts;
        ColumnOffsets = columnOffsets;
        rowPositions = positions;
        var inputs = Layer.Inputs;
        foreach (var index in active)
        {
            columnStarts[(index % inputs) + 1]++;
        }

        for (var input = 0; input < inputs; input++)
        {
            columnStarts[input + 1] += columnStarts[input];
        }

        for (var k = 0; k < active.Length; k++)
        {
            var position = columnStarts[active[k] % inputs]++;
            indices[position] = active[k];
            columnOffsets[position] = active[k] / inputs * outputStep;
            positions[position] = k;
        }

        RestoreStarts(columnStarts, inputs);
    }

    private void CopyIn(ReadOnlySpan<float> source, float* destination)
    {
        if (IsDense)
        {
            var stored = new Span<float>(destination, Stored);
            source.CopyTo(stored);
            ClearInactive(stored);
            return;
        }

        for (var k = 0; k < Stored; k++)
        {
            destination[k] = source[indices[k]];
        }
    }

    private static (int First, int End) Share(int count, int part, int parts) => ((int)((long)count * part / parts), (int)((long)count * (part + 1) / parts));
}
