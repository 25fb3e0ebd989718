namespace SparseCore.Measurement;

/// <summary>Size of the gradient over active weights and biases.</summary>
/// <param name="Norm">L2 norm, what the paper's figures show.</param>
/// <param name="SquaredNorm">Its square, the paper's definition of gradient flow: to first order the loss's decrease per unit of learning rate.</param>
public readonly record struct GradientNorm(double Norm, double SquaredNorm);
