namespace SparseCore.Recipes;

/// <summary>
/// The runs of the paper's Tables 1 and 2, and of the figures drawn from them. Seed k of a derived method belongs to pruning solution k, so that the cells vary
/// everything a researcher would vary (Table 3 instead shares one solution, see <see cref="LotteryExperiment"/>).
/// </summary>
public static class PaperMatrix
{
    private static readonly InitializerName[] Initializers = [InitializerName.Dense, InitializerName.LayerScaled, InitializerName.NeuronScaled];

    /// <summary>All cells.</summary>
    /// <param name="settings">Settings of Table 1; their sparsity is Table 1's.</param>
    /// <param name="higherSparsity">The sparsity of Table 2.</param>
    /// <param name="seeds">Runs in each cell.</param>
    public static IReadOnlyList<MatrixCell> Cells(RecipeSettings settings, double higherSparsity, int seeds)
    {
        var first = new Recipe(settings);
        var second = new Recipe(settings with { Sparsity = higherSparsity });
        return
        [
            Cell("table1", first, "baseline", null),
            Cell("table1", first, "small-dense", null),
            Cell("table1", first, "prune", null),
            Cell("table1", first, "lottery", null),
            .. Each("table1", first, "scratch"),
            .. Each("table1", first, "set"),
            .. Each("table1", first, "rigl"),
            Cell("table1", first, "rigl-inverted", InitializerName.NeuronScaled),
            Cell("table1", first, "snfs", InitializerName.NeuronScaled),
            Cell("table1", first, "snip", null),
            Cell("table1", first, "grasp", null),
            Cell("table1", first, "synflow", null),
            .. Each("table2", second, "scratch"),
            .. Each("table2", second, "rigl"),
            Cell("table2", second, "prune", null),
        ];

        IEnumerable<MatrixCell> Each(string table, Recipe recipe, string method) => Initializers.Select(initializer => Cell(table, recipe, method, initializer));

        MatrixCell Cell(string table, Recipe recipe, string method, InitializerName? initializer) => new(
            table,
            method,
            initializer,
            method is "baseline" or "small-dense" ? 0 : recipe.Settings.Sparsity,
            [.. Enumerable.Range(1, seeds).Select(seed => Methods.Plan(recipe, method, initializer ?? InitializerName.Dense, seed, seed))]);
    }
}
