using System.Text.Json.Serialization;
using SparseCore.Networks;

namespace SparseCore.Allocation;

/// <summary>How a network's sparsity is shared among its layers. Implementations are records without state.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(UniformAllocation), "uniform")]
[JsonDerivedType(typeof(ErdosRenyiAllocation), "erdos-renyi")]
[JsonDerivedType(typeof(ErdosRenyiKernelAllocation), "erdos-renyi-kernel")]
public interface IAllocation
{
    /// <summary>The number of active weights of every layer; at least 1 each.</summary>
    /// <param name="network">The network.</param>
    /// <param name="sparsity">Fraction of zeros, in [0, 1).</param>
    /// <returns>Shape [layers].</returns>
    /// <exception cref="ArgumentException">The request cannot be met; the message says why.</exception>
    int[] ActiveCounts(Network network, double sparsity);
}
