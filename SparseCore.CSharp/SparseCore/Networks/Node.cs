namespace SparseCore.Networks;

/// <summary>One operation of the graph, the names of the nodes it reads, and (after validation) its shapes.</summary>
/// <param name="Name">Unique within the network; "input" is reserved for the examples.</param>
/// <param name="Operation">What is computed.</param>
/// <param name="Inputs">Names of earlier nodes, or "input".</param>
public sealed record Node(string Name, Operation Operation, params IReadOnlyList<string> Inputs);
