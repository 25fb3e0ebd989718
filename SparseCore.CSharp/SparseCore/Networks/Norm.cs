namespace SparseCore.Networks;

/// <summary>A batch normalization, seen as parameters: a trained scale and shift, and a running mean and variance, for every channel.</summary>
/// <param name="Name">The node's name, for example "bn1".</param>
/// <param name="Channels">Channels of its input.</param>
/// <param name="Epsilon">Added to the variance.</param>
/// <param name="Decay">Share of the running statistics that a training step keeps.</param>
/// <param name="InitialScale">Scale before training.</param>
public sealed record Norm(string Name, int Channels, double Epsilon, double Decay, double InitialScale);
