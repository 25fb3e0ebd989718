using SparseCore.Cpu;
using SparseCore.Curvature;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Numerics;
using SparseCore.Reference;
using SparseCore.Tests.Data;
using SparseCore.Tests.Reference;

namespace SparseCore.Tests.Curvature;

public class SpectrumEstimateTests
{
    [Fact]
    public void Lanczos_of_a_diagonal_finds_all_its_values_their_shares_and_no_error()
    {
        var found = Lanczos.Run(new Diagonal([3, -1, 0, 7]), [1, 2, 2, 4], 10);
        Assert.Equal([-1, 0, 3, 7], found.Values.Select(value => Math.Round(value, 12)));
        Assert.Equal([4 / 25.0, 4 / 25.0, 1 / 25.0, 16 / 25.0], found.Weights, (expected, actual) => Math.Abs(expected - actual) < 1e-12);
        Assert.All(found.Errors, error => Assert.InRange(error, 0, 1e-11));
    }

    [Fact]
    public void Lanczos_stops_where_the_space_ends()
    {
        var found = Lanczos.Run(new Diagonal([2, 2, 5, 5, 5]), [1, 1, 1, 1, 1], 5);
        Assert.Equal([2, 5], found.Values.Select(value => Math.Round(value, 12)));
    }

    [Fact]
    public void Errors_bound_the_distance_to_the_spectrum()
    {
        double[] spectrum = [.. Enumerable.Range(0, 200).Select(index => Math.Pow(index / 20.0, 2))];
        var found = Lanczos.Run(new Diagonal(spectrum), [.. spectrum.Select(_ => 1.0)], 12);
        Assert.Equal(12, found.Values.Length);
        for (var index = 0; index < found.Values.Length; index++)
        {
            Assert.True(spectrum.Min(value => Math.Abs(value - found.Values[index])) <= found.Errors[index] + 1e-12);
        }
    }

    /// <summary>A narrow LeNet5 and a network with batch normalizations, against all eigenvalues of their matrices.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Estimates_agree_with_the_exact_spectrum_within_their_errors(bool isNormalized)
    {
        var network = isNormalized ? ResidualNetworks.Odd : LeNet5.Create([3, 4, 9, 7], new Shape(1, 16, 16), 5);
        var masks = ResidualNetworks.Masks(network, 0.4);
        var parameters = ResidualNetworks.Parameters(masks, 3);
        var data = Samples.Random(network.Input, network.Output.Count, 40, 5);
        var rows = Coordinates.Active(masks);
        var exact = SymmetricEigenvalues.Compute(ColumnHessian.Compute(parameters, rows, Examples.FirstOf(data, 40), 2).Values, 1);
        using var matrix = new HessianOperator(new CpuEngineFactory(new EngineOptions()), parameters, rows, data, 40);
        var products = 0;
        var found = SpectrumEstimate.Compute(matrix, 12, 40, 1, () => products++);
        Assert.Equal(12 * 40, products);
        Assert.Equal((products, products), (matrix.Products, found.Products));
        var scale = exact.Max(Math.Abs);
        Assert.Equal(exact[^1], found.Largest.Value, found.Largest.Error + (1e-5 * scale));
        Assert.Equal(exact[0], found.Smallest.Value, found.Smallest.Error + (1e-5 * scale));
        Assert.Equal(exact.Sum(), found.Trace.Value, 4 * found.Trace.Error);
        Assert.Equal(exact.Where(value => value < 0).Sum(value => -value) / exact.Sum(Math.Abs), found.NegativeMass.Value, 4 * found.NegativeMass.Error);
        Assert.Equal(rows.Count, found.Weights.Sum(), 1e-6 * rows.Count);
        Assert.Equal(found.Trace.Value, found.Values.Zip(found.Weights, (value, weight) => value * weight).Sum(), 1e-9 * Math.Abs(scale) * rows.Count);
    }

    [Fact]
    public void Estimates_repeat_with_their_seed_and_need_two_probes()
    {
        var matrix = new Chain(100);
        var (one, other) = (SpectrumEstimate.Compute(matrix, 3, 10, 5), SpectrumEstimate.Compute(matrix, 3, 10, 5));
        Assert.Equal((one.Trace, one.NegativeMass, one.Smallest), (other.Trace, other.NegativeMass, other.Smallest));
        Assert.NotEqual(one.Values, SpectrumEstimate.Compute(matrix, 3, 10, 6).Values);
        Assert.Throws<ArgumentOutOfRangeException>(() => SpectrumEstimate.Compute(matrix, 1, 10, 5));
    }

    private sealed class Diagonal(double[] values) : ISymmetricOperator
    {
        public int Dimension => values.Length;

        public void Apply(ReadOnlySpan<double> vector, Span<double> product)
        {
            for (var row = 0; row < values.Length; row++)
            {
                product[row] = values[row] * vector[row];
            }
        }
    }

    /// <summary>What a row's neighbors differ from it by: on random signs no two vectors see the same.</summary>
    private sealed class Chain(int rows) : ISymmetricOperator
    {
        public int Dimension => rows;

        public void Apply(ReadOnlySpan<double> vector, Span<double> product)
        {
            for (var row = 0; row < rows; row++)
            {
                product[row] = vector[row] - (row > 0 ? vector[row - 1] : 0) - (row < rows - 1 ? vector[row + 1] : 0);
            }
        }
    }
}
