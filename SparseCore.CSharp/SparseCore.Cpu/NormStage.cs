using System.Runtime.Intrinsics;
using SparseCore.Cpu.Convolutions;
using SparseCore.Cpu.Kernels;
using SparseCore.Engine;

namespace SparseCore.Cpu;

/// <summary>
/// A batch normalization with, where they follow, the residual sum and the ReLU: y = max(a x + b + residual, floor). In training a batch's statistics
/// need all slices: <see cref="Collect"/> first runs on every slice, then the state joins what they found, then <see cref="Forward"/> runs; likewise
/// <see cref="CollectGradients"/> before <see cref="Backward"/>. A convolution on sparse lists whose output only this stage reads asks for its gradient piece by piece
/// (<see cref="InputGradients"/>), so that it is never written down whole.
/// </summary>
internal sealed unsafe class NormStage(
    StageTensors tensors, TensorLayout inputLayout, TensorLayout outputLayout, TensorLayout? residualLayout, NormState state, bool relu)
    : Stage(state.Norm.Name, tensors)
{
    /// <summary>
    /// Squared deviations below this share of the squared mean may be rounding errors of a channel whose values are all equal: the mean of a slice is off by less than
    /// a share of 3e-4.
    /// </summary>
    private const float SuspiciousShare = 1e-7f;

    private readonly float floor = relu ? 0f : float.NegativeInfinity;

    /// <summary>The parameters and statistics.</summary>
    public NormState State => state;

    /// <summary>Whether a ReLU follows.</summary>
    public bool HasRelu => relu;

    /// <summary>The convolution whose output only this stage reads; null where there is none.</summary>
    public ConvolutionStage? Source { get; set; }

    /// <summary>Whether the residual's gradient lies where the output's does: it is the same but for the ReLU, and nothing else has been added to it before.</summary>
    public bool SharesResidual { get; set; }

    /// <summary>
    /// Whether the output's gradient is left as it came, because which values the ReLU has cut can be computed again from the input. A residual sum would have
    /// to be read, too, and its own gradient is the cut one: there the cut is made in place.
    /// </summary>
    private bool GatesLater => relu && residualLayout is null;

    /// <summary>Mean of the slice and sum of squared deviations from it, for every channel.</summary>
    public void Collect(Workspace workspace, int blocks, int slice)
    {
        var x = workspace.Values(Input);
        var (rows, columns) = (inputLayout.Shape.Height, inputLayout.Shape.Width);
        var count = (float)((double)workspace.Count * state.Positions);
        for (var channel = 0; channel < state.Norm.Channels; channel++)
        {
            var sum = Vector512<float>.Zero;
            for (var block = 0; block < blocks; block++)
            {
                var valid = workspace.ValidLanes(block);
                for (var row = 0; row < rows; row++)
                {
                    sum += Normalization.Sum(x + inputLayout.Place(block, channel, row), inputLayout.FeatureStride, columns) & valid;
                }
            }

            var mean = Lanes.Sum(sum) / count;
            var deviations = Vector512<float>.Zero;
            for (var block = 0; block < blocks; block++)
            {
                var valid = workspace.ValidLanes(block);
                for (var row = 0; row < rows; row++)
                {
                    deviations += Normalization.SquaredDeviations(x + inputLayout.Place(block, channel, row), inputLayout.FeatureStride, columns, mean) & valid;
                }
            }

            var squares = Lanes.Sum(deviations);
            if (squares > 0 && squares <= SuspiciousShare * count * mean * mean && IsConstant(workspace, blocks, channel, out var value))
            {
                (mean, squares) = (value, 0);
            }

            state.SliceFirst(slice)[channel] = mean;
            state.SliceSecond(slice)[channel] = squares;
        }
    }

    /// <summary>Whether all values of a channel are one, and which.</summary>
    private bool IsConstant(Workspace workspace, int blocks, int channel, out float value)
    {
        var x = workspace.Values(Input);
        value = x[inputLayout.Place(0, channel, 0)];
        for (var block = 0; block < blocks; block++)
        {
            var valid = workspace.ValidLanes(block);
            for (var row = 0; row < inputLayout.Shape.Height; row++)
            {
                var place = x + inputLayout.Place(block, channel, row);
                if (!Normalization.IsConstant(place, inputLayout.FeatureStride, inputLayout.Shape.Width, value, valid))
                {
                    return false;
                }
            }
        }

        return true;
    }

    public override void Forward(Workspace workspace, int blocks)
    {
        var x = workspace.Values(Input);
        var y = workspace.Values(Output);
        var residual = residualLayout is null ? null : workspace.Values(Tensors.Residual);
        var factors = state.ForwardFactors(workspace.ParameterSet);
        var offsets = state.ForwardOffsets(workspace.ParameterSet);
        for (var block = 0; block < blocks; block++)
        {
            for (var channel = 0; channel < state.Norm.Channels; channel++)
            {
                for (var row = 0; row < inputLayout.Shape.Height; row++)
                {
                    Normalization.Forward(
                        x + inputLayout.Place(block, channel, row),
                        inputLayout.FeatureStride,
                        inputLayout.Shape.Width,
                        factors[channel],
                        offsets[channel],
                        residual is null ? null : residual + residualLayout!.Place(block, channel, row),
                        residualLayout?.FeatureStride ?? 0,
                        floor,
                        y + outputLayout.Place(block, channel, row),
                        outputLayout.FeatureStride,
                        outputLayout.IsStreamed);
                }
            }
        }
    }

    /// <summary>Sums the output's gradient, cut where the ReLU cut, and its product with the deviations; passes it on to the residual.</summary>
    public void CollectGradients(Workspace workspace, int blocks, int slice)
    {
        var x = workspace.Values(Input);
        var y = workspace.Values(Output);
        var dy = workspace.Gradients(Output);
        var residual = residualLayout is null || Tensors.Residual == 0 || SharesResidual ? null : workspace.Gradients(Tensors.Residual);
        for (var channel = 0; channel < state.Norm.Channels; channel++)
        {
            var factors = state[channel];
            var sum = Vector512<float>.Zero;
            var product = Vector512<float>.Zero;
            for (var block = 0; block < blocks; block++)
            {
                for (var row = 0; row < inputLayout.Shape.Height; row++)
                {
                    Normalization.GateAndSum(
                        dy + outputLayout.Place(block, channel, row),
                        GatesLater ? null : y + outputLayout.Place(block, channel, row),
                        outputLayout.FeatureStride,
                        relu,
                        inputLayout.Shape.Width,
                        x + inputLayout.Place(block, channel, row),
                        inputLayout.FeatureStride,
                        factors,
                        residual is null ? null : residual + residualLayout!.Place(block, channel, row),
                        residualLayout?.FeatureStride ?? 0,
                        Tensors.AddsToResidual,
                        !Tensors.AddsToResidual && residualLayout is { IsStreamed: true },
                        ref sum,
                        ref product);
                }
            }

            state.SliceFirst(slice)[channel] = Lanes.Sum(sum);
            state.SliceSecond(slice)[channel] = Lanes.Sum(product);
        }
    }

    public override void Backward(Workspace workspace, int blocks, int slice, GradientScope scope)
    {
        if (Input == 0 || (Source is not null && Source.TakesNorm(scope)))
        {
            return;
        }

        var x = workspace.Values(Input);
        var dy = workspace.Gradients(Output);
        var dx = workspace.Gradients(Input);
        for (var block = 0; block < blocks; block++)
        {
            var valid = workspace.ValidLanes(block);
            for (var channel = 0; channel < state.Norm.Channels; channel++)
            {
                var factors = state[channel];
                for (var row = 0; row < inputLayout.Shape.Height; row++)
                {
                    Normalization.Backward(
                        dy + outputLayout.Place(block, channel, row),
                        outputLayout.FeatureStride,
                        GatesLater,
                        inputLayout.Shape.Width,
                        x + inputLayout.Place(block, channel, row),
                        inputLayout.FeatureStride,
                        factors,
                        valid,
                        Tensors.AddsToInput,
                        !Tensors.AddsToInput && inputLayout.IsStreamed,
                        dx + inputLayout.Place(block, channel, row),
                        inputLayout.FeatureStride);
                }
            }
        }
    }

    /// <summary>The input's gradient at a run of positions, counted row by row, of some channels, once the slices' sums are joined.</summary>
    /// <param name="workspace">The slice's memory.</param>
    /// <param name="block">The block of 16 examples.</param>
    /// <param name="channels">The channels.</param>
    /// <param name="position">First position: row * width + column.</param>
    /// <param name="count">Number of positions.</param>
    /// <param name="target">Receives the gradient. Shape [channels][count][16].</param>
    /// <param name="channelStride">Floats from one channel to the next.</param>
    public void InputGradients(Workspace workspace, int block, Range channels, int position, int count, float* target, nint channelStride)
    {
        var valid = workspace.ValidLanes(block);
        var (first, length) = channels.GetOffsetAndLength(state.Norm.Channels);
        var (row, column) = Math.DivRem(position, inputLayout.Shape.Width);
        while (count > 0)
        {
            var columns = Math.Min(count, inputLayout.Shape.Width - column);
            var dy = workspace.Gradients(Output) + Place(outputLayout, block, first, row, column);
            var x = workspace.Values(Input) + Place(inputLayout, block, first, row, column);
            for (var channel = 0; channel < length; channel++)
            {
                Normalization.Backward(
                    dy + ((nint)channel * outputLayout.ChannelStride),
                    outputLayout.FeatureStride,
                    GatesLater,
                    columns,
                    x + ((nint)channel * inputLayout.ChannelStride),
                    inputLayout.FeatureStride,
                    state[first + channel],
                    valid,
                    adds: false,
                    streamed: false,
                    target + (channel * channelStride),
                    Lanes.Width);
            }

            target += columns * Lanes.Width;
            count -= columns;
            (row, column) = (row + 1, 0);
        }
    }

    /// <summary>Asks ahead, in a number of calls, for the output's gradient that <see cref="InputGradients"/> will read.</summary>
    public Readahead GradientsAhead(Workspace workspace, int block, Range channels, int position, int count, int calls) =>
        Ahead(workspace.Gradients(Output), outputLayout, block, channels, position, count, calls);

    /// <summary>Asks ahead, in a number of calls, for the inputs that <see cref="InputGradients"/> will read.</summary>
    public Readahead InputsAhead(Workspace workspace, int block, Range channels, int position, int count, int calls) =>
        Ahead(workspace.Values(Input), inputLayout, block, channels, position, count, calls);

    private static long Place(TensorLayout layout, int block, int channel, int row, int column) =>
        layout.Place(block, channel, row) + (column * layout.FeatureStride);

    private Readahead Ahead(float* tensor, TensorLayout layout, int block, Range channels, int position, int count, int calls)
    {
        var (first, length) = channels.GetOffsetAndLength(state.Norm.Channels);
        var (row, column) = Math.DivRem(position, layout.Shape.Width);
        return new Readahead(tensor + Place(layout, block, first, row, column), layout.ChannelStride, length, count, calls);
    }
}
