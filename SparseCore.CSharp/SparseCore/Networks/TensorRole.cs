namespace SparseCore.Networks;

/// <summary>What a tensor of parameters is to its operation.</summary>
public enum TensorRole
{
    /// <summary>Weights, the only parameters that masks select from. Shape [outputs, inputs], of convolutions [outputs, inputs, kernel height, kernel width].</summary>
    Weight,

    /// <summary>A number added to every output. Shape [outputs].</summary>
    Bias,

    /// <summary>The factor of a normalized channel. Shape [channels].</summary>
    Scale,

    /// <summary>The number added to a normalized channel. Shape [channels].</summary>
    Shift,

    /// <summary>The mean that evaluation takes for a channel; not trained. Shape [channels].</summary>
    RunningMean,

    /// <summary>The variance that evaluation takes for a channel; not trained. Shape [channels].</summary>
    RunningVariance,
}
