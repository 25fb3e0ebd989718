namespace SparseCore.Measurement;

/// <summary>A Hessian and what its rows are.</summary>
/// <param name="Values">Symmetric. Shape [rows, rows].</param>
/// <param name="Parameters">The parameter behind each row, as a position in the parameter block: layer by layer the active weights, then the
/// biases; after them for every batch normalization the scales, then the shifts.</param>
public sealed record HessianMatrix(double[,] Values, IReadOnlyList<int> Parameters);
