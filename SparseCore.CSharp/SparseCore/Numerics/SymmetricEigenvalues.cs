using System.Runtime.Intrinsics;

namespace SparseCore.Numerics;

/// <summary>
/// All eigenvalues of a dense symmetric matrix, and its eigenvectors on request: reflections make it tridiagonal (Golub and Van Loan, Matrix Computations, 8.3.1; blocked as
/// in LAPACK's dsytrd, so that half of the work reads the matrix once for every 32 columns), then implicit QL steps make it diagonal (8.3.3). Backward stable: an eigenvalue
/// is wrong by some 1e-15 of the largest. Rows that are all 0 have the eigenvalue 0 and take no part, which for a sparse network's Hessian is half of them. The same
/// bits for any number of threads.
/// </summary>
public static class SymmetricEigenvalues
{
    private const int Lanes = 4;

    /// <summary>Eigenvectors that are turned back together: they share the loads of the reflections.</summary>
    private const int VectorsTogether = 8;

    /// <summary>Computes the eigenvalues alone.</summary>
    /// <param name="matrix">Symmetric; its upper triangle is read. Shape [n, n], n of 1 or more.</param>
    /// <param name="threads">Threads at work, 1 or more.</param>
    /// <param name="cancellation">Stops between two columns.</param>
    /// <returns>From the smallest to the largest. Shape [n].</returns>
    /// <exception cref="ArgumentException">The matrix is empty or not square, or holds a value that is not finite.</exception>
    /// <exception cref="OperationCanceledException">Cancellation was asked for.</exception>
    public static double[] Compute(double[,] matrix, int threads, CancellationToken cancellation = default)
    {
        var (rows, largest) = Rows(matrix, threads);
        var eigenvalues = new double[matrix.GetLength(0)];
        if (rows.Length > 0)
        {
            var (diagonal, beside) = new Tridiagonalization(matrix, rows, 1 / largest, threads).Run(cancellation);
            ImplicitQl.Diagonalize(diagonal, beside, [], 1, cancellation);
            Array.ConvertAll(diagonal, value => value * largest).CopyTo(eigenvalues, 0);
            Array.Sort(eigenvalues);
        }

        return eigenvalues;
    }

    /// <summary>Computes eigenvalues and eigenvectors; takes some five times as long, and three times the matrix's memory.</summary>
    /// <param name="matrix">Symmetric; its upper triangle is read. Shape [n, n], n of 1 or more.</param>
    /// <param name="threads">Threads at work, 1 or more.</param>
    /// <param name="cancellation">Stops between two columns.</param>
    /// <returns>Eigenvalues from the smallest to the largest, and for each a vector of length 1, orthogonal to all others. Shapes [n] and [n][n].</returns>
    /// <exception cref="ArgumentException">The matrix is empty or not square, or holds a value that is not finite.</exception>
    /// <exception cref="OperationCanceledException">Cancellation was asked for.</exception>
    public static (double[] Values, double[][] Vectors) ComputeWithVectors(double[,] matrix, int threads, CancellationToken cancellation = default)
    {
        var (rows, largest) = Rows(matrix, threads);
        var size = matrix.GetLength(0);
        var (values, vectors) = (new double[size], new double[size][]);
        if (rows.Length > 0)
        {
            var reflected = new Tridiagonalization(matrix, rows, 1 / largest, threads, keepsReflections: true);
            var (diagonal, beside) = reflected.Run(cancellation);
            var lines = Identity(rows.Length);
            ImplicitQl.Diagonalize(diagonal, beside, lines, threads, cancellation);
            var groups = (rows.Length + VectorsTogether - 1) / VectorsTogether;
            Parallel.For(0, groups, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation }, group =>
            {
                var first = group * VectorsTogether;
                double[][] together = [.. Enumerable.Range(first, Math.Min(VectorsTogether, rows.Length - first)).Select(column => Column(lines, column, rows.Length))];
                reflected.TurnBack(together);
                for (var index = 0; index < together.Length; index++)
                {
                    values[first + index] = diagonal[first + index] * largest;
                    vectors[first + index] = Spread(together[index], rows, size);
                }
            });
        }

        // The rows that are 0: an axis each.
        var next = rows.Length;
        foreach (var row in Enumerable.Range(0, size).Except(rows))
        {
            vectors[next++] = Spread([1], [row], size);
        }

        Array.Sort(values, vectors);
        return (values, vectors);
    }

    /// <summary>The rows that are not 0, and the largest magnitude, by which all is divided: no square can overflow then, and none that matters can vanish.</summary>
    private static (int[] Rows, double Largest) Rows(double[,] matrix, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        var size = matrix.GetLength(0);
        if (size == 0 || matrix.GetLength(1) != size)
        {
            throw new ArgumentException($"The matrix has the shape [{size}, {matrix.GetLength(1)}]; expected a square one with a row or more.");
        }

        var largest = 0.0;
        var isUsed = new bool[size];
        for (var row = 0; row < size; row++)
        {
            for (var column = row; column < size; column++)
            {
                var value = matrix[row, column];
                if (!double.IsFinite(value))
                {
                    throw new ArgumentException($"The matrix holds {value}; expected finite numbers.");
                }

                if (value != 0)
                {
                    (isUsed[row], isUsed[column]) = (true, true);
                    largest = Math.Max(largest, Math.Abs(value));
                }
            }
        }

        return ([.. Enumerable.Range(0, size).Where(row => isUsed[row])], largest);
    }

    /// <summary>All lines of the identity, four side by side; the last may be filled up with zeros.</summary>
    private static Vector256<double>[][] Identity(int size)
    {
        var lines = new Vector256<double>[(size + Lanes - 1) / Lanes][];
        for (var line = 0; line < lines.Length; line++)
        {
            lines[line] = new Vector256<double>[size];
        }

        for (var row = 0; row < size; row++)
        {
            lines[row / Lanes][row] = lines[row / Lanes][row].WithElement(row % Lanes, 1);
        }

        return lines;
    }

    private static double[] Column(Vector256<double>[][] lines, int column, int size)
    {
        var values = new double[size];
        for (var row = 0; row < size; row++)
        {
            values[row] = lines[row / Lanes][column].GetElement(row % Lanes);
        }

        return values;
    }

    private static double[] Spread(double[] values, int[] rows, int size)
    {
        var all = new double[size];
        for (var index = 0; index < rows.Length; index++)
        {
            all[rows[index]] = values[index];
        }

        return all;
    }
}
