using SparseCore.Plans;

namespace SparseCore.Recipes;

/// <summary>
/// The runs of the right side of the paper's Table 1 and of the figures drawn from them. All derived runs share pruning solution 1, whose own seeds differ, so that
/// the same runs serve Table 1, Table 3 and Figure 5 (for the LeNets, see <see cref="PaperMatrix"/>, every seed has a solution of its own).
/// </summary>
public static class LargeMatrix
{
    /// <summary>The methods that can be asked for, in the table's order.</summary>
    public static IReadOnlyList<string> Methods { get; } =
        ["baseline", "lottery", "small-dense", "prune", "scratch", "prune-restart", "set", "rigl", "rigl-inverted", "snfs"];

    private static readonly string[] WithInitializer = ["scratch", "set", "rigl", "rigl-inverted", "snfs"];

    /// <summary>The cells of the methods asked for.</summary>
    /// <param name="recipe">Settings.</param>
    /// <param name="methods">Some of <see cref="Methods"/>.</param>
    /// <param name="initializers">How methods that draw sparse weights draw them: a cell each.</param>
    /// <param name="seeds">Runs in each cell.</param>
    public static IReadOnlyList<MatrixCell> Cells(Recipe recipe, IReadOnlyList<string> methods, IReadOnlyList<InitializerName> initializers, int seeds)
    {
        if (methods.FirstOrDefault(method => !Methods.Contains(method)) is { } unknown)
        {
            throw new PlanException($"Unknown method '{unknown}'. Known methods of large networks: {string.Join(", ", Methods)}.");
        }

        return
        [
            .. from method in Methods
               where methods.Contains(method)
               from initializer in WithInitializer.Contains(method) ? initializers.Distinct().Select(name => (InitializerName?)name) : [null]
               select new MatrixCell(
                   "table1",
                   method,
                   initializer,
                   method is "baseline" or "small-dense" ? 0 : recipe.Settings.Sparsity,
                   [.. Enumerable.Range(1, seeds).Select(seed => Recipes.Methods.Plan(recipe, method, initializer ?? InitializerName.Dense, 1, seed))]),
        ];
    }
}
