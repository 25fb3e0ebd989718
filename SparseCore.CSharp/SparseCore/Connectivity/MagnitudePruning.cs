using SparseCore.Parameters;

namespace SparseCore.Connectivity;

/// <summary>Magnitude pruning, layer by layer (Zhu and Gupta 2018) or over the whole network.</summary>
public static class MagnitudePruning
{
    /// <summary>
    /// Keeps, in every layer, the round((1 - sparsity) * n) weights of largest magnitude, at least one; ties go to the lower index. Masks are nested: a pruned
    /// weight is 0, and never comes back. (In the paper's library it could, by momentum.)
    /// </summary>
    /// <param name="masks">The masks so far.</param>
    /// <param name="parameters">Parameters, 0 outside the masks.</param>
    /// <param name="sparsity">Fraction of zeros, in [0, 1).</param>
    public static MaskSet Update(MaskSet masks, ParameterBlock parameters, double sparsity) =>
        Update(masks, parameters, [.. masks.Network.Layers.Select(layer => Math.Max(1, TopK.KeepCount(sparsity, layer.WeightCount)))]);

    /// <summary>Keeps as many weights of each layer as asked for, or all that are left where they are fewer; otherwise as above.</summary>
    /// <param name="masks">The masks so far.</param>
    /// <param name="parameters">Parameters, 0 outside the masks.</param>
    /// <param name="activeCounts">Weights to keep. Shape [layers].</param>
    public static MaskSet Update(MaskSet masks, ParameterBlock parameters, ReadOnlySpan<int> activeCounts)
    {
        if (activeCounts.Length != masks.Count)
        {
            throw new ArgumentException($"Network '{masks.Network.Name}' has {masks.Count} layers with weights, found {activeCounts.Length} counts.");
        }

        var result = new Mask[masks.Count];
        for (var layer = 0; layer < result.Length; layer++)
        {
            var keep = activeCounts[layer];
            if (keep >= masks[layer].ActiveCount)
            {
                result[layer] = masks[layer];
                continue;
            }

            var active = masks[layer].ActiveIndices();
            var weights = parameters.Weights(layer);
            var magnitudes = new float[active.Length];
            for (var index = 0; index < active.Length; index++)
            {
                magnitudes[index] = MathF.Abs(weights[active[index]]);
            }

            var kept = TopK.Select(magnitudes, keep);
            for (var index = 0; index < kept.Length; index++)
            {
                kept[index] = active[kept[index]];
            }

            result[layer] = Mask.FromIndices(masks[layer].Length, kept);
        }

        return new MaskSet(masks.Network, result);
    }

    /// <summary>Keeps the weights of largest magnitude of the whole network; ties go to the lower index of the earlier layer. A layer may lose all its weights.</summary>
    /// <param name="masks">The masks so far.</param>
    /// <param name="parameters">Parameters, 0 outside the masks.</param>
    /// <param name="count">Weights to keep in all, at most as many as are active.</param>
    public static MaskSet Global(MaskSet masks, ParameterBlock parameters, int count)
    {
        var active = Enumerable.Range(0, masks.Count).Select(layer => masks[layer].ActiveIndices()).ToArray();
        var magnitudes = new float[active.Sum(indices => indices.Length)];
        var place = 0;
        for (var layer = 0; layer < active.Length; layer++)
        {
            var weights = parameters.Weights(layer);
            foreach (var index in active[layer])
            {
                magnitudes[place++] = MathF.Abs(weights[index]);
            }
        }

        var kept = TopK.Select(magnitudes, count).AsSpan();
        var result = new Mask[masks.Count];
        var first = 0;
        for (var layer = 0; layer < result.Length; layer++)
        {
            var end = first + active[layer].Length;
            var indices = new List<int>();
            while (indices.Count < kept.Length && kept[indices.Count] < end)
            {
                indices.Add(active[layer][kept[indices.Count] - first]);
            }

            kept = kept[indices.Count..];
            result[layer] = Mask.FromIndices(masks[layer].Length, [.. indices]);
            first = end;
        }

        return new MaskSet(masks.Network, result);
    }
}
