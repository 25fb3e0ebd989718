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

    /// <summary>Whether a plan says the depth.</summary>
    public bool HasDepth { get; init; }

    /// <summary>The usual depth, where there is one; null where a plan has none, or must say it.</summary>
    public int? Depth { get; init; }

    /// <summary>Whether a plan says the widening factor.</summary>
    public bool HasWidening { get; init; }

    /// <summary>The usual widening factor, where there is one; null where a plan has none, or must say it.</summary>
    public int? Widening { get; init; }

    /// <summary>
    /// Whether plans hold the whole graph of the network, so that their runs can be opened where the family is not registered. The toolkit's own families are
    /// always known: their plans hold name and settings alone.
    /// </summary>
    public bool StoresGraph { get; init; } = true;
}
