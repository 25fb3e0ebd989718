namespace SparseCore.Networks;

/// <summary>A tensor of parameters of one node, and where it lies among all values of the network.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Tensor">What the node's operation declares.</param>
/// <param name="Offset">Position of its first value in a block of all parameters.</param>
public sealed record NetworkTensor(string Node, ParameterTensor Tensor, int Offset);
