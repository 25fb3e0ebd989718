using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Tests.Engine;

/// <summary>For what must not ask for an engine.</summary>
internal sealed class NoEngines : IEngineFactory
{
    public EngineIdentity Identity => throw new InvalidOperationException("No engine is expected to be asked for.");

    public IEngine Create(Network network, MaskSet masks, int batchSize) => throw new InvalidOperationException("No engine is expected to be made.");
}
