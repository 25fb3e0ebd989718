using SparseCore.Networks;

namespace SparseCore.Allocation;

/// <summary>
/// Densities proportional to (inputs + outputs + kernel height + kernel width) / (their product) (Evci et al. 2020); fully connected layers as in
/// <see cref="ErdosRenyiAllocation"/>. The sparsity is that of the whole network, layers kept dense included, and met exactly.
/// </summary>
/// <param name="DenseLayers">Names of layers that keep every weight.</param>
public sealed record ErdosRenyiKernelAllocation(params IReadOnlyList<string> DenseLayers) : LayerAllocation(DenseLayers)
{
    /// <inheritdoc/>
    public override IAllocation KeepingDense(IReadOnlyList<string> layers) => new ErdosRenyiKernelAllocation(layers);

    private protected override int[] Share(Network network, bool[] dense, double sparsity) =>
        ShareInProportion(network, dense, sparsity, layer => layer.WeightShape.Sum() / (double)layer.WeightCount);
}
