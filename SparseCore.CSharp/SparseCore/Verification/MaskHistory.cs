using SparseCore.Checkpoints;
using SparseCore.Connectivity;
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

        if (!plan.Connectivity.MasksGrow && current.Explored is { } tracked)
        {
            report("explored weights", "none, as the masks do not grow", $"{tracked.ActiveCount}");
        }

        var expectation = plan.Connectivity.Expect(start.Masks, current.Step);
        if (expectation.LayerCounts is null && expectation.ActiveCount is { } sum && sum != current.Masks.ActiveCount)
        {
            report("masks", $"{sum} active weights", $"{current.Masks.ActiveCount}");
        }

        for (var layer = 0; layer < current.Masks.Count; layer++)
        {
            CheckLayer(plan.Connectivity, expectation, start, previous, current, layer, (subject, expected, found) =>
                report($"{current.Network.Layers[layer].Name}: {subject}", expected, found));
        }
    }

    private static void CheckLayer(
        IMaskUpdater updater,
        MaskExpectation expectation,
        Checkpoint start,
        Checkpoint previous,
        Checkpoint current,
        int layer,
        Action<string, string, string> report)
    {
        var (first, before, now) = (start.Masks[layer], previous.Masks[layer], current.Masks[layer]);
        if (expectation.LayerCounts is { } counts && now.ActiveCount != counts[layer])
        {
            report("mask", $"{counts[layer]} active weights", $"{now.ActiveCount}");
        }

        switch (expectation.History)
        {
            case MaskHistoryKind.Fixed:
                if (!now.Equals(first))
                {
                    report("mask", "that of step 0", "another");
                }

                break;
            case MaskHistoryKind.Nested:
                if (!now.IsSubsetOf(before))
                {
                    report("mask", $"no weight that was pruned at step {previous.Step}", $"{now.ActiveCount - now.Intersect(before).ActiveCount} such weights");
                }

                break;
            default:
                // An update before a step is seen by the checkpoints after that step.
                var last = updater.LastUpdate(updater.Timing == UpdateTiming.AfterStep ? current.Step : current.Step - 1) ?? -1;
                if (!now.Equals(before) && (updater.Timing == UpdateTiming.AfterStep ? last <= previous.Step : last < previous.Step))
                {
                    report("mask", $"that of step {previous.Step}, as no update lies between", "another");
                }

                break;
        }

        if (updater.MasksGrow)
        {
            CheckExplored(previous, current, layer, report);
        }
    }

    /// <summary>The weights explored so far: all that were active at any checkpoint, and never fewer.</summary>
    private static void CheckExplored(Checkpoint previous, Checkpoint current, int layer, Action<string, string, string> report)
    {
        var now = current.Masks[layer];
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
    }
}
