namespace SparseCore.Engine;

/// <summary>Which weights a gradient is wanted for.</summary>
public enum GradientScope
{
    /// <summary>Active weights and biases; the cost follows the density.</summary>
    Active,

    /// <summary>All weights and biases, masked ones included (growth scores).</summary>
    Dense,
}
