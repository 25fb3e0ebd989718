using SparseCore.Networks;

namespace SparseCore.Cpu;

/// <summary>
/// Which nodes of a network run as one stage: a layer with the ReLU and the small max-pool that follow it, a batch normalization or residual sum with
/// what follows it; Flatten only renames. Groups are ordered by their last node. Tensor 0 is the examples, tensor g + 1 the output of group g.
/// </summary>
internal sealed class NodeGroups
{
    private const int LargestFusedPool = 15; // positions within a window are stored as bytes
    private const int LargestFusedRows = 65536; // floats of the input rows under a row of windows: a quarter of a MiB
    private readonly Network network;
    private readonly bool fusesLayers;
    private readonly List<NodeGroup> groups = [];
    private readonly Dictionary<string, int> tensors = new(StringComparer.Ordinal) { [Network.InputName] = 0 };
    private readonly List<List<Node>> readers = [];

    private NodeGroups(Network network, bool fusesLayers)
    {
        this.network = network;
        this.fusesLayers = fusesLayers;
        var source = network.Nodes.Where(node => node.Operation is Operation.Flatten).ToDictionary(node => node.Name, node => node.Inputs[0], StringComparer.Ordinal);
        string Real(string name) => source.TryGetValue(name, out var renamed) ? Real(renamed) : name;
        RequireReaders(network, Real);
        var nodes = network.Nodes.Where(node => node.Operation is not Operation.Flatten).ToList();
        var readersOf = nodes.SelectMany(node => node.Inputs.Select(input => (Name: Real(input), Node: node))).ToLookup(pair => pair.Name, pair => pair.Node, StringComparer.Ordinal);
        var last = Real(network.Nodes[^1].Name);
        var open = new List<List<Node>>();
        foreach (var node in nodes)
        {
            if (readersOf[node.Name].FirstOrDefault() is null && node.Name != last)
            {
                throw new ArgumentException($"No node of network '{network.Name}' reads '{node.Name}', which is not the last; leave it out.");
            }

            // Only a node that nothing else reads can vanish in a group.
            var current = open.Find(group => group[^1].Name == Real(node.Inputs[0]));
            if (current is not null && readersOf[current[^1].Name].Count() == 1 && Fuses(current, node))
            {
                current.Add(node);
                open.Remove(current);
                open.Add(current);
            }
            else
            {
                open.Add([node]);
            }
        }

        foreach (var members in open)
        {
            tensors[members[^1].Name] = tensors.Count;
        }

        foreach (var members in open)
        {
            var sum = members.FirstOrDefault(node => node.Operation is Operation.Add);
            groups.Add(new NodeGroup(members, tensors[Real(members[0].Inputs[0])], sum is null ? -1 : tensors[Real(sum.Inputs[1])]));
        }

        readers.AddRange(Enumerable.Range(0, groups.Count + 1).Select(_ => new List<Node>()));
        foreach (var group in groups)
        {
            readers[group.Input].Add(group.Nodes[0]);
            if (group.Residual >= 0)
            {
                readers[group.Residual].Add(group.Nodes.First(node => node.Operation is Operation.Add));
            }
        }
    }

    /// <summary>Number of groups.</summary>
    public int Count => groups.Count;

    /// <summary>One group.</summary>
    public NodeGroup this[int group] => groups[group];

    /// <summary>Groups the nodes of a network.</summary>
    /// <param name="network">The network.</param>
    /// <param name="fusesLayers">Whether a layer takes the ReLU and the pool that follow it into its group.</param>
    /// <exception cref="ArgumentException">
    /// A node's output is read by none although it is not the last, or something other than a fully connected layer reads a flattened map.
    /// </exception>
    public static NodeGroups Of(Network network, bool fusesLayers = true) => new(network, fusesLayers);

    /// <summary>Shape of a tensor.</summary>
    public Shape ShapeOf(int tensor) => network.ShapeOf(tensor == 0 ? Network.InputName : groups[tensor - 1].Nodes[^1].Name);

    /// <summary>The nodes that read a tensor.</summary>
    public IReadOnlyList<Node> ReadersOf(int tensor) => readers[tensor];

    /// <summary>For every tensor the last group that reads it; -1 for the output.</summary>
    public int[] LastReaders()
    {
        var last = new int[groups.Count + 1];
        Array.Fill(last, -1);
        for (var group = 0; group < groups.Count; group++)
        {
            last[groups[group].Input] = group;
            if (groups[group].Residual >= 0)
            {
                last[groups[group].Residual] = group;
            }
        }

        return last;
    }

    /// <summary>
    /// A Flatten leaves a map as it lies; only fully connected layers know where its features are. To anything else they would have to be channels.
    /// </summary>
    private static void RequireReaders(Network network, Func<string, string> real)
    {
        foreach (var node in network.Nodes.Where(node => node.Operation is not (Operation.Flatten or Operation.FullyConnected)))
        {
            if (node.Inputs.FirstOrDefault(input => real(input) != input && network.ShapeOf(real(input)) is not { Height: 1, Width: 1 }) is { } flat)
            {
                throw new ArgumentException(
                    $"The CPU engine runs fully connected layers behind the flattened map '{flat}' {network.ShapeOf(real(flat))}, found the {node.Operation.Kind} '{node.Name}' of network '{network.Name}'. Put it before the flatten, or use engine=torch.");
            }
        }
    }

    /// <summary>Whether a node runs in the stage of the group that it reads. What is not named here has a stage of its own.</summary>
    private bool Fuses(List<Node> group, Node node)
    {
        var isLayer = group[0].Operation is Operation.Convolution or Operation.FullyConnected;
        if (isLayer && !fusesLayers)
        {
            return false;
        }

        var isRelu = group[^1].Operation is Operation.Relu;
        return node.Operation switch
        {
            Operation.Relu => group[0].Operation is not (Operation.MaxPool or Operation.GlobalAveragePool or Operation.Relu) && !isRelu && !HasPool(group),
            Operation.Add => group[0].Operation is Operation.BatchNorm && group.Count == 1,
            Operation.MaxPool { Size: > 1 and <= LargestFusedPool, Padding: 0 } pool =>
                isLayer && pool.Size == pool.Stride && group[0].Operation is Operation.Convolution && !HasPool(group) && RowsUnder(group[0], pool) <= LargestFusedRows,
            _ => false,
        };
    }

    private static bool HasPool(List<Node> group) => group.Exists(node => node.Operation is Operation.MaxPool);

    /// <summary>
    /// Floats of one block's input that one row of pooling windows meets. Where they leave L2, the kernels that take the input
    /// in parts are better, and those know no pool.
    /// </summary>
    private long RowsUnder(Node node, Operation.MaxPool pool)
    {
        var convolution = (Operation.Convolution)node.Operation;
        var input = network.ShapeOf(node.Inputs[0]);
        return (long)input.Channels * (convolution.KernelHeight + pool.Size - 1) * (input.Width + (2 * convolution.Padding)) * Kernels.Lanes.Width;
    }
}
