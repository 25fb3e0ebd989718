using System.Runtime.Intrinsics;
using SparseCore.Engine.Kernels;

namespace SparseCore.Engine;

/// <summary>
/// A batch normalisation with, where they follow, the residual sum and the ReLU: y = max(a x + b + residual, floor). In training a batch's statistics
/// need all slices: <see cref="Collect"/> first runs on every slice, then the state joins what they found, then <see cref="Forward"/> runs; likewise
/// <see cref="CollectGradients"/> before <see cref="Backward"/>.
/// </summary>
internal sealed unsafe class NormStage(
    StageTensors tensors, TensorLayout inputLayout, TensorLayout outputLayout, TensorLayout? residualLayout, NormState state, bool relu)
    : Stage(state.Norm.Name, tensors)
{
    private readonly float floor = relu ? 0f : float.NegativeInfinity;

    /// <summary>The parameters and statistics.</summary>
    public NormState State => state;

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

            state.SliceFirst(slice)[channel] = mean;
            state.SliceSecond(slice)[channel] = Lanes.Sum(deviations);
        }
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

    /// <summary>Cuts the output's gradient where the ReLU did, passes it on to the residual, and sums it and its product with the deviations.</summary>
    public void CollectGradients(Workspace workspace, int blocks, int slice)
    {
        var x = workspace.Values(Input);
        var y = workspace.Values(Output);
        var dy = workspace.Gradients(Output);
        var residual = residualLayout is null || Tensors.Residual == 0 ? null : workspace.Gradients(Tensors.Residual);
        for (var channel = 0; channel < state.Norm.Channels; channel++)
        {
            var sum = Vector512<float>.Zero;
            var product = Vector512<float>.Zero;
            for (var block = 0; block < blocks; block++)
            {
                for (var row = 0; row < inputLayout.Shape.Height; row++)
                {
                    Normalization.GateAndSum(
                        dy + outputLayout.Place(block, channel, row),
                        y + outputLayout.Place(block, channel, row),
                        outputLayout.FeatureStride,
                        relu,
                        inputLayout.Shape.Width,
                        x + inputLayout.Place(block, channel, row),
                        inputLayout.FeatureStride,
                        state.Centers[channel],
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
        if (Input == 0)
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
                for (var row = 0; row < inputLayout.Shape.Height; row++)
                {
                    Normalization.Backward(
                        dy + outputLayout.Place(block, channel, row),
                        outputLayout.FeatureStride,
                        inputLayout.Shape.Width,
                        x + inputLayout.Place(block, channel, row),
                        state.Centers[channel],
                        state.Factors[channel],
                        state.GradientShifts[channel],
                        state.GradientFactors[channel],
                        valid,
                        Tensors.AddsToInput,
                        !Tensors.AddsToInput && inputLayout.IsStreamed,
                        dx + inputLayout.Place(block, channel, row),
                        inputLayout.FeatureStride);
                }
            }
        }
    }
}
