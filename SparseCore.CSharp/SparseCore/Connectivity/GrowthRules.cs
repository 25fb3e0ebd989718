using SparseCore.Data;
using SparseCore.Schedules;

namespace SparseCore.Connectivity;

/// <summary>What updaters that drop and grow share: scores that can be used, and plans that make sense.</summary>
internal static class GrowthRules
{
    private const int MostUpdatesLookedAt = 10000;

    /// <summary>Refuses a fraction outside [0, 1].</summary>
    public static void RequireFraction(double dropFraction)
    {
        if (!(dropFraction is >= 0 and <= 1))
        {
            throw new ArgumentException(FormattableString.Invariant($"The drop fraction must lie in [0, 1], found {dropFraction}."));
        }
    }

    /// <summary>The scores of one layer, as many as it has weights and all finite. Shape [weights of the layer].</summary>
    /// <exception cref="InvalidOperationException">The growth score gives others.</exception>
    public static float[] Scores(GrowthContext context, int layer, IGrowthScore growth)
    {
        var (scores, name) = (growth.Score(context, layer), context.Network.Layers[layer].Name);
        if (scores.Length != context.Masks[layer].Length)
        {
            throw new InvalidOperationException($"Growth score '{growth.Name}' gave {scores.Length} scores for layer '{name}' of {context.Masks[layer].Length} weights.");
        }

        for (var place = 0; place < scores.Length; place++)
        {
            if (!float.IsFinite(scores[place]))
            {
                throw new InvalidOperationException(
                    FormattableString.Invariant($"Growth score '{growth.Name}' gave {scores[place]} for weight {place} of layer '{name}'; scores must be finite numbers."));
            }
        }

        return scores;
    }

    /// <summary>What makes no sense in a plan that drops and grows.</summary>
    public static PlanMistake? Mistake(RunFacts run, string growth, DropFractionSchedule dropFraction, ExampleRange? examples)
    {
        if (run.StartsDense)
        {
            return new PlanMistake("a sparse starting mask for dynamic sparse training", "a dense network, which has nothing to grow");
        }

        if (dropFraction is DropFractionSchedule.TiedToLearningRate && !(run.LearningRate.At(0) > 0))
        {
            return new PlanMistake("a learning rate above 0 at step 0, which the drop fraction follows", run.LearningRate.At(0));
        }

        if (dropFraction is DropFractionSchedule.TiedToLearningRate && run.LearningRate is LearningRateSchedule.WarmUp)
        {
            return new PlanMistake("a drop fraction that does not follow a learning rate with warm-up (it is relative to the learning rate of step 0)", run.LearningRate);
        }

        if (examples is not (null or { First: >= 0, Count: >= 1 }))
        {
            return new PlanMistake("growth examples from 0 on, at least 1", examples);
        }

        return growth.Length > 0 ? null : new PlanMistake("the name of a growth score", "nothing");
    }

    /// <summary>Why nothing would ever be dropped; null where something would. Many updates are looked at, as a learning rate may rise again.</summary>
    public static string? WithoutEffect(RunFacts run, UpdateSchedule updates, DropFractionSchedule dropFraction)
    {
        if (updates.First > run.Steps)
        {
            return $"its masks would never be updated: the first update is at step {updates.First}, and the run ends at step {run.Steps}. Choose a smaller update-interval= or more steps=.";
        }

        var steps = Moments.Every(updates.First, Math.Min(updates.Last, run.Steps), updates.Interval).Take(MostUpdatesLookedAt);
        return steps.Any(step => dropFraction.At(step, run.LearningRate) > 0)
            ? null
            : $"its mask updates would never drop a weight: the first is at step {updates.First} of {run.Steps}, where the drop fraction has already fallen to 0. Choose a smaller update-interval= or more steps=.";
    }
}
