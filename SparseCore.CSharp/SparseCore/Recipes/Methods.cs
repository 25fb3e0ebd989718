using SparseCore.Connectivity;
using SparseCore.Plans;
using SparseCore.Scores;

namespace SparseCore.Recipes;

/// <summary>
/// The methods that scripts name, each a small function from a recipe to a planned run. A script adds its own:
/// <c>Methods.Registry.Add("mine", new Method(request => request.Recipe.Updated(request.Name, ...)))</c>.
/// </summary>
public static class Methods
{
    /// <summary>All methods; the same names in scripts and tables. (Plans and folders of the baseline say what it is: a dense network.)</summary>
    public static Registry<Method> Registry { get; } =
        new Registry<Method>("method", "methods", "Methods.Registry.Add(name, method)")
            .Add("baseline", new Method(run => run.Recipe.Dense(run.Seed)) { IsDense = true })
            .Add("small-dense", new Method(run => run.Recipe.SmallDense(run.Seed)) { IsDense = true })
            .Add("prune", new Method(run => run.Recipe.Prune(run.Seed)))
            .Add("lottery", new Method(run => run.Recipe.Lottery(run.Prune, run.Seed)))
            .Add("scratch", new Method(run => run.Recipe.Scratch(run.Prune, run.Initializer, run.Seed, run.Seed)) { DrawsSparseWeights = true })
            .Add("prune-restart", new Method(run => run.Recipe.PruneRestart(run.Prune, run.Seed)))
            .Add("set", Growing("random"))
            .Add("rigl", Growing("gradient"))
            .Add("rigl-inverted", Growing("inverse-gradient"))
            .Add("snfs", Growing("momentum"))
            .Add("dsr", new Method(run => run.Recipe.Updated(
                run.Name, (updates, fraction, seed) => new GlobalDropAndGrow("random", updates, fraction, null, seed), run.Initializer, run.Seed))
            { DrawsSparseWeights = true })
            .Add("acdc", new Method(run => run.Recipe.Alternating(run.Seed)))
            .Add("magnitude", Scored(new MagnitudeScore(), PruningScope.Layer, 1, 1))
            .Add("random", Scored(new RandomScore(), PruningScope.Layer, 1, 1))
            .Add("snip", Scored(new SnipScore(), PruningScope.Global, 1, RecipeSettings.SnipExamples))
            .Add("grasp", Scored(new GraspScore(GraspScore.AuthorsTemperature), PruningScope.Global, 1, RecipeSettings.GraspExamples))
            .Add("synflow", Scored(new SynFlowScore(), PruningScope.Global, 100, 1));

    /// <summary>All names.</summary>
    public static IReadOnlyList<string> Names => Registry.Names;

    /// <summary>The run of a method.</summary>
    /// <param name="recipe">Settings.</param>
    /// <param name="method">One of <see cref="Names"/>.</param>
    /// <param name="initializer">How methods that draw sparse weights draw them.</param>
    /// <param name="solutionSeed">Seed of the pruning solution that tickets, scratch runs and restarts derive from.</param>
    /// <param name="seed">The run's own seed.</param>
    /// <exception cref="PlanException">The method is unknown.</exception>
    public static PlannedRun Plan(Recipe recipe, string method, string initializer, int solutionSeed, int seed) =>
        Find(method).Plan(new MethodRequest(recipe, method, initializer, recipe.Prune(solutionSeed), seed));

    /// <summary>A method by its name.</summary>
    /// <exception cref="PlanException">It is unknown; the message lists the known ones.</exception>
    public static Method Find(string method)
    {
        try
        {
            return Registry.Find(method);
        }
        catch (UnregisteredNameException error)
        {
            throw new PlanException(ErrorText.Of(error), error);
        }
    }

    private static Method Growing(string growth) =>
        new(run => run.Recipe.Dynamic(run.Name, growth, run.Initializer, run.Prune, run.Seed)) { DrawsSparseWeights = true };

    private static Method Scored(IPruningScore score, PruningScope scope, int rounds, int examples) =>
        new(run => run.Recipe.PrunedAtInitialization(run.Name, score, scope, rounds, examples, run.Seed));
}
