namespace SparseCore.Networks;

/// <summary>The networks of one name in <see cref="NetworkFamilies"/>: how one is built from a plan, and the defaults that belong to the network itself.</summary>
/// <param name="Build">
/// The network of a plan: its widths, input shape and number of classes decide. The same plan gives the same network, with the nodes in the same order: initial
/// weights and the layout of checkpoints follow it.
/// </param>
/// <param name="Widths">The usual widths: channels and neurons of the hidden layers.</param>
public sealed record NetworkFamily(Func<NetworkPlan, Network> Build, IReadOnlyList<int> Widths)
{
    /// <summary>The widths of the dense network of about as many parameters as the sparse one has, where a paper gives them; null where they are computed.</summary>
    public IReadOnlyList<int>? SmallDenseWidths { get; init; }
}
