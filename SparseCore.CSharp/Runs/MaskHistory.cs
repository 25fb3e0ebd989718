using SparseCore.Checkpoints;
using SparseCore.Parameters;
using SparseCore.Training;

namespace SparseCore.Runs;

/// <summary>Checks that the masks of a run's checkpoints follow one another as its plan says.</summary>
internal static class MaskHistory
{
    /// <summary>Checks all checkpoints, the first of which is of step 0.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="checkpoints">Ascending by step.</param>
    /// <param name="report">Receives step, subject, expected and found.</param>
    public static void Check(TrainingPlan plan, IReadOnlyList<Checkpoint> checkpoints, Action<int, string, string, string> report)
    {
        var start = checkpoints[0];
        for (var index = 0; index < checkpoints.Count; index++)
        {
            var previous = checkpoints[Math.Max(0, index - 1)];
            var current = checkpoints[index];
            if (!current.Parents.SequenceEqual(start.Parents))
            {
                report(current.Step, "parents", "those of step 0", "others");
            }

            for (var layer = 0; layer < current.Masks.Count; layer++)
            {
                CheckLayer(plan, start, previous, current, layer, (subject, expected, found) =>
                    report(current.Step, $"{current.Network.Layers[layer].Name}: {subject}", expected, found));
            }
        }
    }

    private static void CheckLayer(
        TrainingPlan plan, Checkpoint start, Checkpoint previous, Checkpoint current, int layer, Action<string, string, string> report)
    {
        var (first, before, now) = (start.Masks[layer], previous.Masks[layer], current.Masks[layer]);
        switch (plan.Connectivity)
        {
            case ConnectivityPlan.GradualPruning gradual:
                // The update of a step happens after that step's checkpoint.
                var updates = Enumerable.Range(0, current.Step).Where(gradual.Sparsity.IsUpdate).ToList();
                var keep = updates.Count == 0 ? first.ActiveCount : gradual.ActiveCounts(current.Network, updates[^1])[layer];
                RequireCount(Math.Min(keep, first.ActiveCount), now, report);
                if (!now.IsSubsetOf(before))
                {
                    report("mask", $"no weight that was pruned at step {previous.Step}", $"{now.ActiveCount - now.Intersect(before).ActiveCount} such weights");
                }

                break;
            case ConnectivityPlan.DropAndGrow dynamic:
                RequireCount(first.ActiveCount, now, report);
                if (!now.Equals(before) && !Enumerable.Range(previous.Step + 1, current.Step - previous.Step).Any(dynamic.Updates.IsUpdate))
                {
                    report("mask", $"that of step {previous.Step}, as no update lies between", "another");
                }

                if (current.Explored is not { } explored)
                {
                    report("explored weights", "a mask", "none");
                }
                else if (!now.IsSubsetOf(explored[layer]) || (previous.Explored is { } earlier && !earlier[layer].IsSubsetOf(explored[layer])))
                {
                    report("explored weights", "all that were active until now", $"{explored[layer].ActiveCount} weights without some of them");
                }

                break;
            default:
                RequireCount(first.ActiveCount, now, report);
                if (!now.Equals(first))
                {
                    report("mask", "that of step 0", "another");
                }

                break;
        }
    }

    private static void RequireCount(int expected, Mask mask, Action<string, string, string> report)
    {
        if (mask.ActiveCount != expected)
        {
            report("mask", $"{expected} active weights", $"{mask.ActiveCount}");
        }
    }
}
