using System.Runtime.Intrinsics;
using SparseCore.Numerics;

namespace SparseCore.Curvature;

/// <summary>
/// An orthonormal basis of what an operator makes of one vector, product by product, and the tridiagonal matrix that the operator is there. Every vector is made
/// orthogonal to all before it, twice.
/// </summary>
internal sealed class KrylovSpace
{
    private readonly ISymmetricOperator matrix;
    private readonly List<double[]> basis;
    private readonly List<double> diagonal = [];
    private readonly List<double> beside = [];
    private double scale;

    /// <summary>Begins with a vector.</summary>
    /// <param name="matrix">The operator.</param>
    /// <param name="start">Not 0. Shape [Dimension].</param>
    public KrylovSpace(ISymmetricOperator matrix, ReadOnlySpan<double> start)
    {
        this.matrix = matrix;
        basis = [start.ToArray()];
        Scale(basis[0], 1 / Norm(basis[0]));
    }

    /// <summary>Products so far: rows of the tridiagonal matrix.</summary>
    public int Size => diagonal.Count;

    /// <summary>Whether no product leads out of the space.</summary>
    public bool IsWhole => Size > 0 && (Size == matrix.Dimension || beside[^1] <= 1e-12 * scale);

    /// <summary>Length of the part of the last product that lies outside the space.</summary>
    public double Residual => beside[^1];

    /// <summary>One product more; to be called only while the space is not whole.</summary>
    public void Extend()
    {
        if (Size > 0)
        {
            // What is left of the last product becomes a basis vector only now that it is needed.
            Scale(basis[^1], 1 / beside[^1]);
        }

        var next = new double[matrix.Dimension];
        matrix.Apply(basis[^1], next);
        scale = Math.Max(scale, Norm(next));
        diagonal.Add(RealVectors.Dot(next, basis[^1]));
        for (var times = 0; times < 2; times++)
        {
            foreach (var vector in basis)
            {
                RealVectors.AddMultiple(next, vector, -RealVectors.Dot(next, vector));
            }
        }

        beside.Add(Norm(next));
        basis.Add(next);
    }

    /// <summary>Eigenvalues of the tridiagonal matrix, and some lines of its eigenvectors.</summary>
    /// <param name="lines">Lines of the identity, four side by side; overwritten. Shapes [Size].</param>
    /// <returns>Unsorted. Shape [Size].</returns>
    public double[] Diagonalize(Vector256<double>[][] lines)
    {
        double[] values = [.. diagonal];
        ImplicitQl.Diagonalize(values, [.. beside], lines);
        return values;
    }

    /// <summary>The vector with these coordinates. Shape [Dimension].</summary>
    /// <param name="coordinates">Shape [Size].</param>
    public double[] Combine(ReadOnlySpan<double> coordinates)
    {
        var sum = new double[matrix.Dimension];
        for (var index = 0; index < Size; index++)
        {
            RealVectors.AddMultiple(sum, basis[index], coordinates[index]);
        }

        return sum;
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
