using SparseCore.Numerics;
using SparseCore.Parameters;

namespace SparseCore.Scores;

/// <summary>Pruning by a score without training: in one step, or in rounds that score what is left and remove some more.</summary>
public static class OneShotPruning
{
    /// <summary>
    /// Keeps the weights with the highest scores, exactly as many as asked for, ties to the lower index. Round k of n keeps the fraction d^(k / n) of
    /// each quantity that is finally kept with density d (Tanaka et al. 2020); a weight once removed stays removed.
    /// </summary>
    /// <param name="context">The network at the start; its masks are usually full.</param>
    /// <param name="score">How weights are ranked.</param>
    /// <param name="scope">Whether weights compete within their layer or over the whole network.</param>
    /// <param name="sparsity">Fraction of zeros wanted of each layer or of the network, in [0, 1).</param>
    /// <param name="rounds">1 for one shot; 100 in the SynFlow paper.</param>
    /// <returns>The masks that are left. Ranking over all layers can leave one empty: see <see cref="Measurement.ConnectivityHealth"/>.</returns>
    /// <exception cref="ArgumentException">The request cannot be met, or a score is not a number.</exception>
    public static MaskSet Prune(PruningContext context, IPruningScore score, PruningScope scope, double sparsity, int rounds)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rounds, 1);
        var layers = Enumerable.Range(0, context.Masks.Count).ToArray();
        int[][] groups = scope == PruningScope.Global ? [layers] : [.. layers.Select(layer => new[] { layer })];
        var targets = groups.Select(group => TopK.KeepCount(sparsity, group.Sum(layer => context.Network.Layers[layer].WeightCount))).ToArray();
        var scores = new ParameterBlock(context.Network);
        var start = context.Masks;
        for (var group = 0; group < groups.Length; group++)
        {
            var available = groups[group].Sum(layer => start[layer].ActiveCount);
            if (available < targets[group])
            {
                throw new ArgumentException($"Sparsity {sparsity} keeps {targets[group]} weights of {Names(context, groups[group])}, but only {available} are active.");
            }
        }

        for (var round = 1; round <= rounds; round++)
        {
            score.Score(context, scores);
            var masks = layers.Select(layer => context.Masks[layer]).ToArray();
            for (var group = 0; group < groups.Length; group++)
            {
                var initial = groups[group].Sum(layer => start[layer].ActiveCount);
                Keep(context, score, scores, groups[group], RoundTarget(initial, targets[group], round, rounds), masks);
            }

            var kept = new MaskSet(context.Network, masks);
            var parameters = context.Parameters.Clone();
            parameters.Apply(kept);
            context = context with { Masks = kept, Parameters = parameters };
        }

        return context.Masks;
    }

    /// <summary>Active weights after a round: initial (target / initial)^(round / rounds); the last round meets the target exactly.</summary>
    internal static int RoundTarget(int initial, int target, int round, int rounds) =>
        round == rounds || target == 0 || initial == 0
            ? target
            : Math.Max(target, (int)Math.Round(initial * PortableMath.Exp(PortableMath.Log((double)target / initial) * round / rounds)));

    private static void Keep(PruningContext context, IPruningScore score, ParameterBlock scores, int[] group, int count, Mask[] masks)
    {
        var active = group.Select(layer => masks[layer].ActiveIndices()).ToArray();
        var ranked = new float[active.Sum(indices => indices.Length)];
        var position = 0;
        for (var member = 0; member < group.Length; member++)
        {
            foreach (var index in active[member])
            {
                ranked[position] = scores.Weights(group[member])[index];
                if (float.IsNaN(ranked[position++]))
                {
                    throw new ArgumentException(
                        $"{score.GetType().Name} gives weight {index} of layer '{context.Network.Layers[group[member]].Name}' the score NaN; the network's values are not finite.");
                }
            }
        }

        var kept = TopK.Select(ranked, count).AsSpan();
        var first = 0;
        for (var member = 0; member < group.Length; member++)
        {
            var end = first + active[member].Length;
            var taken = 0;
            while (taken < kept.Length && kept[taken] < end)
            {
                taken++;
            }

            var indices = kept[..taken].ToArray();
            for (var index = 0; index < indices.Length; index++)
            {
                indices[index] = active[member][indices[index] - first];
            }

            masks[group[member]] = Mask.FromIndices(masks[group[member]].Length, indices);
            kept = kept[taken..];
            first = end;
        }
    }

    private static string Names(PruningContext context, int[] group) => string.Join(", ", group.Select(layer => $"'{context.Network.Layers[layer].Name}'"));
}
