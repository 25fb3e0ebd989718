using System.Text.Json.Serialization;
using SparseCore.Data;
using SparseCore.Parameters;
using SparseCore.Schedules;

namespace SparseCore.Connectivity;

/// <summary>
/// Dynamic sparse training as in RigL's Algorithm 1 (Evci et al. 2020): from time to time the smallest active weights of every layer are dropped and as many others
/// grown. The just-dropped may be grown again at once: see <see cref="Regrown"/>.
/// </summary>
/// <param name="Growth">Name of the growth score: "random" (SET), "gradient" (RigL), "inverse-gradient", "momentum" (SNFS) or a score of the caller's own.</param>
/// <param name="Updates">When.</param>
/// <param name="DropFraction">Step to fraction of a layer's active weights that is dropped.</param>
/// <param name="GrowthExamples">The training examples whose gradient grows, or null for the batch just trained on.</param>
/// <param name="Seed">Seed of scores that draw.</param>
public sealed record DropAndGrow(
    string Growth,
    UpdateSchedule Updates,
    DropFractionSchedule DropFraction,
    ExampleRange? GrowthExamples,
    ulong Seed)
    : IMaskUpdater
{
    /// <summary>What becomes of a weight that an update drops and grows again. <see cref="Regrowth.Keep"/>, the authors' code, is not written.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Regrowth Regrown { get; init; }

    /// <inheritdoc/>
    public bool MasksGrow => true;

    /// <inheritdoc/>
    public GrowthSignal Signal => GrowthScores.Registry.Find(Growth).Signal;

    /// <inheritdoc/>
    public ExampleRange? SignalExamples => GrowthExamples;

    /// <summary>
    /// In every layer with n active weights, drops trunc(n * dropFraction) of smallest magnitude and grows as many of highest score among all weights that
    /// were not kept, the just-dropped included. Counts never change; ties go to the lower index. Whether a weight that is dropped and grown again at once keeps its
    /// value is for the caller to say: the authors' code keeps value and momentum, Algorithm 1 read literally resets both.
    /// </summary>
    /// <param name="context">Masks, parameters and signal at the moment of the update.</param>
    /// <param name="dropFraction">Fraction of each layer's active weights, 0 to 1.</param>
    /// <param name="growth">Which weights to grow.</param>
    /// <returns>The new masks, and the weights among them that were never dropped.</returns>
    public static (MaskSet Masks, MaskSet Kept) Exchange(GrowthContext context, double dropFraction, IGrowthScore growth)
    {
        GrowthRules.RequireFraction(dropFraction);
        var masks = new Mask[context.Masks.Count];
        var kept = new Mask[context.Masks.Count];
        for (var layer = 0; layer < masks.Length; layer++)
        {
            (masks[layer], kept[layer]) = Exchange(context, layer, dropFraction, growth);
        }

        return (new MaskSet(context.Network, masks), new MaskSet(context.Network, kept));
    }

    /// <inheritdoc/>
    public bool IsUpdate(int step) => Updates.IsUpdate(step);

    /// <inheritdoc/>
    public IEnumerable<int> UpdateSteps(int last) => Moments.Every(Updates.First, Math.Min(Updates.Last, last), Updates.Interval);

    /// <inheritdoc/>
    public int? LastUpdate(int step) => Updates.LastUpdate(step);

    /// <inheritdoc/>
    public MaskUpdate Update(MaskUpdateContext context)
    {
        var fraction = FractionAt(context.Step, context.Masks, context.LearningRate, context.Warn);
        var (masks, kept) = Exchange(
            new GrowthContext(context.Step, context.Masks, context.Parameters, context.Signal, Seed), fraction, GrowthScores.Registry.Find(Growth));
        return new MaskUpdate(masks) { Kept = Regrown == Regrowth.Reset ? kept : null };
    }

    /// <inheritdoc/>
    public IReadOnlyList<int>? DropsByGradient(int step, MaskSet masks, LearningRateSchedule learningRate, Action<string> warn)
    {
        if (GrowthScores.Registry.Find(Growth) is not GradientGrowth || Regrown != Regrowth.Keep)
        {
            return null;
        }

        var fraction = FractionAt(step, masks, learningRate, warn);
        GrowthRules.RequireFraction(fraction);
        return [.. masks.ActiveCounts().Select(active => Dropped(active, fraction))];
    }

    /// <inheritdoc/>
    public MaskExpectation Expect(MaskSet start, int step) => MaskExpectation.OfLayers(start.ActiveCounts(), MaskHistoryKind.Changing);

    /// <inheritdoc/>
    public PlanMistake? Mistake(RunFacts run) => GrowthRules.Mistake(run, Growth, DropFraction, GrowthExamples);

    /// <inheritdoc/>
    public string? WithoutEffect(RunFacts run) => GrowthRules.WithoutEffect(run, Updates, DropFraction);

    private static int Dropped(int active, double fraction) => (int)(active * fraction);

    private double FractionAt(int step, MaskSet masks, LearningRateSchedule learningRate, Action<string> warn)
    {
        var fraction = DropFraction.At(step, learningRate);
        var largest = masks.ActiveCounts().Max();
        if (step == Updates.First && Dropped(largest, fraction) == 0)
        {
            warn(FormattableString.Invariant(
                $"the mask update of step {step} drops nothing: a fraction of {fraction:0.###} of {largest} active weights, the most a layer has, is less than one."));
        }

        return fraction;
    }

    private static (Mask Mask, Mask Kept) Exchange(GrowthContext context, int layer, double dropFraction, IGrowthScore growth)
    {
        var mask = context.Masks[layer];
        var drop = Dropped(mask.ActiveCount, dropFraction);
        if (drop == 0)
        {
            return (mask, mask);
        }

        var active = mask.ActiveIndices();
        var weights = context.Parameters.Weights(layer);
        var magnitudes = new float[active.Length];
        for (var index = 0; index < active.Length; index++)
        {
            magnitudes[index] = MathF.Abs(weights[active[index]]);
        }

        // Kept weights leave the competition below every score a rule may give, so that no second list of candidates is needed.
        var scores = GrowthRules.Scores(context, layer, growth);
        var kept = TopK.Select(magnitudes, active.Length - drop);
        for (var index = 0; index < kept.Length; index++)
        {
            kept[index] = active[kept[index]];
            scores[kept[index]] = float.NegativeInfinity;
        }

        return (Mask.FromIndices(mask.Length, [.. kept, .. TopK.Select(scores, drop)]), Mask.FromIndices(mask.Length, kept));
    }
}
