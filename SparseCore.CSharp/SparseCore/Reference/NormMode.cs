namespace SparseCore.Reference;

/// <summary>What batch normalizations subtract and divide by.</summary>
public enum NormMode
{
    /// <summary>Mean and biased variance of all examples given, over rows and columns too: training. Gradients go through them.</summary>
    Batch,

    /// <summary>The running statistics among the parameters, which are constants: evaluation.</summary>
    Running,
}
