using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Scores;

/// <summary>What a pruning score may look at.</summary>
/// <param name="Network">The network to be pruned.</param>
/// <param name="Masks">Weights that are still active.</param>
/// <param name="Parameters">Current values, exactly 0 outside the masks.</param>
/// <param name="Data">Where examples come from; not read by scores that need no data.</param>
/// <param name="Examples">The examples on which gradients are taken, all together as one batch.</param>
/// <param name="Engines">Makes engines.</param>
/// <param name="Seed">For scores that draw random numbers.</param>
public sealed record PruningContext(
    Network Network, MaskSet Masks, ParameterBlock Parameters, Dataset Data, int[] Examples, IEngineFactory Engines, ulong Seed);
