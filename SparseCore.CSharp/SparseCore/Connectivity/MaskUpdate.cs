using SparseCore.Parameters;

namespace SparseCore.Connectivity;

/// <summary>The outcome of one mask update. Weights and momentum outside the new masks become 0; weights that appear start at 0.</summary>
/// <param name="Masks">The new masks.</param>
public sealed record MaskUpdate(MaskSet Masks)
{
    /// <summary>Weights that keep their value and momentum; null for all that were active before.</summary>
    public MaskSet? Kept { get; init; }

    /// <summary>Whether the momentum of everything that is trained becomes 0.</summary>
    public bool ResetsMomentum { get; init; }
}
