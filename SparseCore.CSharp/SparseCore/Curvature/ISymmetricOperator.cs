namespace SparseCore.Curvature;

/// <summary>A symmetric matrix that is known by its products with vectors alone.</summary>
public interface ISymmetricOperator
{
    /// <summary>Number of rows.</summary>
    int Dimension { get; }

    /// <summary>Computes a product.</summary>
    /// <param name="vector">Shape [Dimension].</param>
    /// <param name="product">Receives the matrix times the vector. Shape [Dimension].</param>
    void Apply(ReadOnlySpan<double> vector, Span<double> product);
}
