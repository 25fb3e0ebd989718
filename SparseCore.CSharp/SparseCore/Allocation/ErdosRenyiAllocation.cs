using SparseCore.Networks;

namespace SparseCore.Allocation;

/// <summary>
/// Densities proportional to (inputs + outputs) / (inputs x outputs) (Mocanu et al. 2018). The sparsity is that of the whole network, layers kept dense
/// included, and met exactly.
/// </summary>
/// <param name="DenseLayers">Names of layers that keep every weight.</param>
public sealed record ErdosRenyiAllocation(params IReadOnlyList<string> DenseLayers) : LayerAllocation(DenseLayers)
{
    /// <inheritdoc/>
    public override IAllocation KeepingDense(IReadOnlyList<string> layers) => new ErdosRenyiAllocation(layers);

    private protected override int[] Share(Network network, bool[] dense, double sparsity) =>
        ShareInProportion(network, dense, sparsity, layer => (layer.Inputs + layer.Outputs) / ((double)layer.Inputs * layer.Outputs));
}
