using SparseCore.Cpu.Kernels;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Cpu.Weights;

/// <summary>
/// One layer's weights, momentum and gradients as the kernels want them. "Stored" weights are all weights of a dense layer and the active ones of a sparse layer;
/// they are kept in the order of the backward pass: ascending, except for sparse fully connected layers, which are sorted by input.
/// </summary>
internal sealed unsafe class LayerState : IDisposable
{
    private readonly AlignedBuffer memory = new();
    private readonly AlignedBuffer denseMemory = new();
    private readonly AlignedBuffer alternatives = new();
    private readonly OutputOrder byOutput = new();
    private readonly InputOrder byInput = new();
    private readonly PartOrder byPart = new();
    private readonly TileOrder byTile = new();
    private readonly int slices;
    private readonly bool? forced;
    private readonly bool readsExamples;
    private readonly int outputStep;
    private int* indices;
    private float* forwardValues;
    private int* forwardPositions;

    /// <summary>Prepares the parts that do not depend on the mask.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="input">Layout of its input.</param>
    /// <param name="output">Layout of its output.</param>
    /// <param name="slices">Slices of a batch; each has its own gradient.</param>
    /// <param name="readsExamples">Whether the input is the examples.</param>
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

    /// <summary>The weights by output (sparse layers).</summary>
    public OutputOrder ByOutput => byOutput;

    /// <summary>The weights by input (sparse fully connected layers).</summary>
    public InputOrder ByInput => byInput;

    /// <summary>The weights by part of input channels, after <see cref="SortByPart"/>.</summary>
    public PartOrder ByPart => byPart;

    /// <summary>The weights by tile of output channels, after <see cref="SortByTile"/>.</summary>
    public TileOrder ByTile => byTile;

    /// <summary>Bytes of native memory.</summary>
    public long Bytes => memory.Bytes + denseMemory.Bytes + alternatives.Bytes + byOutput.Bytes + byInput.Bytes + byPart.Bytes + byTile.Bytes;

    /// <summary>Weights in the order of the forward pass: the layer's own for set -1, else those of <see cref="LoadAlternative"/>.</summary>
    public float* ForwardWeights(int set) => set < 0 ? forwardValues : alternatives.Pointer + ((long)set * (Stride + BiasStride));

    /// <summary>Biases of the same set.</summary>
    public float* ForwardBiases(int set) => set < 0 ? Biases : alternatives.Pointer + ((long)set * (Stride + BiasStride)) + Stride;

    /// <summary>Makes room for other parameters to be evaluated beside the layer's own.</summary>
    public void EnsureAlternatives(int count) => alternatives.EnsureCapacity((long)count * (Stride + BiasStride));

    /// <summary>Takes over one set of parameters for the forward pass.</summary>
    public void LoadAlternative(int set, ReadOnlySpan<float> weights, ReadOnlySpan<float> biases)
    {
        var target = ForwardWeights(set);
        if (forwardPositions is null)
        {
            CopyIn(weights, target);
        }
        else
        {
            for (var k = 0; k < Stored; k++)
            {
                target[forwardPositions[k]] = weights[indices[k]];
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
        var partial = IsDense && mask.ActiveCount < Layer.WeightCount;
        var total = ((2L + slices) * Stride) + ((2L + slices) * BiasStride) + (partial || !IsDense ? Stride : 0L);
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
        indices = IsDense ? null : (int*)Take(Stride);
        HasTiles = false;
        forwardValues = Weights;
        forwardPositions = null;
        if (!IsDense)
        {
            Sort(mask.ActiveIndices());
            return;
        }

        for (var index = 0; index < Stored && partial; index++)
        {
            Active[index] = mask[index] ? -1 : 0;
        }
    }

    /// <summary>From now on the forward pass of a sparse convolution reads a copy of the weights in the order of <see cref="PartOrder"/>.</summary>
    /// <param name="partChannels">Input channels of a part.</param>
    /// <param name="offsets">Where each weight of one output finds its input, in floats. Shape [fan-in].</param>
    public void SortByPart(int partChannels, int[] offsets)
    {
        byPart.Sort(Layer, indices, Stored, partChannels, offsets);
        forwardValues = byPart.Values;
        forwardPositions = byPart.Positions;
    }

    /// <summary>
    /// From now on the backward pass of a sparse convolution reads a copy of the weights in the order of <see cref="TileOrder"/>, in which it leaves the gradients, too,
    /// until they are put back.
    /// </summary>
    /// <param name="tileOutputs">Output channels of a tile.</param>
    /// <param name="stride">Stride of the kernel.</param>
    /// <param name="channelStride">Floats between channels of the output gradient.</param>
    /// <param name="rowStride">Floats between its rows.</param>
    public void SortByTile(int tileOutputs, int stride, int channelStride, int rowStride)
    {
        byTile.Sort(Layer, indices, byOutput.Starts, tileOutputs, stride, channelStride, rowStride);
        HasTiles = true;
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

        if (forwardPositions is not null)
        {
            MomentumUpdate.Scatter(Weights, forwardPositions, Stored, forwardValues);
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
            var count = (end - first) * Lanes.Width;
            MomentumUpdate.Run(
                Weights + start, Momenta + start, Gradients + start, usedSlices, Stride, active, count, step.LearningRate, step.Momentum, step.Nesterov, step.L2);
            if (forwardPositions is not null)
            {
                MomentumUpdate.Scatter(Weights + start, forwardPositions + start, Math.Min(end * Lanes.Width, Stored) - start, forwardValues);
            }
        }

        if (Layer.HasBias && part == parts - 1)
        {
            MomentumUpdate.Run(
                Biases, BiasMomenta, BiasGradients, usedSlices, BiasStride, null, BiasStride, step.LearningRate, step.Momentum, step.Nesterov, 0f);
        }
    }

    /// <summary>Whether a step must end with <see cref="RefreshTiles"/>.</summary>
    public bool HasTiles { get; private set; }

    /// <summary>One participant's share of copying the weights to the order of the tiles.</summary>
    public void RefreshTiles(int part, int parts)
    {
        if (HasTiles)
        {
            var (first, end) = Share(Stored, part, parts);
            MomentumUpdate.Collect(Weights, byTile.Sources + first, end - first, byTile.Values + first);
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
        byOutput.Dispose();
        byInput.Dispose();
        byPart.Dispose();
        byTile.Dispose();
    }

    private void Sort(ReadOnlySpan<int> active)
    {
        byOutput.Sort(active, Layer.Outputs, Offsets);
        if (Layer.IsConvolution)
        {
            active.CopyTo(new Span<int>(indices, active.Length));
            return;
        }

        byInput.Sort(active, Layer.Inputs, outputStep, indices);
        forwardValues = byOutput.Values;
        forwardPositions = byInput.Positions;
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
