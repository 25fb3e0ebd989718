using SparseCore.Plans;

namespace SparseCore.Training;

/// <summary>
/// The order in which runs side by side are begun. A long run that is begun last keeps one core busy while the others wait for it, so those come first on which
/// most is still to come: the run itself and the longest chain of runs that derive from it (Graham 1969: longest processing time, critical path).
/// </summary>
internal static class RunOrder
{
    /// <summary>Sorts by the longest path to the end; of equal paths the first stays first.</summary>
    /// <param name="runs">Each run once, parents before children.</param>
    /// <param name="cost">Cost of a run, 0 or more in any unit; 0 where nothing is left to do.</param>
    /// <returns>The same runs, parents still before children.</returns>
    public static IReadOnlyList<PlannedRun> LongestPathFirst(IReadOnlyList<PlannedRun> runs, Func<PlannedRun, double> cost) =>
        [.. WithPaths(runs, cost).Select(entry => entry.Run)];

    /// <summary>As <see cref="LongestPathFirst"/>, with the length of every path.</summary>
    internal static IEnumerable<(PlannedRun Run, double Path)> WithPaths(IReadOnlyList<PlannedRun> runs, Func<PlannedRun, double> cost)
    {
        var beyond = new Dictionary<string, double>(StringComparer.Ordinal); // the longest path of a run's children
        var paths = new double[runs.Count];
        for (var index = runs.Count - 1; index >= 0; index--)
        {
            var run = runs[index];
            paths[index] = cost(run) + beyond.GetValueOrDefault(run.Plan.Hash);
            foreach (var parent in run.Parents)
            {
                var hash = parent.Plan.Hash;
                beyond[hash] = Math.Max(beyond.GetValueOrDefault(hash), paths[index]);
            }
        }

        return Enumerable.Range(0, runs.Count).OrderByDescending(index => paths[index]).Select(index => (runs[index], paths[index]));
    }
}
