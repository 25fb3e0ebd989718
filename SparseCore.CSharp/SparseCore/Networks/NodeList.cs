namespace SparseCore.Networks;

/// <summary>The nodes of a network that is being described; every addition returns the new node's name, which the next one reads.</summary>
internal sealed class NodeList
{
    private readonly List<Node> nodes = [];

    /// <summary>All nodes so far, in execution order.</summary>
    public IReadOnlyList<Node> Nodes => nodes;

    /// <summary>Adds a node.</summary>
    public string Add(string name, Operation operation, params IReadOnlyList<string> inputs)
    {
        nodes.Add(new Node(name, operation, inputs));
        return name;
    }

    /// <summary>Adds a convolution and a batch normalization of what it gives.</summary>
    public string AddNormalized(string convolution, string norm, Operation.Convolution operation, string source, double initialScale = 1) =>
        Add(norm, new Operation.BatchNorm(InitialScale: initialScale), Add(convolution, operation, source));
}
