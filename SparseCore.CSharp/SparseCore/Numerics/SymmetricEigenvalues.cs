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
        ImplicitQl(diagonal, beside);
        Array.Sort(diagonal);
        return Array.ConvertAll(diagonal, value => value * largest);
    }

    /// <summary>Makes a symmetric tridiagonal matrix diagonal.</summary>
    /// <param name="diagonal">Its diagonal; receives the eigenvalues. Shape [n].</param>
    /// <param name="beside">The entries beside the diagonal, and a last one that is not read; overwritten. Shape [n].</param>
    private static void ImplicitQl(double[] diagonal, double[] beside)
    {
        var size = diagonal.Length;
        beside[size - 1] = 0;

        // Where the diagonal is 0 too, an entry is small that is far below every rounding error of the whole matrix.
        var vanishing = 1e-18 * Math.Max(diagonal.Max(Math.Abs), beside.Max(Math.Abs));
        for (var first = 0; first < size; first++)
        {
            for (var step = 0; ; step++)
            {
                var last = first;
                while (last < size - 1 && Math.Abs(beside[last]) > Math.Max(vanishing, 1.1e-16 * (Math.Abs(diagonal[last]) + Math.Abs(diagonal[last + 1]))))
                {
                    last++;
                }

                if (last == first)
                {
                    break;
                }

                if (step == 100)
                {
                    throw new InvalidOperationException("An eigenvalue was not found within 100 steps.");
                }

                Sweep(diagonal, beside, first, last);
            }
        }
    }

    /// <summary>One implicit QL step on rows first to last, shifted by the eigenvalue of the leading 2 x 2 block that is nearer to its corner (Wilkinson's shift).</summary>
    private static void Sweep(double[] diagonal, double[] beside, int first, int last)
    {
        var slope = (diagonal[first + 1] - diagonal[first]) / (2 * beside[first]);
        var root = Hypotenuse(slope, 1);
        var chase = diagonal[last] - diagonal[first] + (beside[first] / (slope + Math.CopySign(root, slope)));
        var (sine, cosine, shift) = (1.0, 1.0, 0.0);
        for (var row = last - 1; row >= first; row--)
        {
            var (bulge, side) = (sine * beside[row], cosine * beside[row]);
            var length = Hypotenuse(bulge, chase);
            beside[row + 1] = length;
            if (length == 0)
            {
                // The matrix falls apart here; the rest is the next step's.
                diagonal[row + 1] -= shift;
                beside[last] = 0;
                return;
            }

            (sine, cosine) = (bulge / length, chase / length);
            var corner = diagonal[row + 1] - shift;
            var turn = ((diagonal[row] - corner) * sine) + (2 * cosine * side);
            shift = sine * turn;
            diagonal[row + 1] = corner + shift;
            chase = (cosine * turn) - side;
        }

        diagonal[first] -= shift;
        beside[first] = chase;
        beside[last] = 0;
    }

    /// <summary>The length of (x, y). Entries are at most 1 before the first step and not much more after it, so that squares cannot overflow.</summary>
    private static double Hypotenuse(double x, double y)
    {
        var (large, small) = (Math.Max(Math.Abs(x), Math.Abs(y)), Math.Min(Math.Abs(x), Math.Abs(y)));
        return large == 0 ? 0 : large * Math.Sqrt(1 + (small / large * (small / large)));
    }
}
