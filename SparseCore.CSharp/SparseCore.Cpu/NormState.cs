using SparseCore.Cpu.Kernels;
using SparseCore.Engine;
using SparseCore.Networks;

namespace SparseCore.Cpu;

/// <summary>One batch normalization's scales, shifts and statistics, and what its slices find out about a batch.</summary>
internal sealed unsafe class NormState : IDisposable
{
    private readonly AlignedBuffer memory = new();
    private readonly AlignedBuffer alternatives = new();
    private readonly int stride;
    private readonly double[] batchMeans;
    private readonly double[] batchVariances;

    /// <summary>Makes room for the state.</summary>
    /// <param name="norm">The batch normalization.</param>
    /// <param name="positions">Rows x columns of one example.</param>
    /// <param name="slices">Slices of a batch.</param>
    public NormState(Norm norm, int positions, int slices)
    {
        Norm = norm;
        Positions = positions;
        stride = Lanes.RoundUp(norm.Channels);
        batchMeans = new double[norm.Channels];
        batchVariances = new double[norm.Channels];
        memory.EnsureCapacity((12L + (2L * slices)) * stride);
        float* Part(int index) => memory.Pointer + ((long)index * stride);
        Scales = Part(0);
        Shifts = Part(1);
        ScaleMomenta = Part(2);
        ShiftMomenta = Part(3);
        Means = Part(4);
        Variances = Part(5);
        Factors = Part(6);
        Offsets = Part(7);
        Centers = Part(8);
        GradientShifts = Part(9);
        GradientFactors = Part(10);
        InputFactors = Part(11);
        First = Part(12);
    }

    /// <summary>The batch normalization.</summary>
    public Norm Norm { get; }

    /// <summary>Rows x columns of one example.</summary>
    public int Positions { get; }

    /// <summary>Trained scales. Shape [channels].</summary>
    public float* Scales { get; }

    /// <summary>Trained shifts. Shape [channels].</summary>
    public float* Shifts { get; }

    /// <summary>Momentum of the scales. Shape [channels].</summary>
    public float* ScaleMomenta { get; }

    /// <summary>Momentum of the shifts. Shape [channels].</summary>
    public float* ShiftMomenta { get; }

    /// <summary>Running means. Shape [channels].</summary>
    public float* Means { get; }

    /// <summary>Running variances. Shape [channels].</summary>
    public float* Variances { get; }

    /// <summary>Factor a of the output a x + b. Shape [channels].</summary>
    public float* Factors { get; }

    /// <summary>Offset b of the output a x + b. Shape [channels].</summary>
    public float* Offsets { get; }

    /// <summary>Means of the batch. Shape [channels].</summary>
    public float* Centers { get; }

    /// <summary>Factor e of the input's gradient e (dz - c - (x - mean) d): that of the output, but where all values are equal. Shape [channels].</summary>
    public float* InputFactors { get; }

    /// <summary>c of the input's gradient e (dz - c - (x - mean) d). Shape [channels].</summary>
    public float* GradientShifts { get; }

    /// <summary>d of the input's gradient. Shape [channels].</summary>
    public float* GradientFactors { get; }

    /// <summary>1 / the batch's deviation of a channel: the root of its variance and epsilon.</summary>
    public double Inverse(int channel) => 1 / Math.Sqrt(batchVariances[channel] + Norm.Epsilon);

    /// <summary>One channel as the passes of a batch need it; gradients once they are joined.</summary>
    public NormChannel this[int channel] =>
        new(Centers[channel], Factors[channel], Offsets[channel], GradientShifts[channel], GradientFactors[channel], InputFactors[channel]);

    /// <summary>Bytes of native memory.</summary>
    public long Bytes => memory.Bytes + alternatives.Bytes;

    /// <summary>
    /// One of the two sums that slices hand in: forward the mean of the slice and its sum of squared deviations, backward the sums of dz and of
    /// dz (x - mean). Shape [slices][2][channels].
    /// </summary>
    private float* First { get; }

    /// <summary>The first sums of a slice. Shape [channels].</summary>
    public float* SliceFirst(int slice) => First + (2L * slice * stride);

    /// <summary>The second sums of a slice. Shape [channels].</summary>
    public float* SliceSecond(int slice) => First + (((2L * slice) + 1) * stride);

    /// <summary>Factors of the output for evaluation: the layer's own for set -1, else those of <see cref="LoadAlternative"/>.</summary>
    public float* ForwardFactors(int set) => set < 0 ? Factors : alternatives.Pointer + (2L * set * stride);

    /// <summary>Offsets of the same set.</summary>
    public float* ForwardOffsets(int set) => set < 0 ? Offsets : alternatives.Pointer + (((2L * set) + 1) * stride);

    /// <summary>Makes room for other parameters to be evaluated beside the layer's own.</summary>
    public void EnsureAlternatives(int count) => alternatives.EnsureCapacity(2L * count * stride);

