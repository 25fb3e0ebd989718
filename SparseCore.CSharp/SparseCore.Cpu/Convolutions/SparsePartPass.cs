using System.Runtime.Intrinsics;
using SparseCore.Cpu.Kernels;
using SparseCore.Cpu.Weights;

namespace SparseCore.Cpu.Convolutions;

/// <summary>
/// One row of a sparse convolution in parts of input channels; between the parts the sums wait in a compact scratch area, [outputs][chunk][16]. With a stride, the
/// inputs of a part are first copied side by side.
/// </summary>
internal sealed unsafe class SparsePartPass : RowPass
{
    private readonly ConvolutionGeometry geometry;
    private readonly PartOrder order;
    private readonly int chunk;
    private readonly int packedPhase;
    private readonly int packedChannel;
    private readonly int partChannels;
    private readonly int parts;

    /// <summary>Sorts the weights for the pass.</summary>
    /// <param name="geometry">The convolution.</param>
    /// <param name="state">Its weights.</param>
    /// <param name="sizes">Sizes of parts.</param>
    public SparsePartPass(ConvolutionGeometry geometry, LayerState state, PartSizes sizes)
    {
        this.geometry = geometry;
        order = state.ByPart;
        chunk = sizes.Chunk;
        packedPhase = sizes.PackedPhase;
        packedChannel = sizes.PackedChannel;
        (partChannels, parts) = sizes.Parts;
        state.SortByPart(partChannels, geometry.Stride == 1 ? state.Offsets : PackedOffsets());
    }

    public override long ScratchFloats =>
        ((long)geometry.Layer.Outputs * (chunk + 1) * Lanes.Width) + (geometry.Stride == 1 ? 0 : (long)partChannels * packedChannel);

    public override void Run(float* scratch, float* weights, float* biases, float* x, float* y, int channelStride, int columnStride, float floor)
    {
        var (input, layer, stride, columns) = (geometry.Input, geometry.Layer, geometry.Stride, geometry.Columns);
        var outputs = layer.Outputs;
        var isStreamed = geometry.Output.IsStreamed;
        var starts = scratch + (outputs * chunk * Lanes.Width);
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
                var firsts = order.Starts + (part * outputs);
                var next = !isLast ? here : column + chunk < columns ? here + (chunk * stride * Lanes.Width) : x + (stride * input.RowStride);
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

                    var sums = scratch + (channel * chunk * Lanes.Width);
                    SparseConvolution.ContinueRow(
                        weights + first,
                        order.Offsets + first,
                        count,
                        source,
                        width,
                        isFirst ? starts + (channel * Lanes.Width) : sums,
                        isFirst ? 0 : Lanes.Width,
                        isLast ? floor : float.NegativeInfinity,
                        isLast ? y + ((long)channel * channelStride) + (column * columnStride) : sums,
                        isLast ? columnStride : Lanes.Width,
                        isLast && isStreamed);
                }
            }
        }
    }

    /// <summary>
    /// Prefetches the inputs of a part, given where its chunk starts: of the last kernel row, because a chunk above has met the others (with a stride, most of
    /// them).
    /// </summary>
    private Readahead PartAhead(float* start, int part)
    {
        var (input, layer) = (geometry.Input, geometry.Layer);
        var first = part * partChannels;
        return new Readahead(
            start + ((nint)first * input.ChannelStride) + ((layer.KernelHeight - 1) * input.RowStride),
            input.ChannelStride,
            Math.Min(partChannels, layer.Inputs - first),
            ((chunk - 1) * geometry.Stride) + layer.KernelWidth,
            layer.Outputs);
    }

    /// <summary>Copies what one chunk of an output row meets in the channels of a part: [channel][kernel row][column modulo stride][column / stride][16].</summary>
    private void Pack(float* x, int part, int width, float* packed)
    {
        var (input, layer, stride) = (geometry.Input, geometry.Layer, geometry.Stride);
        for (var channel = part * partChannels; channel < Math.Min((part + 1) * partChannels, layer.Inputs); channel++)
        {
            for (var row = 0; row < layer.KernelHeight; row++)
            {
                for (var phase = 0; phase < stride; phase++)
                {
                    var source = x + ((nint)channel * input.ChannelStride) + (row * input.RowStride) + (phase * Lanes.Width);
                    var copied = width + geometry.Taps(layer.KernelWidth, phase) - 1;
                    Elementwise.Copy(source, stride * Lanes.Width, copied, packed, Lanes.Width, streamed: false);
                    packed += packedPhase;
                }
            }
        }
    }

    /// <summary>Where each weight of one output finds its input among those that <see cref="Pack"/> has copied. Shape [fan-in].</summary>
    private int[] PackedOffsets()
    {
        var (layer, stride) = (geometry.Layer, geometry.Stride);
        var offsets = new int[layer.FanIn];
        for (var k = 0; k < offsets.Length; k++)
        {
            var (channel, tap) = Math.DivRem(k, layer.KernelArea);
            var (row, column) = Math.DivRem(tap, layer.KernelWidth);
            offsets[k] = (channel % partChannels * packedChannel) + (((row * stride) + (column % stride)) * packedPhase) + (column / stride * Lanes.Width);
        }

        return offsets;
    }
}
