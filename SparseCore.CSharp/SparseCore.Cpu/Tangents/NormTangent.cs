using System.Runtime.Intrinsics;
using SparseCore.Cpu.Kernels;

namespace SparseCore.Cpu.Tangents;

/// <summary>
/// How the output of a batch normalization, and its input's gradient, change along a direction; the statistics are the batch's and change with it. With the mean m, the
/// inverse deviation i and the scale s, y = s i (x - m) + shift and dx = e (g - c - (x - m) d) with e = s i; a prime is a change. As the batch's statistics need all slices, so do
/// their changes: first every slice sums, then the sums are joined, then the pass runs.
/// </summary>
internal sealed unsafe class NormTangent
{
    private const int Sums = 3;

    private readonly NormStage stage;
    private readonly TensorLayout input;
    private readonly TensorLayout output;
    private readonly TensorLayout? residual;
    private readonly int channels;
    private readonly double[] sums;
    private readonly double[] meanChanges;
    private readonly double[] deviationChanges;
    private readonly double[] factorChanges;
    private readonly TangentChannel[] forward;
    private readonly TangentChannel[] backward;

    /// <summary>Describes the stage.</summary>
    /// <param name="stage">The batch normalization at the point.</param>
    /// <param name="plan">Its plan.</param>
    public NormTangent(NormStage stage, ExecutionPlan plan)
    {
        this.stage = stage;
        input = plan.LayoutOf(stage.Input);
        output = plan.LayoutOf(stage.Output);
        residual = stage.Tensors.Residual < 0 ? null : plan.LayoutOf(stage.Tensors.Residual);
        channels = stage.State.Norm.Channels;
        sums = new double[plan.Slices * channels * Sums];
        meanChanges = new double[channels];
        deviationChanges = new double[channels];
        factorChanges = new double[channels];
        forward = new TangentChannel[channels];
        backward = new TangentChannel[channels];
    }

    /// <summary>Cuts the output's gradient where the ReLU cut; to be called once the point's own backward pass has read it.</summary>
    public void Gate(CurvatureSlice slice)
    {
        if (!stage.HasRelu)
        {
            return;
        }

        var gradients = slice.Point.Gradients(stage.Output);
        foreach (var (block, channel, row) in output.Rows(slice.Point.Blocks))
        {
            var place = output.Place(block, channel, row);
            Elementwise.GateTo(
                gradients + place, slice.Point.Values(stage.Output) + place, output.FeatureStride, gated: true, output.Shape.Width, adds: false, gradients + place, output.FeatureStride);
        }
    }

    /// <summary>Sums a slice's x' and x' (x - m).</summary>
    public void Collect(CurvatureSlice slice, int index)
    {
        var x = slice.Point.Values(stage.Input);
        var change = slice.Changes.Values(stage.Input);
        for (var channel = 0; channel < channels; channel++)
        {
            var (sum, product) = (Vector512<float>.Zero, Vector512<float>.Zero);
            for (var block = 0; block < slice.Point.Blocks; block++)
            {
                var (blockSum, blockProduct) = (Vector512<float>.Zero, Vector512<float>.Zero);
                for (var row = 0; row < input.Shape.Height; row++)
                {
                    var place = input.Place(block, channel, row);
                    TangentRows.Sum(change + place, x + place, input.FeatureStride, input.Shape.Width, stage.State.Centers[channel], ref blockSum, ref blockProduct);
                }

                var valid = slice.Point.ValidLanes(block);
                sum += blockSum & valid;
                product += blockProduct & valid;
            }

            Put(index, channel, Lanes.Sum(sum), Lanes.Sum(product), 0);
        }
    }

    /// <summary>Joins the slices' sums: how statistics and factors change.</summary>
    /// <param name="slices">Slices in use.</param>
    /// <param name="examples">Examples of all.</param>
    /// <param name="scales">Change of the scales. Shape [channels].</param>
    /// <param name="shifts">Change of the shifts. Shape [channels].</param>
    public void Join(int slices, int examples, ReadOnlySpan<float> scales, ReadOnlySpan<float> shifts)
    {
        var count = (double)examples * stage.State.Positions;
        for (var channel = 0; channel < channels; channel++)
        {
            var (sum, product, _) = Joined(slices, channel);
            var inverse = stage.State.Inverse(channel);
            var factor = stage.State.Scales[channel] * inverse;
            meanChanges[channel] = sum / count;
            deviationChanges[channel] = product / count * inverse * inverse; // - i' / i
            factorChanges[channel] = (scales[channel] * inverse) - (factor * deviationChanges[channel]);
            forward[channel] = new TangentChannel(
                stage.State.Centers[channel], (float)factor, (float)factorChanges[channel], (float)(shifts[channel] - (factor * meanChanges[channel])));
        }
    }

    /// <summary>Computes the output's change.</summary>
    public void Forward(CurvatureSlice slice)
    {
        var x = slice.Point.Values(stage.Input);
        var change = slice.Changes.Values(stage.Input);
        var y = slice.Point.Values(stage.Output);
        var target = slice.Changes.Values(stage.Output);
        var ofResidual = residual is null ? null : slice.Changes.Values(stage.Tensors.Residual);
        foreach (var (block, channel, row) in input.Rows(slice.Point.Blocks))
        {
            var (source, place) = (input.Place(block, channel, row), output.Place(block, channel, row));
            TangentRows.Normalize(
                change + source,
                x + source,
                input.FeatureStride,
                input.Shape.Width,
                forward[channel],
                ofResidual is null ? null : ofResidual + residual!.Place(block, channel, row),
                residual?.FeatureStride ?? 0,
                stage.HasRelu ? y + place : null,
                target + place,
                output.FeatureStride);
        }
    }

