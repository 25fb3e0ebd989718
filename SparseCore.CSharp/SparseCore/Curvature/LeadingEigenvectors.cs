using System.Runtime.Intrinsics;
using SparseCore.Randomness;

namespace SparseCore.Curvature;

/// <summary>The largest eigenvalues of an operator with their eigenvectors, found by Lanczos' method from a random vector. Of a multiple eigenvalue it finds one vector.</summary>
/// <param name="Values">From the largest down.</param>
/// <param name="Vectors">For each value a vector of length 1; orthogonal to the others. Shapes [Dimension].</param>
/// <param name="Errors">For each value a bound on its distance to an eigenvalue: the norm of its residual.</param>
public sealed record LeadingEigenvectors(double[] Values, double[][] Vectors, double[] Errors)
{
    private const int Lanes = 4;

    /// <summary>Products between two looks at how far it is.</summary>
    private const int Stride = 20;

    /// <summary>Finds them; the same numbers for the same seed.</summary>
    /// <param name="matrix">The operator.</param>
    /// <param name="count">How many, 1 or more; fewer where the operator has fewer rows or sees fewer of the random vector.</param>
    /// <param name="tolerance">Errors that are small enough, as a share of the largest value.</param>
    /// <param name="steps">Products at most, and vectors kept.</param>
    /// <param name="seed">Of the random vector.</param>
    /// <param name="report">Hears after every product.</param>
    /// <param name="cancellation">Stops between two products.</param>
    public static LeadingEigenvectors Compute(
        ISymmetricOperator matrix, int count, double tolerance, int steps, ulong seed, Action? report = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, count);
        var stream = new RandomStream(seed, "leading eigenvectors");
        var space = new KrylovSpace(matrix, [.. Enumerable.Range(0, matrix.Dimension).Select(_ => stream.NextNormal())]);
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            space.Extend();
            report?.Invoke();
            var isLast = space.Size == steps || space.IsWhole;
            if (!isLast && space.Size % Stride != 0)
            {
                continue;
            }

            var found = Look(space, count);
            if (isLast || (found.Values.Length == count && found.Errors.Max() <= tolerance * Math.Abs(found.Values[0])))
            {
                return found;
            }
        }
    }

    private static LeadingEigenvectors Look(KrylovSpace space, int count)
    {
        var size = space.Size;
        var lines = new Vector256<double>[(size + Lanes - 1) / Lanes][];
        for (var line = 0; line < lines.Length; line++)
        {
            lines[line] = new Vector256<double>[size];
            for (var lane = 0; lane < Lanes && (line * Lanes) + lane < size; lane++)
            {
                lines[line][(line * Lanes) + lane] = Vector256<double>.Zero.WithElement(lane, 1);
            }
        }

        var values = space.Diagonalize(lines);
        int[] order = [.. Enumerable.Range(0, size).OrderByDescending(index => values[index]).Take(count)];
        double Entry(int row, int column) => lines[row / Lanes][column].GetElement(row % Lanes);
        return new LeadingEigenvectors(
            [.. order.Select(column => values[column])],
            [.. order.Select(column => space.Combine([.. Enumerable.Range(0, size).Select(row => Entry(row, column))]))],
            [.. order.Select(column => space.Residual * Math.Abs(Entry(size - 1, column)))]);
    }
}
