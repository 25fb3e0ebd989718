using SparseCore.Plans;

namespace SparseCore.Recipes;

/// <summary>One cell of the paper's tables: a method with an initialization at a sparsity, several seeds.</summary>
/// <param name="Table">"table1" or "table2".</param>
/// <param name="Method">One of <see cref="Methods.Names"/>.</param>
/// <param name="Initializer">How sparse weights are drawn; null where the method gives no choice.</param>
/// <param name="Sparsity">Fraction of zeros; 0 for dense networks.</param>
/// <param name="Runs">One run a seed.</param>
public sealed record MatrixCell(string Table, string Method, string? Initializer, double Sparsity, IReadOnlyList<PlannedRun> Runs);
