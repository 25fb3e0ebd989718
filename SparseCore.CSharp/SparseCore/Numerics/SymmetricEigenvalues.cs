namespace SparseCore.Numerics;

/// <summary>
/// All eigenvalues of a dense symmetric matrix, without vectors: reflections make it tridiagonal (Golub and Van Loan, Matrix Computations, 8.3.1; blocked as in LAPACK's
/// dsytrd, so that half of the work reads the matrix once for every 32 columns), then implicit QL steps make it diagonal (8.3.3). Backward stable: an eigenvalue is wrong by
/// some 1e-15 of the largest. The same bits for any number of threads.
/// </summary>
public static class SymmetricEigenvalues
{
    /// <summary>Computes the eigenvalues.</summary>
    /// <param name="matrix">Symmetric; its upper triangle is read. Shape [n, n], n of 1 or more.</param>
    /// <param name="threads">Threads at work, 1 or more.</param>
    /// <param name="cancellation">Stops between two columns.</param>
    /// <returns>From the smallest to the largest. Shape [n].</returns>
    /// <exception cref="ArgumentException">The matrix is empty or not square, or holds a value that is not finite.</exception>
    /// <exception cref="OperationCanceledException">Cancellation was asked for.</exception>
    public static double[] Compute(double[,] matrix, int threads, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        var size = matrix.GetLength(0);
        if (size == 0 || matrix.GetLength(1) != size)
        {
            throw new ArgumentException($"The matrix has the shape [{size}, {matrix.GetLength(1)}]; expected a square one with a row or more.");
        }

        // Scaled to 1, no square can overflow, and none that matters can vanish.
        var largest = 0.0;
        foreach (var value in matrix)
        {
            if (!double.IsFinite(value))
            {
                throw new ArgumentException($"The matrix holds {value}; expected finite numbers.");
            }

            largest = Math.Max(largest, Math.Abs(value));
        }

        if (largest == 0)
        {
            return new double[size];
        }

        var (diagonal, beside) = new Tridiagonalization(matrix, 1 / largest, threads).Run(cancellation);
        ImplicitQl.Diagonalize(diagonal, beside);
        Array.Sort(diagonal);
        return Array.ConvertAll(diagonal, value => value * largest);
    }
}
