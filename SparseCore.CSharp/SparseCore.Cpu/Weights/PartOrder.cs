using SparseCore.Cpu.Kernels;
using SparseCore.Networks;

namespace SparseCore.Cpu.Weights;

/// <summary>
/// A copy of the active weights of a sparse convolution sorted by (part of input channels, output channel, input channel, kernel position), so that a forward pass
/// over the outputs of one part goes through memory from front to back.
/// </summary>
internal sealed unsafe class PartOrder : IDisposable
{
    private readonly AlignedBuffer memory = new();

    /// <summary>The weights. Shape [active].</summary>
    public float* Values { get; private set; }

    /// <summary>Place of each stored weight in this order. Shape [active].</summary>
    public int* Positions { get; private set; }

    /// <summary>Input offset of each weight. Shape [active].</summary>
    public int* Offsets { get; private set; }

    /// <summary>First weight of every (part, output). Shape [parts * outputs + 1].</summary>
    public int* Starts { get; private set; }

    /// <summary>Bytes of native memory.</summary>
    public long Bytes => memory.Bytes;

    /// <summary>Sorts the weights of a new mask; the values are undefined until they are copied.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="indices">Canonical index of each active weight. Shape [active].</param>
    /// <param name="active">Number of active weights.</param>
    /// <param name="partChannels">Input channels of a part.</param>
    /// <param name="inputOffsets">Where each weight of one output finds its input, in floats. Shape [fan-in].</param>
    public void Sort(Layer layer, int* indices, int active, int partChannels, ReadOnlySpan<int> inputOffsets)
    {
        var stride = Lanes.RoundUp(active);
        var buckets = (layer.Inputs + partChannels - 1) / partChannels * layer.Outputs;
        memory.EnsureCapacity((3L * stride) + buckets + 1);
        Values = memory.Pointer;
        Positions = (int*)memory.Pointer + stride;
        Offsets = Positions + stride;
        Starts = Offsets + stride;
        Buckets.Count(indices, active, Bucket, buckets, Starts);
        for (var k = 0; k < active; k++)
        {
            Positions[k] = Starts[Bucket(indices[k])]++;
            Offsets[Positions[k]] = inputOffsets[indices[k] % layer.FanIn];
        }

        Buckets.RestoreStarts(Starts, buckets);

        int Bucket(int index) => (index % layer.FanIn / layer.KernelArea / partChannels * layer.Outputs) + (index / layer.FanIn);
    }

    public void Dispose() => memory.Dispose();
}
