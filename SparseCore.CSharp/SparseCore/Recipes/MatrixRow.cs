namespace SparseCore.Recipes;

/// <summary>A row of a table that is asked for: a method, and a cell for each initializer where it has a choice.</summary>
/// <param name="Table">"table1" or "table2".</param>
/// <param name="Method">One of <see cref="Methods.Names"/>.</param>
/// <param name="Initializers">How sparse weights are drawn; not looked at where the method gives no choice.</param>
/// <param name="Sparsity">Fraction of zeros; null for that of the experiment.</param>
public sealed record MatrixRow(string Table, string Method, IReadOnlyList<string> Initializers, double? Sparsity = null);
