using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Allocation;

/// <summary>What the allocations share: layers that stay dense on request, and refusal of what cannot be.</summary>
/// <param name="DenseLayers">Names of layers that keep every weight.</param>
public abstract record LayerAllocation(IReadOnlyList<string> DenseLayers) : IAllocation
{
    /// <summary>Names of layers that keep every weight.</summary>
    public IReadOnlyList<string> DenseLayers { get; } = [.. DenseLayers];

    /// <inheritdoc/>
    public int[] ActiveCounts(Network network, double sparsity)
    {
        var strangers = DenseLayers.Where(name => network.Layers.All(layer => layer.Name != name)).ToArray();
        if (strangers.Length > 0)
        {
            throw new ArgumentException(
                $"Network '{network.Name}' has no layer '{strangers[0]}' to keep dense. Its layers: {string.Join(", ", network.Layers.Select(layer => layer.Name))}.");
        }

        var counts = Share(network, [.. network.Layers.Select(layer => DenseLayers.Contains(layer.Name))], sparsity);
        for (var layer = 0; layer < counts.Length; layer++)
        {
            if (counts[layer] < 1)
            {
                throw new ArgumentException(
                    $"At sparsity {sparsity} layer '{network.Layers[layer].Name}' of {network.Layers[layer].WeightCount} weights would keep none and cut the network. Ask for a lower sparsity or keep the layer dense.");
            }
        }

        return counts;
    }

    /// <inheritdoc/>
    public abstract IAllocation KeepingDense(IReadOnlyList<string> layers);

    /// <summary>Whether both are of the same kind and name the same dense layers in the same order.</summary>
    public virtual bool Equals(LayerAllocation? other) => other is not null && EqualityContract == other.EqualityContract && DenseLayers.SequenceEqual(other.DenseLayers);

    /// <summary>A hash of the names of the dense layers; equal allocations have equal hashes within a process.</summary>
    public override int GetHashCode() => DenseLayers.Aggregate(0, HashCode.Combine);

    /// <summary>The counts, before layers without any weight are refused.</summary>
    private protected abstract int[] Share(Network network, bool[] dense, double sparsity);

    /// <summary>
    /// Densities proportional to <paramref name="weight"/>, so that the whole network keeps exactly KeepCount of all its weights, dense layers included.
    /// Layers whose density would pass 1 become dense and the rest is solved again. Fractional counts are rounded down and the missing ones given to
    /// the largest remainders, the earlier layer first on ties.
    /// </summary>
    private protected static int[] ShareInProportion(Network network, bool[] dense, double sparsity, Func<Layer, double> weight)
    {
        var layers = network.Layers;
        var total = TopK.KeepCount(sparsity, layers.Sum(layer => layer.WeightCount));
        var fixedWeights = layers.Where((_, index) => dense[index]).Sum(layer => layer.WeightCount);
        if (fixedWeights > total)
        {
            throw new ArgumentException(
                $"Sparsity {sparsity} leaves {total} active weights to network '{network.Name}', but the layers kept dense have {fixedWeights}. Ask for a lower sparsity or fewer dense layers.");
        }

        var full = (bool[])dense.Clone();
        var targets = layers.Select(layer => (double)layer.WeightCount).ToArray();
        var changed = true;
        while (changed)
        {
            changed = false;
            var left = total - layers.Where((_, index) => full[index]).Sum(layer => (double)layer.WeightCount);
            var divisor = layers.Where((_, index) => !full[index]).Sum(layer => weight(layer) * layer.WeightCount);
            for (var index = 0; index < targets.Length; index++)
            {
                if (!full[index])
                {
                    var density = left / divisor * weight(layers[index]);
                    full[index] = density > 1;
                    changed |= full[index];
                    targets[index] = Math.Min(1, density) * layers[index].WeightCount;
                }
            }
        }

        var counts = targets.Select(target => (int)Math.Floor(target)).ToArray();
        var missing = total - counts.Sum();
        foreach (var index in Enumerable.Range(0, counts.Length).Where(index => counts[index] < layers[index].WeightCount)
            .OrderByDescending(index => targets[index] - counts[index]).ThenBy(index => index).Take(missing))
        {
            counts[index]++;
        }

        return counts;
    }
}
