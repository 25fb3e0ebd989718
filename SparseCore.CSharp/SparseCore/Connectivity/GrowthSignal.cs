namespace SparseCore.Connectivity;

/// <summary>What a growth score has to see besides the weights; the cost of a run depends on it.</summary>
public enum GrowthSignal
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The dense gradient at the moment of the update.</summary>
    Gradient,

    /// <summary>An exponential mean of the dense gradients of all steps; every step then costs a dense gradient.</summary>
    GradientMean,
}
