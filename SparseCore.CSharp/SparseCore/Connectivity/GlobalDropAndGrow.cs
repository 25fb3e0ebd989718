using SparseCore.Data;
using SparseCore.Parameters;
using SparseCore.Schedules;

namespace SparseCore.Connectivity;

/// <summary>
/// Dynamic sparse training that moves weights between layers, as dynamic sparse reparameterization does (Mostafa and Wang 2019): the smallest active weights of the
/// whole network are dropped, and as many grown, shared among layers in proportion to the weights that survived there. The number of active weights of the network
/// never changes. Here the number that is dropped is exact, where the authors drive a threshold toward it; they grow at random.
/// </summary>
/// <param name="Growth">Name of the growth score, by which a layer's new weights are chosen: "random" in the paper.</param>
/// <param name="Updates">When.</param>
/// <param name="DropFraction">Step to fraction of the network's active weights that is dropped.</param>
/// <param name="GrowthExamples">The training examples whose gradient grows, or null for the batch just trained on.</param>
/// <param name="Seed">Seed of scores that draw.</param>
public sealed record GlobalDropAndGrow(
    string Growth, UpdateSchedule Updates, DropFractionSchedule DropFraction, ExampleRange? GrowthExamples, ulong Seed)
    : IMaskUpdater
{
    /// <summary>Metric: active weights that an update moved from one layer to another.</summary>
    public const string MovedMetric = "moved_between_layers";

    /// <inheritdoc/>
    public bool MasksGrow => true;

    /// <inheritdoc/>
    public GrowthSignal Signal => GrowthScores.Registry.Find(Growth).Signal;

    /// <inheritdoc/>
    public ExampleRange? SignalExamples => GrowthExamples;

    /// <inheritdoc/>
    public IReadOnlyList<string> Metrics => [MovedMetric];

    /// <inheritdoc/>
    public bool IsUpdate(int step) => Updates.IsUpdate(step);

    /// <inheritdoc/>
    public IEnumerable<int> UpdateSteps(int last) => Moments.Every(Updates.First, Math.Min(Updates.Last, last), Updates.Interval);

    /// <inheritdoc/>
    public int? LastUpdate(int step) => Updates.LastUpdate(step);

    /// <summary>One exchange of trunc(n * dropFraction) of the network's n active weights; ties go to the lower index of the earlier layer.</summary>
    /// <param name="context">Masks, parameters and signal at the moment of the update.</param>
    /// <param name="dropFraction">Fraction of the network's active weights, 0 to 1.</param>
    /// <param name="growth">Which weights of a layer to grow: those of highest score among all that were not kept, the just-dropped included.</param>
    public static MaskSet Exchange(GrowthContext context, double dropFraction, IGrowthScore growth)
    {
        GrowthRules.RequireFraction(dropFraction);
        var active = context.Masks.ActiveCount;
        var drop = (int)(active * dropFraction);
        if (drop == 0)
        {
            return context.Masks;
        }

        var kept = MagnitudePruning.Global(context.Masks, context.Parameters, active - drop);
        var grown = Shares(kept, drop);
        var masks = new Mask[kept.Count];
        for (var layer = 0; layer < masks.Length; layer++)
        {
            var scores = GrowthRules.Scores(context, layer, growth);
            var survivors = kept[layer].ActiveIndices();
            foreach (var index in survivors)
            {
                scores[index] = float.NegativeInfinity;
            }

            masks[layer] = Mask.FromIndices(kept[layer].Length, [.. survivors, .. TopK.Select(scores, grown[layer])]);
        }

        return new MaskSet(context.Network, masks);
    }

    /// <inheritdoc/>
    public MaskUpdate Update(MaskUpdateContext context)
    {
        var fraction = DropFraction.At(context.Step, context.LearningRate);
        var growth = GrowthScores.Registry.Find(Growth);
        var masks = Exchange(new GrowthContext(context.Step, context.Masks, context.Parameters, context.Signal, Seed), fraction, growth);
        var (before, after) = (context.Masks.ActiveCounts(), masks.ActiveCounts());
        context.Log(MovedMetric, before.Zip(after, (old, now) => Math.Max(0, now - old)).Sum());
        return new MaskUpdate(masks);
    }

    /// <inheritdoc/>
    public MaskExpectation Expect(MaskSet start, int step) => LastUpdate(step) is null
        ? MaskExpectation.OfLayers(start.ActiveCounts(), MaskHistoryKind.Changing)
        : new MaskExpectation(start.ActiveCount, null, MaskHistoryKind.Changing);

    /// <inheritdoc/>
    public PlanMistake? Mistake(RunFacts run) => GrowthRules.Mistake(run, Growth, DropFraction, GrowthExamples);

    /// <inheritdoc/>
    public string? WithoutEffect(RunFacts run) => GrowthRules.WithoutEffect(run, Updates, DropFraction);

    /// <summary>
    /// Weights to grow in each layer, in proportion to its survivors; what a layer has no room for goes to the others by the same rule. Fractions are given to the
    /// largest remainders, the earlier layer first on ties.
    /// </summary>
    private static int[] Shares(MaskSet kept, int count)
    {
        var survivors = kept.ActiveCounts();
        var room = survivors.Select((active, layer) => kept[layer].Length - active).ToArray();
        var shares = new int[survivors.Length];
        var left = count;
        while (left > 0)
        {
            var open = Enumerable.Range(0, shares.Length).Where(layer => shares[layer] < room[layer]).ToArray();
            var sum = open.Sum(layer => (long)survivors[layer]);
            var wanted = open.Select(layer => sum == 0 ? (double)left / open.Length : (double)left * survivors[layer] / sum).ToArray();
            var given = open.Select((layer, place) => Math.Min(room[layer] - shares[layer], (int)wanted[place])).ToArray();
            var missing = left - given.Sum();
            foreach (var place in Enumerable.Range(0, open.Length).OrderByDescending(place => wanted[place] - Math.Floor(wanted[place])).ThenBy(place => place))
            {
                if (missing > 0 && given[place] < room[open[place]] - shares[open[place]])
                {
                    given[place]++;
                    missing--;
                }
            }

            for (var place = 0; place < open.Length; place++)
            {
                shares[open[place]] += given[place];
            }

            left -= given.Sum();
        }

        return shares;
    }
}
