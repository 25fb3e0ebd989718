using SparseCore.Plans;
using SparseCore.Scores;

namespace SparseCore.Recipes;

/// <summary>The methods that scripts name, each a small function from recipe and seed to a planned run.</summary>
public static class Methods
{
    /// <summary>All names; the same in scripts and tables. (Plans and folders of the baseline say what it is: a dense network.)</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["baseline", "small-dense", "prune", "lottery", "scratch", "prune-restart", "set", "rigl", "rigl-inverted", "snfs", "magnitude", "random", "snip", "grasp", "synflow"];

    /// <summary>The run of a method.</summary>
    /// <param name="recipe">Settings.</param>
    /// <param name="method">One of <see cref="Names"/>.</param>
    /// <param name="initializer">How methods that draw sparse weights draw them.</param>
    /// <param name="solutionSeed">Seed of the pruning solution that tickets, scratch runs and restarts derive from.</param>
    /// <param name="seed">The run's own seed.</param>
    /// <exception cref="PlanException">The method is unknown.</exception>
    public static PlannedRun Plan(Recipe recipe, string method, InitializerName initializer, int solutionSeed, int seed)
    {
        var prune = recipe.Prune(solutionSeed);
        return method switch
        {
            "baseline" => recipe.Dense(seed),
            "small-dense" => recipe.SmallDense(seed),
            "prune" => recipe.Prune(seed),
            "lottery" => recipe.Lottery(prune, seed),
            "scratch" => recipe.Scratch(prune, initializer, seed, seed),
            "prune-restart" => recipe.PruneRestart(prune, seed),
            "set" => recipe.Dynamic(method, "random", initializer, prune, seed),
            "rigl" => recipe.Dynamic(method, "gradient", initializer, prune, seed),
            "rigl-inverted" => recipe.Dynamic(method, "inverse-gradient", initializer, prune, seed),
            "snfs" => recipe.Dynamic(method, "momentum", initializer, prune, seed),
            "magnitude" => recipe.PrunedAtInitialization(method, new MagnitudeScore(), PruningScope.Layer, 1, 1, seed),
            "random" => recipe.PrunedAtInitialization(method, new RandomScore(), PruningScope.Layer, 1, 1, seed),
            "snip" => recipe.PrunedAtInitialization(method, new SnipScore(), PruningScope.Global, 1, RecipeSettings.SnipExamples, seed),
            "grasp" => recipe.PrunedAtInitialization(method, new GraspScore(GraspScore.AuthorsTemperature), PruningScope.Global, 1, RecipeSettings.GraspExamples, seed),
            "synflow" => recipe.PrunedAtInitialization(method, new SynFlowScore(), PruningScope.Global, 100, 1, seed),
            _ => throw new PlanException($"Unknown method '{method}'. Known methods: {string.Join(", ", Names)}."),
        };
    }
}
