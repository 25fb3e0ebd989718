using System.Runtime.Intrinsics;

namespace SparseCore.Numerics;

/// <summary>Eigenvalues of symmetric tridiagonal matrices by implicit QL steps (Golub and Van Loan, Matrix Computations, 8.3.3), and lines of their eigenvectors.</summary>
internal static class ImplicitQl
{
    /// <summary>Rotations of lines below which one thread is faster.</summary>
    private const int FewRotations = 4096;

    /// <summary>Makes a symmetric tridiagonal matrix diagonal.</summary>
    /// <param name="diagonal">Its diagonal; receives the eigenvalues. Shape [n].</param>
    /// <param name="beside">The entries beside the diagonal, and a last one that is not read; overwritten. Shape [n].</param>
    /// <param name="lines">Lines of the identity, four side by side, of which the same lines of the matrix of eigenvectors are made. Shapes [n].</param>
    /// <param name="threads">Threads at work on the lines.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    public static void Diagonalize(double[] diagonal, double[] beside, Vector256<double>[][] lines, int threads = 1, CancellationToken cancellation = default)
    {
        var size = diagonal.Length;
        var (sines, cosines) = (new double[size], new double[size]);
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads };
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

                cancellation.ThrowIfCancellationRequested();
                var end = Sweep(diagonal, beside, first, last, sines, cosines);
                Turn(lines, end, last, sines, cosines, options);
            }
        }
    }

    /// <summary>What a step's rotations, from those of the last rows to those of the first, do to lines of the eigenvectors.</summary>
    private static void Turn(Vector256<double>[][] lines, int first, int last, double[] sines, double[] cosines, ParallelOptions options)
    {
        if ((long)lines.Length * (last - first) < FewRotations)
        {
            foreach (var line in lines)
            {
                TurnLine(line);
            }
        }
        else
        {
            Parallel.ForEach(lines, options, TurnLine);
        }

        void TurnLine(Vector256<double>[] line)
        {
            var right = line[last];
            for (var row = last - 1; row >= first; row--)
            {
                var (sine, cosine, left) = (Vector256.Create(sines[row]), Vector256.Create(cosines[row]), line[row]);
                line[row + 1] = (sine * left) + (cosine * right);
                right = (cosine * left) - (sine * right);
            }

            line[first] = right;
        }
    }

    /// <summary>
    /// One implicit QL step on rows first to last, shifted by the eigenvalue of the leading 2 x 2 block that is nearer to its corner (Wilkinson's shift). Leaves its
    /// rotations, and answers the row of the last one: it may end before the first row.
    /// </summary>
    private static int Sweep(double[] diagonal, double[] beside, int first, int last, double[] sines, double[] cosines)
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
                return row + 1;
            }

            (sine, cosine) = (bulge / length, chase / length);
            var corner = diagonal[row + 1] - shift;
            var turn = ((diagonal[row] - corner) * sine) + (2 * cosine * side);
            shift = sine * turn;
            diagonal[row + 1] = corner + shift;
            chase = (cosine * turn) - side;
            (sines[row], cosines[row]) = (sine, cosine);
        }

        diagonal[first] -= shift;
        beside[first] = chase;
        beside[last] = 0;
        return first;
    }

    /// <summary>The length of (x, y). Entries are at most 1 before the first step and not much more after it, so that squares cannot overflow.</summary>
    private static double Hypotenuse(double x, double y)
    {
        var (large, small) = (Math.Max(Math.Abs(x), Math.Abs(y)), Math.Min(Math.Abs(x), Math.Abs(y)));
        return large == 0 ? 0 : large * Math.Sqrt(1 + (small / large * (small / large)));
    }
}
