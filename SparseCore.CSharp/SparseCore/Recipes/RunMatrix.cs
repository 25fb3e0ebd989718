namespace SparseCore.Recipes;

/// <summary>The runs of tables: a cell for each method, initializer and sparsity, and a run for each seed. Figures are drawn from the same runs.</summary>
public static class RunMatrix
{
    private static readonly string[] Dense = [InitializerNames.Dense];
    private static readonly string[] NeuronScaled = [InitializerNames.NeuronScaled];
    private static readonly string[] Three = [InitializerNames.Dense, InitializerNames.LayerScaled, InitializerNames.NeuronScaled];

    /// <summary>The rows of the paper's Tables 1 and 2 for LeNets, and of its Figures 2 and 3.</summary>
    /// <param name="higherSparsity">The sparsity of Table 2.</param>
    public static IReadOnlyList<MatrixRow> PaperRows(double higherSparsity) =>
    [
        new("table1", "baseline", Dense),
        new("table1", "small-dense", Dense),
        new("table1", "prune", Dense),
        new("table1", "lottery", Dense),
        new("table1", "scratch", Three),
        new("table1", "set", Three),
        new("table1", "rigl", Three),
        new("table1", "rigl-inverted", NeuronScaled),
        new("table1", "snfs", NeuronScaled),
        new("table1", "snip", Dense),
        new("table1", "grasp", Dense),
        new("table1", "synflow", Dense),
        new("table2", "scratch", Three, higherSparsity),
        new("table2", "rigl", Three, higherSparsity),
        new("table2", "prune", Dense, higherSparsity),
    ];

    /// <summary>The rows of chosen methods in Table 1, in the order in which they are asked for.</summary>
    /// <exception cref="Plans.PlanException">A method is unknown.</exception>
    public static IReadOnlyList<MatrixRow> RowsOf(IReadOnlyList<string> methods, IReadOnlyList<string> initializers)
    {
        foreach (var method in methods)
        {
            Methods.Find(method);
        }

        return [.. methods.Distinct().Select(method => new MatrixRow("table1", method, [.. initializers.Distinct()]))];
    }

    /// <summary>The cells of rows.</summary>
    /// <param name="settings">The experiment's settings.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="seeds">Runs in each cell. Where the network's usual experiment shares pruning solution 1 (<see cref="NetworkDefaults.SharesSolution"/>), all derived runs
    /// derive from that; otherwise seed k from solution k.</param>
    /// <exception cref="Plans.PlanException">A method is unknown.</exception>
    public static IReadOnlyList<MatrixCell> Cells(RecipeSettings settings, IReadOnlyList<MatrixRow> rows, int seeds)
    {
        var shares = NetworkDefaults.Of(settings.Network).SharesSolution;
        return [.. rows.SelectMany(Of)];

        IEnumerable<MatrixCell> Of(MatrixRow row)
        {
            var method = Methods.Find(row.Method);
            var recipe = new Recipe(row.Sparsity is { } sparsity ? settings with { Sparsity = sparsity } : settings);
            return (method.DrawsSparseWeights ? row.Initializers : (IReadOnlyList<string?>)[null]).Select(initializer => new MatrixCell(
                row.Table,
                row.Method,
                initializer,
                method.IsDense ? 0 : recipe.Settings.Sparsity,
                [.. Enumerable.Range(1, seeds).Select(seed => Methods.Plan(recipe, row.Method, initializer ?? InitializerNames.Dense, shares ? 1 : seed, seed))]));
        }
    }
}
