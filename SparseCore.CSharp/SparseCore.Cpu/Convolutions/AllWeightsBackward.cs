using SparseCore.Cpu.Kernels;
using SparseCore.Cpu.Weights;

namespace SparseCore.Cpu.Convolutions;

/// <summary>
/// The backward pass of a sparse convolution with the gradient of every weight; the input gradient comes from the lists. Outputs whose gradient is 0 for the whole slice
/// (no path leads on from them, or their ReLU is shut) and inputs that are 0 leave the products, which then have as many terms fewer; what is left out is exactly 0.
/// </summary>
internal sealed unsafe class AllWeightsBackward(ConvolutionGeometry geometry, LayerState state, ListPass lists) : BackwardPass
{
    private readonly DenseWeightGradient weightGradient = new(geometry);

    public override long ScratchFloats => (2 * BiasFloats) + Math.Max(lists.ScratchFloats, geometry.Layer.Outputs * ChannelStride);

    public override long SumFloats => lists.SumFloats + weightGradient.SumFloats;

    private long BiasFloats => (long)geometry.Layer.Outputs * Lanes.Width;

    private int RowStride => geometry.Columns * Lanes.Width;

    private long ChannelStride => (long)geometry.Rows * RowStride;

    public override void Run(Workspace workspace, int blocks, int slice)
    {
        var layer = geometry.Layer;
        var area = layer.KernelArea;
        var (input, output) = (geometry.Tensors.Input, geometry.Tensors.Output);
        Span<int> outputs = stackalloc int[layer.Outputs];
        Span<int> inputs = stackalloc int[layer.Inputs];
        outputs = outputs[..LiveChannels(workspace.Gradients(output), geometry.HasRelu ? workspace.Values(output) : null, geometry.Output, blocks, outputs)];
        inputs = inputs[..LiveChannels(workspace.Values(input), null, geometry.Input, blocks, inputs)];
        Span<int> offsets = stackalloc int[inputs.Length * area];
        for (var place = 0; place < inputs.Length; place++)
        {
            state.Offsets.AsSpan(inputs[place] * area, area).CopyTo(offsets[(place * area)..]);
        }

        var listSums = workspace.Sums;
        var sums = listSums + lists.SumFloats;
        ConvolutionGeometry.Clear(listSums, lists.SumFloats);
        for (var chain = 0; chain < geometry.Pool; chain++)
        {
            ConvolutionGeometry.Clear(sums + (chain * weightGradient.ChainStride), (long)outputs.Length * offsets.Length * Lanes.Width);
        }

        // The second sums take what must not be counted twice.
        var biasSums = workspace.Scratch;
        var secondBiasSums = biasSums + BiasFloats;
        var gradient = secondBiasSums + BiasFloats;
        ConvolutionGeometry.Clear(biasSums, 2 * BiasFloats);
        for (var block = 0; block < blocks; block++)
        {
            if (!geometry.IsFirst)
            {
                lists.Run(workspace, block, gradient, secondBiasSums, listSums, takesNorm: false);
            }

            for (var place = 0; place < outputs.Length; place++)
            {
                geometry.ExpandChannel(workspace, block, outputs[place], gradient + (place * ChannelStride), RowStride, biasSums);
            }

            weightGradient.Multiply(
                gradient, outputs.Length, RowStride, (nint)ChannelStride, geometry.Inputs(workspace, block), offsets, sums);
        }

        Lanes.SumEach(biasSums, 1, 0, layer.Outputs, state.BiasGradients + ((long)slice * state.BiasStride));

        // Each sum lands on lanes that were already folded.
        Lanes.SumEach(sums, geometry.Pool, weightGradient.ChainStride, outputs.Length * offsets.Length, sums);
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
}
