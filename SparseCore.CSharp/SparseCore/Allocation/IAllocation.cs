using SparseCore.Networks;

namespace SparseCore.Allocation;

/// <summary>How a network's sparsity is shared among its layers. Implementations are records without state.</summary>
public interface IAllocation
{
    /// <summary>The number of active weights of every layer; at least 1 each.</summary>
    /// <param name="network">The network.</param>
    /// <param name="sparsity">Fraction of zeros, in [0, 1).</param>
    /// <returns>Shape [layers].</returns>
    /// <exception cref="ArgumentException">The request cannot be met; the message says why.</exception>
    int[] ActiveCounts(Network network, double sparsity);

    /// <summary>The same distribution with layers that keep every weight.</summary>
    /// <exception cref="ArgumentException">It cannot keep layers dense.</exception>
    IAllocation KeepingDense(IReadOnlyList<string> layers) =>
        throw new ArgumentException($"The sparsity distribution {GetType().Name} cannot keep layers dense; leave the dense first layer out.");
}
