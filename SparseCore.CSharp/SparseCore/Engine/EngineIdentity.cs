namespace SparseCore.Engine;

/// <summary>What computes a run, and how far its numbers can be repeated.</summary>
/// <param name="Numerics">
/// Name of the arithmetic that decides a run's bits, which plans hold: equal plans give equal results only where it is equal, too. Null is that of the managed CPU
/// engine, which plans do not write.
/// </param>
/// <param name="Device">The device, for people: "cpu", "cuda:0 NVIDIA H200".</param>
/// <param name="Library">What computes there, with its version: "SparseCore.Cpu 0.2.0".</param>
/// <param name="IsReproducible">Whether training again gives the same bits; otherwise replays are compared within a tolerance.</param>
/// <param name="ReadsLossFreely">Whether reading the loss of a step costs nothing; otherwise it is read only where it is logged or saved.</param>
public sealed record EngineIdentity(string? Numerics, string Device, string Library, bool IsReproducible, bool ReadsLossFreely);
