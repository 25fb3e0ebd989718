namespace SparseCore.Networks;

/// <summary>A tensor of parameters of one node, and where it lies among all values of the network.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Tensor">What the node's operation declares.</param>
/// <param name="Offset">Position of its first value in a block of all parameters.</param>
public sealed record NetworkTensor(string Node, ParameterTensor Tensor, int Offset)
{
    /// <summary>The tensor's name in files, as PyTorch spells it: "conv1.weight", "bn1.running_mean".</summary>
    public string Name => $"{Node}.{Part}";

    /// <summary>PyTorch's word for what the tensor is to its node.</summary>
    public string Part => Tensor.Role switch
    {
        TensorRole.Weight or TensorRole.Scale => "weight",
        TensorRole.Bias or TensorRole.Shift => "bias",
        TensorRole.RunningMean => "running_mean",
        TensorRole.RunningVariance => "running_var",
        _ => throw new InvalidOperationException($"Role {Tensor.Role} has no name in files."),
    };
}
