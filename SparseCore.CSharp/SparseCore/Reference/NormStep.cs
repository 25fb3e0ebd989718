using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SparseCore.Networks;

namespace SparseCore.Reference;

/// <summary>
/// A batch normalization y = scale * n + shift with n = (x - m) / sqrt(v + epsilon). With the batch's statistics m and v move with x: along a direction,
/// with k = mean(n x') / sqrt(v + epsilon), n' = (x' - m') / sqrt(v + epsilon) - k n. Statistics of examples in the spare lanes are left out.
/// </summary>
/// <param name="index">Position among the steps.</param>
/// <param name="source">The step it reads.</param>
/// <param name="norm">Its parameters.</param>
/// <param name="shape">Shape of source and output.</param>
/// <param name="scaleOffset">Where the scales lie among the parameters; the shifts follow.</param>
/// <param name="meanOffset">Where the running means lie among the parameters; the running variances follow.</param>
/// <param name="statistics">What is subtracted and divided by.</param>
internal sealed class NormStep(int index, int source, Norm norm, Shape shape, int scaleOffset, int meanOffset, NormMode statistics) : NodeStep(index, [source])
{
    private readonly int area = shape.Height * shape.Width;
    private readonly double[] means = new double[norm.Channels];
    private readonly double[] variances = new double[norm.Channels];
    private readonly double[] inverses = new double[norm.Channels]; // 1 / sqrt(v + epsilon)
    private readonly double[] meanTangents = new double[norm.Channels];
    private readonly double[] slopes = new double[norm.Channels]; // k: minus the relative change of the inverse

    public override bool NeedsSource => true;

