namespace SparseCore.Engine;

/// <summary>A mean over examples.</summary>
/// <param name="Loss">Mean cross-entropy in nats, without L2.</param>
/// <param name="Accuracy">Fraction of examples whose arg-max (lowest index on ties) is the label.</param>
public readonly record struct LossAndAccuracy(double Loss, double Accuracy);
