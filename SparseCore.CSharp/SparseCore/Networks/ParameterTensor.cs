namespace SparseCore.Networks;

/// <summary>One tensor of parameters that an operation declares.</summary>
/// <param name="Role">What it is to the operation.</param>
/// <param name="Shape">Its shape, in PyTorch's order.</param>
public sealed record ParameterTensor(TensorRole Role, params IReadOnlyList<int> Shape)
{
    /// <summary>Whether a mask selects among its values.</summary>
    public bool IsMasked => Role == TensorRole.Weight;

    /// <summary>Whether training steps change it by its gradient.</summary>
    public bool IsTrained => Role is not (TensorRole.RunningMean or TensorRole.RunningVariance);

    /// <summary>Number of values, which may exceed what one block holds.</summary>
    public Int128 Count => Shape.Aggregate((Int128)1, (product, size) => product * size);
}
