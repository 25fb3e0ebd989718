using SparseCore.Parameters;

namespace SparseCore.Connectivity;

/// <summary>One mask update of dynamic sparse training, as in RigL's Algorithm 1 (Evci et al. 2020).</summary>
public static class DropAndGrow
{
    /// <summary>
    /// In every layer with n active weights, drops trunc(n * dropFraction) of smallest magnitude and grows as many of highest score among all weights that
    /// were not kept, the just-dropped included. Counts never change; ties go to the lower index. Whether a weight that is dropped and grown again at once keeps its
    /// value is for the caller to say: the authors' code keeps value and momentum, Algorithm 1 read literally resets both.
    /// </summary>
    /// <param name="context">Masks, parameters and signal at the moment of the update.</param>
    /// <param name="dropFraction">Fraction of each layer's active weights, 0 to 1.</param>
    /// <param name="growth">Which weights to grow.</param>
    /// <returns>The new masks, and the weights among them that were never dropped.</returns>
    public static MaskUpdate Update(GrowthContext context, double dropFraction, IGrowthScore growth)
    {
        if (!(dropFraction is >= 0 and <= 1))
        {
            throw new ArgumentException(FormattableString.Invariant($"The drop fraction must lie in [0, 1], found {dropFraction}."));
        }

        var masks = new Mask[context.Masks.Count];
        var kept = new Mask[context.Masks.Count];
        for (var layer = 0; layer < masks.Length; layer++)
        {
            (masks[layer], kept[layer]) = Update(context, layer, dropFraction, growth);
        }

        return new MaskUpdate(new MaskSet(context.Network, masks), new MaskSet(context.Network, kept));
    }

    private static (Mask Mask, Mask Kept) Update(GrowthContext context, int layer, double dropFraction, IGrowthScore growth)
    {
        var mask = context.Masks[layer];
        var drop = (int)(mask.ActiveCount * dropFraction);
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

        var scores = growth.Score(context, layer);
        if (scores.Length != mask.Length)
        {
            throw new InvalidOperationException(
                $"Growth score '{growth.Name}' gave {scores.Length} scores for layer '{context.Network.Layers[layer].Name}' of {mask.Length} weights.");
        }

        // Kept weights leave the competition below every score a rule may give, so that no second list of candidates is needed.
        var kept = TopK.Select(magnitudes, active.Length - drop);
        RequireFinite(scores, growth, context.Network.Layers[layer].Name);
        for (var index = 0; index < kept.Length; index++)
        {
            kept[index] = active[kept[index]];
            scores[kept[index]] = float.NegativeInfinity;
        }

        return (Mask.FromIndices(mask.Length, [.. kept, .. TopK.Select(scores, drop)]), Mask.FromIndices(mask.Length, kept));
    }

    private static void RequireFinite(float[] scores, IGrowthScore growth, string layer)
    {
        for (var place = 0; place < scores.Length; place++)
        {
            if (float.IsFinite(scores[place]))
            {
                continue;
            }

            throw new InvalidOperationException(
                FormattableString.Invariant($"Growth score '{growth.Name}' gave {scores[place]} for weight {place} of layer '{layer}'; scores must be finite numbers."));
        }
    }
}
