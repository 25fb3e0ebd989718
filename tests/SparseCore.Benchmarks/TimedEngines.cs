using SparseCore.Cpu;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Benchmarks;

/// <summary>CPU engines on one thread that add up how long each kind of work takes.</summary>
internal sealed class TimedEngines(IDictionary<string, double> seconds) : IEngineFactory
{
    private readonly CpuEngineFactory engines = new(new EngineOptions());

    public EngineIdentity Identity => engines.Identity;

    public IEngine Create(Network network, MaskSet masks, int batchSize) => new TimedEngine(engines.Create(network, masks, batchSize), seconds);
}
