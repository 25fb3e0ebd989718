using SparseCore.Checkpoints;
using SparseCore.Parameters;
using SparseCore.Plans;

namespace SparseCore.Verification;

/// <summary>Checks that the masks of a run's checkpoints follow one another as its plan says.</summary>
internal static class MaskHistory
{
    /// <summary>Checks a checkpoint against the run's first and the one before it.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="start">The checkpoint of step 0.</param>
    /// <param name="previous">The checkpoint before; that of step 0 itself for the first.</param>
    /// <param name="current">The checkpoint.</param>
    /// <param name="report">Receives subject, expected and found.</param>
    public static void Check(TrainingPlan plan, Checkpoint start, Checkpoint previous, Checkpoint current, Action<string, string, string> report)
    {
        if (!current.Parents.SequenceEqual(start.Parents))
        {
            report("parents", "those of step 0", "others");
        }

        if (plan.Connectivity is not ConnectivityPlan.DropAndGrow && current.Explored is { } tracked)
        {
            report("explored weights", "none, as the masks do not grow", $"{tracked.ActiveCount}");
        }

        var counts = ActiveCountsAt(plan, start.Masks, current.Step);
        for (var layer = 0; layer < current.Masks.Count; layer++)
        {
            CheckLayer(plan, start, previous, current, layer, counts[layer], (subject, expected, found) =>
                report($"{current.Network.Layers[layer].Name}: {subject}", expected, found));
        }
    }

    /// <summary>Active weights that a run has after so many steps, before any pruning at that moment.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="start">The masks of step 0.</param>
    /// <param name="step">Steps done.</param>
    public static long ActiveCountAt(TrainingPlan plan, MaskSet start, int step) => ActiveCountsAt(plan, start, step).Sum(count => (long)count);

    /// <summary>As the other, layer by layer. Shape [layers].</summary>
    private static int[] ActiveCountsAt(TrainingPlan plan, MaskSet start, int step)
    {
        int[] first = [.. Enumerable.Range(0, start.Count).Select(layer => start[layer].ActiveCount)];
        if (plan.Connectivity is not ConnectivityPlan.GradualPruning gradual)
        {
            return first;
        }

        // The update of a step happens after that step's checkpoint and log.
        return gradual.Sparsity.LastUpdate(step - 1) is { } update ? [.. gradual.ActiveCounts(start.Network, update).Zip(first, Math.Min)] : first;
    }

    private static void CheckLayer(
        TrainingPlan plan, Checkpoint start, Checkpoint previous, Checkpoint current, int layer, int expectedCount, Action<string, string, string> report)
    {
        var (first, before, now) = (start.Masks[layer], previous.Masks[layer], current.Masks[layer]);
        RequireCount(expectedCount, now, report);
        switch (plan.Connectivity)
        {
            case ConnectivityPlan.GradualPruning:
                if (!now.IsSubsetOf(before))
                {
                    report("mask", $"no weight that was pruned at step {previous.Step}", $"{now.ActiveCount - now.Intersect(before).ActiveCount} such weights");
                }

                break;
            case ConnectivityPlan.DropAndGrow dynamic:
                if (!now.Equals(before) && (dynamic.Updates.LastUpdate(current.Step) ?? 0) <= previous.Step)
                {
                    report("mask", $"that of step {previous.Step}, as no update lies between", "another");
                }

                if (current.Explored is not { } explored)
                {
                    report("explored weights", "a mask", "none");
                }
                else if (current.Step == 0 && !explored[layer].Equals(now))
                {
                    report("explored weights", $"the {now.ActiveCount} active ones", $"{explored[layer].ActiveCount}, or others");
                }
                else if (!now.IsSubsetOf(explored[layer]) || (previous.Explored is { } earlier && !earlier[layer].IsSubsetOf(explored[layer])))
                {
                    report("explored weights", "all that were active until now", $"{explored[layer].ActiveCount} weights without some of them");
                }

                break;
            default:
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
