using System.Runtime.Intrinsics;

namespace SparseCore.Curvature;

/// <summary>
/// What Lanczos' method finds of a symmetric operator from one vector: eigenvalues of its restriction to the Krylov space, both ends of the spectrum first, and how much
/// of the vector belongs to each (Golub and Van Loan, Matrix Computations, 10.1; the weights are those of Gauss quadrature, Golub and Meurant 2010).
/// </summary>
/// <param name="Values">Ritz values, from the smallest to the largest.</param>
/// <param name="Weights">Their shares of the start vector's square; together 1.</param>
/// <param name="Errors">For each a bound on its distance to an eigenvalue: the norm of its residual.</param>
public sealed record Lanczos(double[] Values, double[] Weights, double[] Errors)
{
    /// <summary>Runs the method, with every vector made orthogonal to all before it, twice.</summary>
    /// <param name="matrix">The operator.</param>
    /// <param name="start">Where it starts; not 0. Shape [Dimension].</param>
    /// <param name="steps">Products at most; fewer where the Krylov space is smaller. Takes so many vectors of memory.</param>
    /// <param name="report">Hears after every product.</param>
    /// <param name="cancellation">Stops between two products.</param>
    public static Lanczos Run(ISymmetricOperator matrix, ReadOnlySpan<double> start, int steps, Action? report = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        var space = new KrylovSpace(matrix, start);
        while (space.Size < steps && !space.IsWhole)
        {
            cancellation.ThrowIfCancellationRequested();
            space.Extend();
            report?.Invoke();
        }

        // Of the eigenvectors only the first line (shares of the start) and the last (residuals) are needed.
        var lines = new Vector256<double>[space.Size];
        lines[0] = lines[0].WithElement(0, 1);
        lines[^1] = lines[^1].WithElement(1, 1);
        var values = space.Diagonalize([lines]);
        int[] order = [.. Enumerable.Range(0, values.Length).OrderBy(index => values[index])];
        return new Lanczos(
            [.. order.Select(index => values[index])],
            [.. order.Select(index => lines[index][0] * lines[index][0])],
            [.. order.Select(index => space.Residual * Math.Abs(lines[index][1]))]);
    }
}
