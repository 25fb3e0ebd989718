using SparseCore.Engine;

namespace SparseCore.RunFolders;

/// <summary>What run.json says of the engine that trained a run.</summary>
/// <param name="Device">The device, for people.</param>
/// <param name="Library">What computed there, with its version.</param>
public sealed record EngineRecord(string Device, string Library)
{
    /// <summary>The record of an engine.</summary>
    public static EngineRecord Of(EngineIdentity identity) => new(identity.Device, identity.Library);

    /// <summary>The record of a run that began on another device, both named: no device alone repeats its bits.</summary>
    public EngineRecord After(EngineRecord? earlier) => earlier is null || earlier.Device == Device
        ? this
        : this with { Device = earlier.Device.EndsWith($", then {Device}", StringComparison.Ordinal) ? earlier.Device : $"{earlier.Device}, then {Device}" };
}
