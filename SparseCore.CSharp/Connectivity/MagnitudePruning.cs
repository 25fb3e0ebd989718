using SparseCore.Parameters;

namespace SparseCore.Connectivity;

/// <summary>Magnitude pruning of every layer to one sparsity (Zhu and Gupta 2018).</summary>
public static class MagnitudePruning
{
    /// <summary>
    /// Keeps, in every layer, the round((1 - sparsity) * n) weights of largest magnitude, at least one; ties go to the lower index. Masks are nested: a pruned
    /// weight is 0, and never comes back. (In the paper's library it could, by momentum.)
    /// </summary>
    /// <param name="masks">The masks so far.</param>
    /// <param name="parameters">Parameters, 0 outside the masks.</param>
    /// <param name="sparsity">Fraction of zeros, in [0, 1).</param>
    public static MaskSet Update(MaskSet masks, ParameterBlock parameters, double sparsity)
    {
        var result = new Mask[masks.Count];
        for (var layer = 0; layer < result.Length; layer++)
        {
            var active = masks[layer].ActiveIndices();
            var keep = Math.Max(1, TopK.KeepCount(sparsity, masks[layer].Length));
            if (keep >= active.Length)
            {
                result[layer] = masks[layer];
                continue;
            }

            var weights = parameters.Weights(layer);
            var magnitudes = new float[active.Length];
            for (var index = 0; index < active.Length; index++)
            {
                magnitudes[index] = MathF.Abs(weights[active[index]]);
            }

            result[layer] = Mask.FromIndices(masks[layer].Length, [.. TopK.Select(magnitudes, keep).Select(index => active[index])]);
        }

        return new MaskSet(masks.Network, result);
    }
}
