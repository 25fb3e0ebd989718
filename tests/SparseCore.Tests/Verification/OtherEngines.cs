using SparseCore.Engine;
using SparseCore.Faults;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Tests.Verification;

/// <summary>Makes engines that promise no bits.</summary>
/// <param name="stretch">Factor of every step's length; 1 where it computes as the CPU engine does.</param>
internal sealed class OtherEngines(float stretch) : IEngineFactory
{
    public const string Numerics = "other float32";

    public EngineIdentity Identity { get; } = new(Numerics, "other:0", "Other 1.0", IsReproducible: false, ReadsLossFreely: false);

    public IEngine Create(Network network, MaskSet masks, int batchSize) => new OtherEngine(ToyRuns.Engine(1).Create(network, masks, batchSize), stretch);
}
