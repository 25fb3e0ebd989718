namespace SparseCore.Plans;

/// <summary>A plan together with the plans it derives from, so that everything it needs can be made.</summary>
/// <param name="Plan">The run.</param>
/// <param name="Parents">The runs whose masks or weights it starts from.</param>
public sealed record PlannedRun(TrainingPlan Plan, params IReadOnlyList<PlannedRun> Parents)
{
    /// <summary>The runs, all they derive from, parents first, each once.</summary>
    public static IReadOnlyList<PlannedRun> WithParents(IEnumerable<PlannedRun> runs)
    {
        var ordered = new List<PlannedRun>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var run in runs)
        {
            Visit(run);
        }

        return ordered;

        void Visit(PlannedRun run)
        {
            if (!known.Add(run.Plan.Hash))
            {
                return;
            }

            foreach (var parent in run.Parents)
            {
                Visit(parent);
            }

            ordered.Add(run);
        }
    }
}