    /// <summary>What the last forward pass saw.</summary>
    public BatchStatistics Seen(Passes passes) => new([.. means], [.. variances], passes.Examples * area);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Forward(Passes passes, ReadOnlySpan<double> parameters)
    {
        for (var channel = 0; channel < norm.Channels; channel++)
        {
            if (statistics == NormMode.Batch)
            {
                Measure(passes, channel);
            }
            else
            {
                (means[channel], variances[channel]) = (parameters[meanOffset + channel], parameters[meanOffset + norm.Channels + channel]);
            }

            inverses[channel] = 1 / Math.Sqrt(variances[channel] + norm.Epsilon);
            var (mean, inverse) = (Vector512.Create(means[channel]), inverses[channel]);
            var (scale, shift) = (parameters[scaleOffset + channel], Vector512.Create(parameters[scaleOffset + norm.Channels + channel]));
            for (var group = 0; group < passes.Groups; group++)
            {
                var x = Channel(passes.Values, Source, group, channel);
                var y = Channel(passes.Values, Index, group, channel);
                for (var place = 0; place < x.Length; place++)
                {
                    y[place] = ((x[place] - mean) * inverse * scale) + shift;
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void ForwardTangent(Passes passes, ReadOnlySpan<double> parameters, ReadOnlySpan<double> vector)
    {
        for (var channel = 0; channel < norm.Channels; channel++)
        {
            var inverse = inverses[channel];
            if (statistics == NormMode.Batch)
            {
                var (sum, along) = (Vector512<double>.Zero, Vector512<double>.Zero);
                for (var group = 0; group < passes.Groups; group++)
                {
                    var mask = passes.MaskOf(group);
                    var x = Channel(passes.Values, Source, group, channel);
                    var motion = Channel(passes.Tangents, Source, group, channel);
                    for (var place = 0; place < x.Length; place++)
                    {
                        sum += mask & motion[place];
                        along += mask & (Normal(x[place], channel) * motion[place]);
                    }
                }

                meanTangents[channel] = Passes.Total(sum) / Count(passes);
                slopes[channel] = Passes.Total(along) / Count(passes) * inverse;
            }

            var scale = parameters[scaleOffset + channel];
            var (scaleMotion, shiftMotion) = (vector[scaleOffset + channel], Vector512.Create(vector[scaleOffset + norm.Channels + channel]));
            for (var group = 0; group < passes.Groups; group++)
            {
                var x = Channel(passes.Values, Source, group, channel);
                var motion = Channel(passes.Tangents, Source, group, channel);
                var output = Channel(passes.Tangents, Index, group, channel);
                for (var place = 0; place < x.Length; place++)
                {
                    var normal = Normal(x[place], channel);
                    output[place] = (scaleMotion * normal) + (scale * NormalTangent(normal, motion[place], channel)) + shiftMotion;
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Backward(Passes passes, ReadOnlySpan<double> parameters, Span<double> gradient)
    {
        if (Source >= 0)
        {
            passes.Gradients.TakeSums(Source);
        }

        for (var channel = 0; channel < norm.Channels; channel++)
        {
            var (scaleGradient, shiftGradient) = Sums(passes, channel);
            gradient[scaleOffset + channel] += scaleGradient;
            gradient[scaleOffset + norm.Channels + channel] += shiftGradient;
            var factor = parameters[scaleOffset + channel] * inverses[channel];
            var (slope, mean) = (Share(passes, scaleGradient), Vector512.Create(Share(passes, shiftGradient)));
            for (var group = 0; group < passes.Groups && Source >= 0; group++)
            {
                var mask = passes.MaskOf(group);
                var x = Channel(passes.Values, Source, group, channel);
                var upstream = Channel(passes.Gradients, Index, group, channel);
                var sums = Channel(passes.Gradients, Source, group, channel);
                for (var place = 0; place < x.Length; place++)
                {
                    sums[place] += mask & (factor * (upstream[place] - mean - (slope * Normal(x[place], channel))));
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void BackwardTangent(Passes passes, ReadOnlySpan<double> parameters, ReadOnlySpan<double> vector, Span<double> product)
    {
        if (Source >= 0)
        {
            passes.Gradients.TakeSums(Source);
            passes.GradientTangents.TakeSums(Source);
        }

        for (var channel = 0; channel < norm.Channels; channel++)
        {
            var (scaleGradient, shiftGradient) = Sums(passes, channel);
            var (scaleTangent, shiftTangent) = TangentSums(passes, channel);
            product[scaleOffset + channel] += scaleTangent;
            product[scaleOffset + norm.Channels + channel] += shiftTangent;
            var factor = parameters[scaleOffset + channel] * inverses[channel];
            var factorTangent = (vector[scaleOffset + channel] * inverses[channel]) - (factor * slopes[channel]);
            var (slope, mean) = (Share(passes, scaleGradient), Vector512.Create(Share(passes, shiftGradient)));
            var (slopeTangent, meanTangent) = (Share(passes, scaleTangent), Vector512.Create(Share(passes, shiftTangent)));
            for (var group = 0; group < passes.Groups && Source >= 0; group++)
            {
                var mask = passes.MaskOf(group);
                var x = Channel(passes.Values, Source, group, channel);
                var motion = Channel(passes.Tangents, Source, group, channel);
                var upstream = Channel(passes.Gradients, Index, group, channel);
                var upstreamTangent = Channel(passes.GradientTangents, Index, group, channel);
                var sums = Channel(passes.Gradients, Source, group, channel);
                var tangentSums = Channel(passes.GradientTangents, Source, group, channel);
                for (var place = 0; place < x.Length; place++)
                {
                    var normal = Normal(x[place], channel);
                    var rest = upstream[place] - mean - (slope * normal);
                    var restTangent = upstreamTangent[place] - meanTangent - (slope * NormalTangent(normal, motion[place], channel)) - (slopeTangent * normal);
                    sums[place] += mask & (factor * rest);
                    tangentSums[place] += mask & ((factorTangent * rest) + (factor * restTangent));
                }
            }
        }
    }

    /// <summary>Mean and biased variance of a channel, in two passes; exact where all its values are equal, so that the output is exactly the shift there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Measure(Passes passes, int channel)
    {
        if (IsConstant(passes, channel, out var value))
        {
            (means[channel], variances[channel]) = (value, 0);
            return;
        }

        var sum = Vector512<double>.Zero;
        for (var group = 0; group < passes.Groups; group++)
        {
            var mask = passes.MaskOf(group);
            foreach (var x in Channel(passes.Values, Source, group, channel))
            {
                sum += mask & x;
            }
        }

        means[channel] = Passes.Total(sum) / Count(passes);
        var mean = Vector512.Create(means[channel]);
        var squares = Vector512<double>.Zero;
        for (var group = 0; group < passes.Groups; group++)
        {
            var mask = passes.MaskOf(group);
            foreach (var x in Channel(passes.Values, Source, group, channel))
            {
                var distance = mask & (x - mean);
                squares += distance * distance;
            }
        }

        variances[channel] = Passes.Total(squares) / Count(passes);
    }

    private bool IsConstant(Passes passes, int channel, out double value)
    {
        value = Channel(passes.Values, Source, 0, channel)[0][0];
        var expected = Vector512.Create(value);
        for (var group = 0; group < passes.Groups; group++)
        {
            var mask = passes.MaskOf(group);
            foreach (var x in Channel(passes.Values, Source, group, channel))
            {
                if ((~Vector512.Equals(x, expected) & mask).AsInt64() != Vector512<long>.Zero)
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>The gradients of a channel's scale and shift.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private (double Scale, double Shift) Sums(Passes passes, int channel)
    {
        var (scale, shift) = (Vector512<double>.Zero, Vector512<double>.Zero);
        for (var group = 0; group < passes.Groups; group++)
        {
            var x = Channel(passes.Values, Source, group, channel);
            var upstream = Channel(passes.Gradients, Index, group, channel);
            for (var place = 0; place < x.Length; place++)
            {
                scale += upstream[place] * Normal(x[place], channel);
                shift += upstream[place];
            }
        }

        return (Passes.Total(scale), Passes.Total(shift));
    }

    /// <summary>The derivatives of <see cref="Sums"/> in the direction of the vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private (double Scale, double Shift) TangentSums(Passes passes, int channel)
    {
        var (scale, shift) = (Vector512<double>.Zero, Vector512<double>.Zero);
        for (var group = 0; group < passes.Groups; group++)
        {
            var x = Channel(passes.Values, Source, group, channel);
            var motion = Channel(passes.Tangents, Source, group, channel);
            var upstream = Channel(passes.Gradients, Index, group, channel);
            var upstreamTangent = Channel(passes.GradientTangents, Index, group, channel);
            for (var place = 0; place < x.Length; place++)
            {
                var normal = Normal(x[place], channel);
                scale += (upstreamTangent[place] * normal) + (upstream[place] * NormalTangent(normal, motion[place], channel));
                shift += upstreamTangent[place];
            }
        }

        return (Passes.Total(scale), Passes.Total(shift));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<double> Normal(Vector512<double> x, int channel) => (x - Vector512.Create(means[channel])) * inverses[channel];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<double> NormalTangent(Vector512<double> normal, Vector512<double> motion, int channel) =>
        ((motion - Vector512.Create(meanTangents[channel])) * inverses[channel]) - (slopes[channel] * normal);

    private Span<Vector512<double>> Channel(BufferSet buffers, int step, int group, int channel) => buffers[step, group].Slice(channel * area, area);

    private double Count(Passes passes) => (double)passes.Examples * area;

    /// <summary>What a sum over the batch takes from every value: its mean with the batch's statistics, 0 where statistics are constants.</summary>
    private double Share(Passes passes, double sum) => statistics == NormMode.Batch ? sum / Count(passes) : 0;
}
