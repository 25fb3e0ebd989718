using SparseCore.Cpu.Kernels;
using SparseCore.Networks;

namespace SparseCore.Cpu.Weights;

/// <summary>
/// A copy of the active weights of a sparse convolution sorted by (tile of output channels, phase, input channel, output channel, kernel position downwards), the
/// order in which a row of input gradients wants them. Weights of one phase have the same row and the same column modulo the stride.
/// </summary>
internal sealed unsafe class TileOrder : IDisposable
{
    private readonly AlignedBuffer memory = new();

    /// <summary>Which stored weight each one is. Shape [active].</summary>
    public int* Sources { get; private set; }

    /// <summary>The weights. Shape [active].</summary>
    public float* Values { get; private set; }

    /// <summary>Output gradient offset of each weight. Shape [active].</summary>
    public int* Offsets { get; private set; }

    /// <summary>First weight of every (tile, phase, input channel). Shape [tiles * phases * inputs + 1].</summary>
    public int* Starts { get; private set; }

    /// <summary>Bytes of native memory.</summary>
    public long Bytes => memory.Bytes;

    /// <summary>Sorts the weights of a new mask; the values are undefined until they are copied.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="indices">Canonical index of each active weight. Shape [active].</param>
    /// <param name="outputStarts">First weight of every output. Shape [outputs + 1].</param>
    /// <param name="tileOutputs">Output channels of a tile.</param>
    /// <param name="stride">Stride of the kernel.</param>
    /// <param name="channelStride">Floats between channels of the output gradient.</param>
    /// <param name="rowStride">Floats between its rows.</param>
    public void Sort(Layer layer, int* indices, int* outputStarts, int tileOutputs, int stride, int channelStride, int rowStride)
    {
        var active = outputStarts[layer.Outputs];
        var padded = Lanes.RoundUp(active);
        var tiles = (layer.Outputs + tileOutputs - 1) / tileOutputs;
        var phases = stride * stride;
        var buckets = tiles * phases * layer.Inputs;
        memory.EnsureCapacity((3L * padded) + buckets + 1);
        Values = memory.Pointer;
        Sources = (int*)memory.Pointer + padded;
        Offsets = Sources + padded;
        Starts = Offsets + padded;
        Buckets.Count(indices, active, Bucket, buckets, Starts);
        for (var output = 0; output < layer.Outputs; output++)
        {
            for (var k = outputStarts[output + 1] - 1; k >= outputStarts[output]; k--)
            {
                var position = Starts[Bucket(indices[k])]++;
                var (row, column) = Tap(indices[k]);
                Sources[position] = k;
                Offsets[position] = (output * channelStride) - (row / stride * rowStride) - (column / stride * Lanes.Width);
            }
        }

        Buckets.RestoreStarts(Starts, buckets);

        (int Row, int Column) Tap(int index) => Math.DivRem(index % layer.KernelArea, layer.KernelWidth);

        int Bucket(int index)
        {
            var (row, column) = Tap(index);
            var phase = (row % stride * stride) + (column % stride);
            return (((index / layer.FanIn / tileOutputs * phases) + phase) * layer.Inputs) + (index / layer.KernelArea % layer.Inputs);
        }
    }

    public void Dispose() => memory.Dispose();
}
