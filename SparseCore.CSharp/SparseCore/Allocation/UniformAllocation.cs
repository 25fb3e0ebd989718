using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Allocation;

/// <summary>
/// Every layer has the requested sparsity, exactly KeepCount of its weights; layers kept dense are not made up for elsewhere, as is usual for this
/// allocation (Evci et al. 2020), so that the whole network is then less sparse than asked.
/// </summary>
/// <param name="DenseLayers">Names of layers that keep every weight.</param>
public sealed record UniformAllocation(params IReadOnlyList<string> DenseLayers) : LayerAllocation(DenseLayers)
{
    /// <inheritdoc/>
    public override IAllocation KeepingDense(IReadOnlyList<string> layers) => new UniformAllocation(layers);

    private protected override int[] Share(Network network, bool[] dense, double sparsity) =>
        [.. network.Layers.Select((layer, index) => dense[index] ? layer.WeightCount : TopK.KeepCount(sparsity, layer.WeightCount))];
}
