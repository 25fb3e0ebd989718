using SparseCore.Randomness;

namespace SparseCore.Curvature;

/// <summary>A number and how far it may be off.</summary>
/// <param name="Value">The number.</param>
/// <param name="Error">The norm of a residual, or the standard error over random vectors.</param>
public sealed record Estimate(double Value, double Error);

/// <summary>
/// What random vectors tell of the spectrum of an operator that is too large to be written down: stochastic Lanczos quadrature (Ubaru, Chen and Saad 2017). Its first
/// moment is Hutchinson's estimate of the trace. How many eigenvalues are negative it cannot tell: those near 0 share a place of the density, which lies on one side.
/// </summary>
/// <param name="Rows">Number of eigenvalues.</param>
/// <param name="Products">Products with the operator that all this took.</param>
/// <param name="Smallest">The smallest eigenvalue that was found; the error is its residual.</param>
/// <param name="Largest">The largest.</param>
/// <param name="Trace">Sum of the eigenvalues, with its standard error.</param>
/// <param name="NegativeMass">Magnitudes of the negative eigenvalues over all, with its standard error (jackknife).</param>
/// <param name="Values">Places of the density, from the smallest to the largest.</param>
/// <param name="Weights">How many eigenvalues each place stands for; together <paramref name="Rows"/>.</param>
public sealed record SpectrumEstimate(
    int Rows, int Products, Estimate Smallest, Estimate Largest, Estimate Trace, Estimate NegativeMass, double[] Values, double[] Weights)
{
    /// <summary>Estimates a spectrum; the same numbers for the same seed.</summary>
    /// <param name="matrix">The operator.</param>
    /// <param name="probes">Random vectors of -1 and 1, 2 or more.</param>
    /// <param name="steps">Products for each.</param>
    /// <param name="seed">Of the vectors.</param>
    /// <param name="report">Hears after every product.</param>
    /// <param name="cancellation">Stops between two products.</param>
    public static SpectrumEstimate Compute(ISymmetricOperator matrix, int probes, int steps, ulong seed, Action? report = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(probes, 2);
        var rows = matrix.Dimension;
        var runs = new Lanczos[probes];
        for (var probe = 0; probe < probes; probe++)
        {
            var stream = new RandomStream(seed, "probes of a spectrum", (ulong)probe);
            double[] start = [.. Enumerable.Range(0, rows).Select(_ => stream.NextInt32(2) == 0 ? -1.0 : 1.0)];
            runs[probe] = Lanczos.Run(matrix, start, steps, report, cancellation);
        }

        var (low, high) = (runs.MinBy(run => run.Values[0])!, runs.MaxBy(run => run.Values[^1])!);
        (double Value, double Weight)[] places =
            [.. runs.SelectMany(run => run.Values.Zip(run.Weights, (value, weight) => (value, weight * rows / probes))).OrderBy(place => place.Item1)];
        return new SpectrumEstimate(
            rows,
            runs.Sum(run => run.Values.Length),
            new Estimate(low.Values[0], low.Errors[0]),
            new Estimate(high.Values[^1], high.Errors[^1]),
            Mean([.. runs.Select(run => rows * Moment(run, value => value))]),
            Share([.. runs.Select(run => Moment(run, value => value < 0 ? -value : 0))], [.. runs.Select(run => Moment(run, Math.Abs))]),
            [.. places.Select(place => place.Value)],
            [.. places.Select(place => place.Weight)]);
    }

    private static double Moment(Lanczos run, Func<double, double> function) => run.Values.Zip(run.Weights, (value, weight) => weight * function(value)).Sum();

    /// <summary>The mean, and its standard error.</summary>
    private static Estimate Mean(double[] values)
    {
        var mean = values.Average();
        return new Estimate(mean, Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1) / values.Length));
    }

    /// <summary>The ratio of two sums, and its standard error: each pair is left out once.</summary>
    private static Estimate Share(double[] parts, double[] wholes)
    {
        var (part, whole, count) = (parts.Sum(), wholes.Sum(), parts.Length);
        if (whole == 0)
        {
            return new Estimate(0, 0);
        }

        double[] without = [.. parts.Zip(wholes, (one, other) => whole > other ? (part - one) / (whole - other) : 0)];
        var mean = without.Average();
        return new Estimate(part / whole, Math.Sqrt(without.Sum(value => (value - mean) * (value - mean)) * (count - 1) / count));
    }
}
