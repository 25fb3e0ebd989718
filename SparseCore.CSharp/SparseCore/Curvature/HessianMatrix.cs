using System.Runtime.InteropServices;
using SparseCore.Numerics;

namespace SparseCore.Curvature;

/// <summary>A Hessian, or a Gauss-Newton matrix, and what its rows are.</summary>
/// <param name="Values">Symmetric. Shape [rows, rows].</param>
/// <param name="Coordinates">The parameter behind each row.</param>
public sealed record HessianMatrix(double[,] Values, Coordinates Coordinates) : ISymmetricOperator
{
    /// <summary>Most rows: so many values fit into an array.</summary>
    public const int MostRows = 46_000;

    /// <summary>Number of rows.</summary>
    public int Count => Coordinates.Count;

    int ISymmetricOperator.Dimension => Count;

    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<double> vector, Span<double> product)
    {
        for (var row = 0; row < Count; row++)
        {
            product[row] = RealVectors.Dot(MemoryMarshal.CreateReadOnlySpan(ref Values[row, 0], Count), vector);
        }
    }

    /// <summary>Memory of a matrix, in bytes.</summary>
    public static long Bytes(int rows) => sizeof(double) * (long)rows * rows;

    /// <summary>Makes an empty matrix, unless it does not fit into the memory.</summary>
    /// <param name="coordinates">Its rows.</param>
    /// <exception cref="ArgumentException">It does not, or has no rows; the message says its size and what to take instead.</exception>
    internal static double[,] Allocate(Coordinates coordinates)
    {
        var (rows, memory) = (coordinates.Count, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        if (rows == 0)
        {
            throw new ArgumentException("A Hessian needs a row: no weight is active, and biases are left out.");
        }

        // Half of the memory is left for its decomposition and everything else.
        return rows <= MostRows && Bytes(rows) <= memory / 2
            ? new double[rows, rows]
            : throw new ArgumentException(FormattableString.Invariant(
                $"A Hessian of {rows:N0} rows takes {Bytes(rows) / 1e9:F1} GB; expected at most half of the {memory / 1e9:F1} GB of memory here, and {MostRows:N0} rows. Take fewer coordinates (the active weights alone, or one layer)."));
    }
}