    /// <summary>Sums what a slice's change of the output's gradient tells of the others, and hands it to the residual.</summary>
    public void CollectGradients(CurvatureSlice slice, int index, bool gaussNewton)
    {
        var x = slice.Point.Values(stage.Input);
        var change = slice.Changes.Values(stage.Input);
        var y = slice.Point.Values(stage.Output);
        var gradients = slice.Point.Gradients(stage.Output);
        var target = slice.Changes.Gradients(stage.Output);
        var ofResidual = residual is null || stage.Tensors.Residual == 0 ? null : slice.Changes.Gradients(stage.Tensors.Residual);
        for (var channel = 0; channel < channels; channel++)
        {
            var (sum, product, across) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
            for (var block = 0; block < slice.Point.Blocks; block++)
            {
                for (var row = 0; row < input.Shape.Height; row++)
                {
                    var (source, place) = (input.Place(block, channel, row), output.Place(block, channel, row));
                    TangentRows.GateAndSum(
                        target + place,
                        gaussNewton ? null : gradients + place,
                        stage.HasRelu ? y + place : null,
                        output.FeatureStride,
                        input.Shape.Width,
                        x + source,
                        change + source,
                        input.FeatureStride,
                        stage.State.Centers[channel],
                        ofResidual is null ? null : ofResidual + residual!.Place(block, channel, row),
                        residual?.FeatureStride ?? 0,
                        stage.Tensors.AddsToResidual,
                        ref sum,
                        ref product,
                        ref across);
                }
            }

            Put(index, channel, Lanes.Sum(sum), Lanes.Sum(product), Lanes.Sum(across));
        }
    }

    /// <summary>Joins the slices' sums: the products for scales and shifts, and how the input's gradient changes.</summary>
    /// <param name="slices">Slices in use.</param>
    /// <param name="examples">Examples of all.</param>
    /// <param name="gaussNewton">Whether the gradient counts as 0.</param>
    /// <param name="scales">Added to: the product at the scales. Shape [channels].</param>
    /// <param name="shifts">Added to: the product at the shifts. Shape [channels].</param>
    public void JoinGradients(int slices, int examples, bool gaussNewton, Span<float> scales, Span<float> shifts)
    {
        var state = stage.State;
        var count = (double)examples * state.Positions;
        for (var channel = 0; channel < channels; channel++)
        {
            var (sum, product, across) = Joined(slices, channel);
            var inverse = state.Inverse(channel);
            var factor = state.Scales[channel] * inverse;
            var (c, d) = gaussNewton ? (0.0, 0.0) : (state.GradientShifts[channel], (double)state.GradientFactors[channel]);

            // M, the sum of g (x - m), and its change: d = i^2 M / n.
            var moment = d * count / (inverse * inverse);
            var momentChange = product + across - (meanChanges[channel] * c * count);
            var dChange = (inverse * inverse * momentChange / count) - (2 * deviationChanges[channel] * d);
            var factorChange = gaussNewton ? 0 : factorChanges[channel];
            scales[channel] += (float)(inverse * (momentChange - (gaussNewton ? 0 : deviationChanges[channel] * moment)));
            shifts[channel] += (float)sum;
            backward[channel] = new TangentChannel(
                state.Centers[channel],
                OfTangent: (float)(-factor * d),
                OfInput: (float)(-(factorChange * d) - (factor * dChange)),
                Constant: (float)(-(factorChange * c) - (factor * sum / count) + (factor * d * meanChanges[channel])),
                OfChange: (float)factor,
                OfGradient: (float)factorChange);
        }
    }

    /// <summary>Computes, or adds, the change of the input's gradient.</summary>
    public void Backward(CurvatureSlice slice, bool gaussNewton)
    {
        if (stage.Input == 0)
        {
            return;
        }

        var x = slice.Point.Values(stage.Input);
        var change = slice.Changes.Values(stage.Input);
        var gradients = slice.Point.Gradients(stage.Output);
        var changes = slice.Changes.Gradients(stage.Output);
        var target = slice.Changes.Gradients(stage.Input);
        for (var block = 0; block < slice.Point.Blocks; block++)
        {
            var valid = slice.Point.ValidLanes(block);
            for (var channel = 0; channel < channels; channel++)
            {
                for (var row = 0; row < input.Shape.Height; row++)
                {
                    var (source, place) = (input.Place(block, channel, row), output.Place(block, channel, row));
                    TangentRows.Backward(
                        changes + place,
                        gaussNewton ? null : gradients + place,
                        output.FeatureStride,
                        input.Shape.Width,
                        x + source,
                        change + source,
                        input.FeatureStride,
                        backward[channel],
                        valid,
                        stage.Tensors.AddsToInput,
                        target + source);
                }
            }
        }
    }

    private void Put(int slice, int channel, double first, double second, double third)
    {
        var place = ((slice * channels) + channel) * Sums;
        (sums[place], sums[place + 1], sums[place + 2]) = (first, second, third);
    }

    private (double First, double Second, double Third) Joined(int slices, int channel)
    {
        var (first, second, third) = (0.0, 0.0, 0.0);
        for (var slice = 0; slice < slices; slice++)
        {
            var place = ((slice * channels) + channel) * Sums;
            first += sums[place];
            second += sums[place + 1];
            third += sums[place + 2];
        }

        return (first, second, third);
    }
}
