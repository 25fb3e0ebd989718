namespace SparseCore.Networks;

/// <summary>
/// A pure description of a network: a directed acyclic graph of operations with inferred shapes. It holds no weights; the last node is the output.
/// </summary>
public sealed class Network
{
    /// <summary>The reserved name by which nodes refer to the examples.</summary>
    public const string InputName = "input";

    /// <summary>Most values of one example's activations, the input and all nodes together: 2^30.</summary>
    public const int MostActivations = 1 << 30;

    private const int ListedNodes = 20;

    private readonly Dictionary<string, Shape> shapes = new(StringComparer.Ordinal);

    /// <summary>Validates the graph and infers every shape.</summary>
    /// <param name="name">A readable name, for example "lenet5".</param>
    /// <param name="input">Shape of one example.</param>
    /// <param name="nodes">In execution order: a node may only read "input" and nodes before it.</param>
    /// <exception cref="ArgumentException">A name is repeated or unknown, two shapes do not fit (the message names both), or the network is too large.</exception>
    public Network(string name, Shape input, IReadOnlyList<Node> nodes)
    {
        if (input.Channels < 1 || input.Height < 1 || input.Width < 1)
        {
            throw new ArgumentException($"Network '{name}': the input shape must be positive in every dimension, found {input}.");
        }

        if (nodes.Count == 0)
        {
            throw new ArgumentException($"Network '{name}' has no nodes; it needs at least one.");
        }

        Name = name;
        Input = input;
        Nodes = [.. nodes];
        shapes[InputName] = input;
        var (layers, norms) = (new List<Layer>(), new List<Norm>());
        var declared = new List<(string Node, ParameterTensor Tensor)>();
        var activations = Values(input);
        foreach (var node in Nodes)
        {
            RequireReads(node);
            RequireActivations(activations);
            var source = shapes[node.Inputs[0]];
            var shape = node.Operation.OutputShape(node, [.. node.Inputs.Select(read => shapes[read])]);
            activations += Values(shape);
            if (!shapes.TryAdd(node.Name, shape))
            {
                throw new ArgumentException($"Network '{name}' has two nodes named '{node.Name}'; names must be unique.");
            }

            var tensors = node.Operation.Tensors(source);
            declared.AddRange(tensors.Select(tensor => (node.Name, tensor)));
            if (tensors.FirstOrDefault(tensor => tensor.IsMasked) is { } weights)
            {
                layers.Add(LayerOf(node.Name, weights.Shape, tensors.Any(tensor => tensor.Role == TensorRole.Bias), shape.Height * shape.Width));
            }

            if (node.Operation is Operation.BatchNorm norm)
            {
                norms.Add(new Norm(node.Name, shape.Channels, norm.Epsilon, norm.Decay, norm.InitialScale));
            }
        }

        RequireActivations(activations);
        var parameters = declared.Aggregate((Int128)0, (sum, entry) => sum + entry.Tensor.Count);
        if (parameters > Array.MaxLength)
        {
            throw new ArgumentException($"Network '{name}' has {parameters} parameters; at most {Array.MaxLength} fit into one block.");
        }

        Layers = layers;
        Norms = norms;
        Output = shapes[Nodes[^1].Name];
        var offset = 0;
        Tensors = [.. declared.OrderBy(entry => Section(entry.Tensor.Role)).Select(entry => Placed(entry.Node, entry.Tensor))];
        TensorsByNode = [.. Tensors.GroupBy(tensor => tensor.Node)];
        ValueCount = offset;
        ParameterCount = Tensors.Where(tensor => tensor.Tensor.IsTrained).Sum(tensor => (int)tensor.Tensor.Count);

        NetworkTensor Placed(string node, ParameterTensor tensor)
        {
            var placed = new NetworkTensor(node, tensor, offset);
            offset += (int)tensor.Count;
            return placed;
        }
    }

    /// <summary>A readable name.</summary>
    public string Name { get; }

    /// <summary>Shape of one example.</summary>
    public Shape Input { get; }

