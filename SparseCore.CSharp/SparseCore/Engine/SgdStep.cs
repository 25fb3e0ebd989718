namespace SparseCore.Engine;

/// <summary>
/// One update of SGD with momentum: g = gradient + 2 * L2 * w for weights (biases: gradient); v = Momentum * v - LearningRate * g; w = w + v
/// (Nesterov: w = w + Momentum * v - LearningRate * g).
/// </summary>
/// <param name="LearningRate">Step size.</param>
/// <param name="Momentum">Fraction of the previous update that is kept.</param>
/// <param name="L2">Coefficient c of the penalty c * sum(w^2) over active weights (Keras' convention).</param>
/// <param name="Nesterov">Nesterov's form.</param>
/// <param name="LabelSmoothing">Share a of every label that is spread evenly over all classes (Szegedy et al. 2016): target (1 - a) one-hot + a / classes.</param>
public readonly record struct SgdStep(float LearningRate, float Momentum, float L2, bool Nesterov = false, float LabelSmoothing = 0);
