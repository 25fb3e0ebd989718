namespace SparseCore.Reference;

/// <summary>What a batch normalization sees of its input.</summary>
/// <param name="Means">Means over examples, rows and columns. Shape [channels].</param>
/// <param name="Variances">Biased variances: sums of squares divided by <paramref name="Count"/>. Shape [channels].</param>
/// <param name="Count">Values of one channel: examples x rows x columns.</param>
public sealed record BatchStatistics(double[] Means, double[] Variances, int Count)
{
    /// <summary>Running statistics after this batch: decay * old + (1 - decay) * new, in which the new variance is unbiased, divided by Count - 1.</summary>
    /// <param name="decay">Share of the old statistics that is kept.</param>
    /// <param name="means">Running means, updated in place. Shape [channels].</param>
    /// <param name="variances">Running variances, updated in place. Shape [channels].</param>
    /// <exception cref="InvalidOperationException">A single value has no unbiased variance.</exception>
    public void Update(double decay, Span<double> means, Span<double> variances)
    {
        if (Count < 2)
        {
            throw new InvalidOperationException("Running variances need at least 2 values of a channel, found 1; give more examples or larger images.");
        }

        for (var channel = 0; channel < Means.Length; channel++)
        {
            means[channel] = (decay * means[channel]) + ((1 - decay) * Means[channel]);
            variances[channel] = (decay * variances[channel]) + ((1 - decay) * Variances[channel] * Count / (Count - 1));
        }
    }
}
