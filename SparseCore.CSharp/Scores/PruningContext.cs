using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Scores;

/// <summary>What a pruning score may look at.</summary>
/// <param name="Masks">Weights that are still active.</param>
/// <param name="Parameters">Current values, exactly 0 outside the masks.</param>
/// <param name="Data">Where examples come from; not read by scores that need no data.</param>
/// <param name="Examples">The examples on which gradients are taken, all together as one batch.</param>
/// <param name="CreateEngine">Builds an engine for given masks.</param>
public sealed record PruningContext(MaskSet Masks, ParameterBlock Parameters, Dataset Data, IReadOnlyList<int> Examples, Func<MaskSet, IEngine> CreateEngine)
{
    /// <summary>The network to be pruned.</summary>
    public Network Network => Masks.Network;
}
