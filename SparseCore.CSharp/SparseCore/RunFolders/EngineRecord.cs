using SparseCore.Engine;

namespace SparseCore.RunFolders;

/// <summary>What run.json says of the engine that trained a run.</summary>
/// <param name="Device">The device, for people.</param>
/// <param name="Library">What computed there, with its version.</param>
public sealed record EngineRecord(string Device, string Library)
{
    /// <summary>The record of an engine.</summary>
    public static EngineRecord Of(EngineIdentity identity) => new(identity.Device, identity.Library);
}
