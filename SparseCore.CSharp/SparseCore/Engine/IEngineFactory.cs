using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Engine;

/// <summary>
/// Makes engines of one kind on one device. A program chooses its factory in one place, with <see cref="EngineOptions"/>; everything else takes what it is given.
/// </summary>
public interface IEngineFactory
{
    /// <summary>What computes, and how far its numbers can be repeated.</summary>
    EngineIdentity Identity { get; }

    /// <summary>An engine for a network, its masks and the largest batch it will be given. Used by several threads at once.</summary>
    /// <exception cref="ArgumentException">The network cannot run here (the message says why), or the masks belong to another network.</exception>
    IEngine Create(Network network, MaskSet masks, int batchSize);
}
