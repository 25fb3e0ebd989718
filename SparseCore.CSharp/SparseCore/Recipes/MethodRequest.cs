using SparseCore.Plans;

namespace SparseCore.Recipes;

/// <summary>One run that is asked for.</summary>
/// <param name="Recipe">Settings, and how runs are planned.</param>
/// <param name="Name">Name of the method, for folders and tables.</param>
/// <param name="Initializer">How methods that draw sparse weights draw them.</param>
/// <param name="Prune">The pruning solution that tickets, scratch runs and restarts derive from.</param>
/// <param name="Seed">The run's own seed.</param>
public sealed record MethodRequest(Recipe Recipe, string Name, string Initializer, PlannedRun Prune, int Seed);
