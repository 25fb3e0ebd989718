using SparseCore.Schedules;

namespace SparseCore.Plans;

/// <summary>Stochastic gradient descent.</summary>
/// <param name="LearningRate">Step to learning rate.</param>
/// <param name="Momentum">Fraction of the previous update that is kept.</param>
/// <param name="Nesterov">Nesterov's form of momentum.</param>
/// <param name="L2">Coefficient c of c * sum(w^2) over active weights, biases and batch normalizations excluded (Keras' convention, as in the
/// paper's MNIST code). Weight decay d in the other convention, d / 2 * sum(w^2), is c = d / 2: the paper's 1e-4 on ImageNet is 5e-5 here.</param>
public sealed record OptimizerPlan(LearningRateSchedule LearningRate, double Momentum, bool Nesterov, double L2);
