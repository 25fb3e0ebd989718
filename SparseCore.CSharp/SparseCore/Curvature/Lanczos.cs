using SparseCore.Numerics;

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
        var vectors = new List<double[]> { start.ToArray() };
        var (diagonal, beside) = (new List<double>(), new List<double>());
        Scale(vectors[0], 1 / Norm(vectors[0]));
        var scale = 0.0;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var next = new double[matrix.Dimension];
            matrix.Apply(vectors[^1], next);
            report?.Invoke();
            scale = Math.Max(scale, Norm(next));
            diagonal.Add(RealVectors.Dot(next, vectors[^1]));
            for (var times = 0; times < 2; times++)
            {
                foreach (var vector in vectors)
                {
                    RealVectors.AddMultiple(next, vector, -RealVectors.Dot(next, vector));
                }
            }

            var length = Norm(next);
            beside.Add(length);
            if (diagonal.Count == Math.Min(steps, matrix.Dimension) || length <= 1e-12 * scale)
            {
                return Decompose([.. diagonal], [.. beside]);
            }

            Scale(next, 1 / length);
            vectors.Add(next);
        }
    }

    private static Lanczos Decompose(double[] diagonal, double[] beside)
    {
        var (size, residual) = (diagonal.Length, beside[^1]);
        var (first, last) = (new double[size], new double[size]);
        (first[0], last[^1]) = (1, 1);
        ImplicitQl.Diagonalize(diagonal, beside, first, last);
        int[] order = [.. Enumerable.Range(0, size).OrderBy(index => diagonal[index])];
        return new Lanczos(
            [.. order.Select(index => diagonal[index])],
            [.. order.Select(index => first[index] * first[index])],
            [.. order.Select(index => residual * Math.Abs(last[index]))]);
    }

    private static double Norm(double[] vector) => Math.Sqrt(RealVectors.Dot(vector, vector));

    private static void Scale(double[] vector, double factor)
    {
        for (var index = 0; index < vector.Length; index++)
        {
            vector[index] *= factor;
        }
    }
}