    /// <summary>Shape of one output; for a classifier [classes].</summary>
    public Shape Output { get; }

    /// <summary>All nodes in execution order.</summary>
    public IReadOnlyList<Node> Nodes { get; }

    /// <summary>The nodes that have weights, in execution order. A mask exists for each.</summary>
    public IReadOnlyList<Layer> Layers { get; }

    /// <summary>The batch normalizations, in execution order. Their scales and shifts are never masked.</summary>
    public IReadOnlyList<Norm> Norms { get; }

    /// <summary>
    /// All tensors of parameters, in the order in which a block of all values holds them: weights and biases node by node, then scales and shifts, then the
    /// running statistics, which are not trained.
    /// </summary>
    public IReadOnlyList<NetworkTensor> Tensors { get; }

    /// <summary>The same tensors a node at a time, in the order of files: the nodes of <see cref="Layers"/>, then those of <see cref="Norms"/>.</summary>
    public IReadOnlyList<IGrouping<string, NetworkTensor>> TensorsByNode { get; }

    /// <summary>All that is trained: weights, biases, and the scales and shifts of batch normalizations.</summary>
    public int ParameterCount { get; }

    /// <summary>Parameters and the running statistics of batch normalizations.</summary>
    public int ValueCount { get; }

    /// <summary>The shape a node produces.</summary>
    public Shape ShapeOf(string node) => shapes[node];

    private static Int128 Values(Shape shape) => (Int128)shape.Channels * shape.Height * shape.Width;

    private static Layer LayerOf(string node, IReadOnlyList<int> weights, bool hasBias, int positions) => weights is [var outputs, var inputs, var height, var width]
        ? new Layer(node, outputs, inputs, height, width, hasBias, positions, IsConvolution: true)
        : new Layer(node, weights[0], weights[1], 1, 1, hasBias, positions, IsConvolution: false);

    /// <summary>The part of a block that holds a tensor.</summary>
    private static int Section(TensorRole role) => role switch
    {
        TensorRole.Weight or TensorRole.Bias => 0,
        TensorRole.Scale or TensorRole.Shift => 1,
        TensorRole.RunningMean or TensorRole.RunningVariance => 2,
        _ => throw new ArgumentException($"A tensor of parameters has the unknown role {role}."),
    };

    private void RequireReads(Node node)
    {
        if (node?.Name is null || node.Operation is null || node.Inputs is null || node.Inputs.Contains(null))
        {
            throw new ArgumentException($"Network '{Name}' has an incomplete node; every node needs a name, an operation and the names of the nodes it reads.");
        }

        if (node.Name.Length is 0 or > 100 || node.Name.StartsWith("state.", StringComparison.Ordinal)
            || !node.Name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.' or '_'))
        {
            throw new ArgumentException(
                $"Network '{Name}' has a node named '{ForeignText.Show(node.Name)}'; a node needs a name of letters, digits, dots, dashes and underscores that does not begin with 'state.', as checkpoints name tensors after it.");
        }

        if (node.Inputs.Count != node.Operation.InputCount)
        {
            throw new ArgumentException(
                $"Node '{node.Name}' of network '{Name}' reads {node.Inputs.Count} nodes; {node.Operation.GetType().Name} reads exactly {node.Operation.InputCount}.");
        }

        foreach (var read in node.Inputs)
        {
            if (!shapes.ContainsKey(read))
            {
                var earlier = string.Join(", ", shapes.Keys.Take(ListedNodes)) + (shapes.Count > ListedNodes ? ", ..." : "");
                throw new ArgumentException($"Node '{node.Name}' of network '{Name}' reads '{ForeignText.Show(read)}', which is not an earlier node. Earlier nodes: {earlier}.");
            }
        }
    }

    private void RequireActivations(Int128 activations)
    {
        if (activations > MostActivations)
        {
            throw new ArgumentException($"Network '{Name}' has {activations} or more values of activations for one example; at most {MostActivations} are allowed.");
        }
    }
}