    /// <summary>Takes over one set of parameters for evaluation.</summary>
    public void LoadAlternative(int set, ReadOnlySpan<float> scales, ReadOnlySpan<float> shifts, ReadOnlySpan<float> means, ReadOnlySpan<float> variances)
    {
        for (var channel = 0; channel < Norm.Channels; channel++)
        {
            Affine(scales[channel], shifts[channel], means[channel], variances[channel], out ForwardFactors(set)[channel], out ForwardOffsets(set)[channel]);
        }
    }

    /// <summary>Sets the output's factors from the running statistics.</summary>
    public void UseRunningStatistics()
    {
        for (var channel = 0; channel < Norm.Channels; channel++)
        {
            Affine(Scales[channel], Shifts[channel], Means[channel], Variances[channel], out Factors[channel], out Offsets[channel]);
        }
    }

    /// <summary>
    /// Joins what the slices found, in their order (Chan, Golub and LeVeque 1983), and sets the output's factors from mean and variance of the batch. Where all values are
    /// equal the output is the shift, exactly: a x + b would be rounding noise times 1 / sqrt(epsilon) = 316, and a ReLU behind it would take the noise's sign.
    /// </summary>
    /// <param name="counts">Examples of each slice.</param>
    public void UseBatchStatistics(ReadOnlySpan<int> counts)
    {
        for (var channel = 0; channel < Norm.Channels; channel++)
        {
            var (count, mean, deviations) = (0.0, 0.0, 0.0);
            for (var slice = 0; slice < counts.Length; slice++)
            {
                var added = (double)counts[slice] * Positions;
                var difference = SliceFirst(slice)[channel] - mean;
                deviations += SliceSecond(slice)[channel] + (difference * difference * count * added / (count + added));
                mean += difference * added / (count + added);
                count += added;
            }

            batchMeans[channel] = mean;
            batchVariances[channel] = deviations / count;
            Centers[channel] = (float)mean;
            Affine(Scales[channel], Shifts[channel], mean, batchVariances[channel], out Factors[channel], out Offsets[channel]);
            InputFactors[channel] = Factors[channel];
            if (deviations == 0)
            {
                (Factors[channel], Offsets[channel]) = (0, Shifts[channel]);
            }
        }
    }

    /// <summary>Moves the running statistics toward those of the last batch; the variance there is the unbiased one.</summary>
    /// <param name="examples">Examples of the batch.</param>
    /// <param name="keep">Share of the running statistics that stays.</param>
    public void UpdateRunningStatistics(int examples, double keep)
    {
        var count = (double)examples * Positions;
        var unbiased = count > 1 ? count / (count - 1) : 1;
        for (var channel = 0; channel < Norm.Channels; channel++)
        {
            Means[channel] = (float)((keep * Means[channel]) + ((1 - keep) * batchMeans[channel]));
            Variances[channel] = (float)((keep * Variances[channel]) + ((1 - keep) * batchVariances[channel] * unbiased));
        }
    }

    /// <summary>
    /// Joins the slices' sums of the backward pass. Afterwards the first slice holds the gradient of the shifts and of the scales, and the input's
    /// gradient can be computed.
    /// </summary>
    /// <param name="counts">Examples of each slice.</param>
    public void JoinGradients(ReadOnlySpan<int> counts)
    {
        var examples = 0;
        foreach (var count in counts)
        {
            examples += count;
        }

        var total = (double)examples * Positions;
        for (var channel = 0; channel < Norm.Channels; channel++)
        {
            var (sum, product) = (0.0, 0.0);
            for (var slice = 0; slice < counts.Length; slice++)
            {
                sum += SliceFirst(slice)[channel];
                product += SliceSecond(slice)[channel];
            }

            var inverse = Inverse(channel);
            GradientShifts[channel] = (float)(sum / total);
            GradientFactors[channel] = (float)(product * inverse * inverse / total);
            SliceFirst(0)[channel] = (float)sum;
            SliceSecond(0)[channel] = (float)(product * inverse);
        }
    }

    /// <summary>One step of SGD on scales and shifts, from the joined gradients; no L2.</summary>
    public void Update(in SgdStep step)
    {
        MomentumUpdate.Run(
            Scales, ScaleMomenta, SliceSecond(0), 1, stride, null, stride, step.LearningRate, step.Momentum, step.Nesterov, 0f);
        MomentumUpdate.Run(Shifts, ShiftMomenta, SliceFirst(0), 1, stride, null, stride, step.LearningRate, step.Momentum, step.Nesterov, 0f);
    }

    /// <summary>Adds the joined gradients to canonical arrays.</summary>
    public void AddGradients(Span<float> scales, Span<float> shifts)
    {
        for (var channel = 0; channel < Norm.Channels; channel++)
        {
            scales[channel] += SliceSecond(0)[channel];
            shifts[channel] += SliceFirst(0)[channel];
        }
    }

    public void Dispose()
    {
        memory.Dispose();
        alternatives.Dispose();
    }

    private void Affine(double scale, double shift, double mean, double variance, out float factor, out float offset)
    {
        var product = scale / Math.Sqrt(variance + Norm.Epsilon);
        factor = (float)product;
        offset = (float)(shift - (mean * product));
    }
}
