using SparseCore.Curvature;
using SparseCore.Networks;
using SparseCore.Numerics;
using SparseCore.Reference;
using SparseCore.Tests.Data;
using SparseCore.Tests.Reference;

namespace SparseCore.Tests.Curvature;

public class LeadingEigenvectorsTests
{
    private readonly HessianMatrix hessian = Hessian();

    [Fact]
    public void They_are_those_of_the_whole_decomposition()
    {
        var (values, vectors) = SymmetricEigenvalues.ComputeWithVectors(hessian.Values, 2);
        var found = LeadingEigenvectors.Compute(hessian, 5, 1e-9, 200, 1);
        for (var index = 0; index < 5; index++)
        {
            Assert.Equal(values[^(index + 1)], found.Values[index], found.Errors[index] + (1e-12 * values[^1]));
            var along = found.Vectors[index].Zip(vectors[^(index + 1)], (one, other) => one * other).Sum();
            Assert.Equal(1, Math.Abs(along), 1e-6);
            Assert.InRange(found.Errors[index], 0, 1e-9 * values[^1]);
        }
    }

    [Fact]
    public void What_is_not_found_within_the_steps_says_how_far_it_is()
    {
        var exact = SymmetricEigenvalues.Compute(hessian.Values, 1);
        var found = LeadingEigenvectors.Compute(hessian, 5, 0, 12, 1);
        for (var index = 0; index < 5; index++)
        {
            Assert.True(exact.Min(value => Math.Abs(value - found.Values[index])) <= found.Errors[index] + (1e-12 * exact[^1]));
        }
    }

    [Fact]
    public void A_small_space_gives_fewer_and_the_same_seed_the_same()
    {
        var small = new Two();
        Assert.Equal([3.0, 1.0], LeadingEigenvectors.Compute(small, 5, 1e-9, 10, 1).Values, (one, other) => Math.Abs(one - other) < 1e-12);
        Assert.Equal(LeadingEigenvectors.Compute(small, 1, 1e-9, 10, 4).Vectors[0], LeadingEigenvectors.Compute(small, 1, 1e-9, 10, 4).Vectors[0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => LeadingEigenvectors.Compute(small, 5, 1e-9, 4, 1));
    }

    private static HessianMatrix Hessian()
    {
        var network = LeNet5.Create([3, 4, 9, 7], new Shape(1, 16, 16), 5);
        var masks = ResidualNetworks.Masks(network, 0.4);
        var data = Samples.Random(network.Input, network.Output.Count, 40, 5);
        return ColumnHessian.Compute(ResidualNetworks.Parameters(masks, 3), Coordinates.Active(masks), Examples.FirstOf(data, 40), 2);
    }

    /// <summary>Eigenvalues 1 and 3.</summary>
    private sealed class Two : ISymmetricOperator
    {
        public int Dimension => 2;

        public void Apply(ReadOnlySpan<double> vector, Span<double> product) =>
            (product[0], product[1]) = ((2 * vector[0]) + vector[1], vector[0] + (2 * vector[1]));
    }
}
