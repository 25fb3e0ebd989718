using SparseCore.Networks;

namespace SparseCore.Cpu;

/// <summary>Nodes that run as one stage.</summary>
/// <param name="Nodes">In order; the first decides the kind of stage.</param>
/// <param name="Input">The tensor the first node reads.</param>
/// <param name="Residual">The tensor that a residual sum among them adds; -1 where there is none.</param>
internal sealed record NodeGroup(IReadOnlyList<Node> Nodes, int Input, int Residual)
{
    /// <summary>Whether the group's output is that of a ReLU (or of a pool after one).</summary>
    public bool HasRelu => Nodes.Any(node => node.Operation is Operation.Relu);

    /// <summary>Size of the pool among the nodes; 1 for none.</summary>
    public int Pool => Nodes.Select(node => node.Operation).OfType<Operation.MaxPool>().FirstOrDefault()?.Size ?? 1;
}
