namespace SparseCore.Networks;

/// <summary>
/// A pure description of a network: a directed acyclic graph of operations with inferred shapes. It holds no weights; the last node is the output.
/// </summary>
public sealed class Network
{
    /// <summary>The reserved name by which nodes refer to the examples.</summary>
    public const string InputName = "input";

    private readonly Dictionary<string, Shape> shapes = new(StringComparer.Ordinal);

    /// <summary>Validates the graph and infers every shape.</summary>
    /// <param name="name">A readable name, for example "lenet5".</param>
    /// <param name="input">Shape of one example.</param>
    /// <param name="nodes">In execution order: a node may only read "input" and nodes before it.</param>
    /// <exception cref="ArgumentException">A name is repeated or unknown, or two shapes do not fit; the message names both.</exception>
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
        var layers = new List<Layer>();
        var norms = new List<Norm>();
        foreach (var node in nodes)
        {
            var reads = node.Operation is Operation.Add ? 2 : 1;
            if (node.Inputs.Count != reads)
            {
                throw new ArgumentException($"Node '{node.Name}' of network '{name}' reads {node.Inputs.Count} nodes; {node.Operation.GetType().Name} reads exactly {reads}.");
            }

            foreach (var read in node.Inputs)
            {
                if (!shapes.ContainsKey(read))
                {
                    throw new ArgumentException($"Node '{node.Name}' of network '{name}' reads '{read}', which is not an earlier node. Earlier nodes: {string.Join(", ", shapes.Keys)}.");
                }
            }

            var (shape, layer) = Infer(node, shapes[node.Inputs[0]]);
            if (!shapes.TryAdd(node.Name, shape))
            {
                throw new ArgumentException($"Network '{name}' has two nodes named '{node.Name}'; names must be unique.");
            }

            if (layer is not null)
            {
                layers.Add(layer);
            }

            if (node.Operation is Operation.BatchNorm norm)
            {
                norms.Add(new Norm(node.Name, shape.Channels, norm.Epsilon, norm.Decay, norm.InitialScale));
            }
        }

        var parameters = layers.Sum(layer => ((long)layer.Outputs * layer.Inputs * layer.KernelArea) + layer.BiasCount) + norms.Sum(norm => 4L * norm.Channels);
        if (parameters > Array.MaxLength)
        {
            throw new ArgumentException($"Network '{name}' has {parameters} parameters; at most {Array.MaxLength} fit into one block.");
        }

        Layers = layers;
        Norms = norms;
        Output = shapes[nodes[^1].Name];
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

    /// <summary>The batch normalisations, in execution order. Their scales and shifts are never masked.</summary>
    public IReadOnlyList<Norm> Norms { get; }

    /// <summary>All that is trained: weights, biases, and the scales and shifts of batch normalisations.</summary>
    public int ParameterCount => Layers.Sum(layer => layer.WeightCount + layer.BiasCount) + Norms.Sum(norm => 2 * norm.Channels);

    /// <summary>Parameters and the running statistics of batch normalisations.</summary>
    public int ValueCount => ParameterCount + Norms.Sum(norm => 2 * norm.Channels);

    /// <summary>The shape a node produces.</summary>
    public Shape ShapeOf(string node) => shapes[node];

    private (Shape Shape, Layer? Layer) Infer(Node node, Shape source)
    {
        switch (node.Operation)
        {
            case Operation.Convolution convolution:
                {
                    RequirePositive(node, convolution.OutputChannels, convolution.KernelHeight, convolution.KernelWidth, convolution.Stride);
                    if (convolution.Padding < 0)
                    {
                        throw new ArgumentException($"Node '{node.Name}' has padding {convolution.Padding}; it must be 0 or more.");
                    }

                    var rows = ((source.Height + (2 * convolution.Padding) - convolution.KernelHeight) / convolution.Stride) + 1;
                    var columns = ((source.Width + (2 * convolution.Padding) - convolution.KernelWidth) / convolution.Stride) + 1;
                    if (source.Height + (2 * convolution.Padding) < convolution.KernelHeight || source.Width + (2 * convolution.Padding) < convolution.KernelWidth)
                    {
                        throw new ArgumentException(
                            $"Node '{node.Name}': a {convolution.KernelHeight}x{convolution.KernelWidth} kernel with padding {convolution.Padding} does not fit the input {source} from '{node.Inputs[0]}'.");
                    }

                    var layer = new Layer(
                        node.Name, convolution.OutputChannels, source.Channels, convolution.KernelHeight, convolution.KernelWidth, convolution.HasBias, rows * columns, IsConvolution: true);
                    return (new Shape(convolution.OutputChannels, rows, columns), layer);
                }

            case Operation.FullyConnected fullyConnected:
                {
                    RequirePositive(node, fullyConnected.Outputs);
                    if (source.Height != 1 || source.Width != 1)
                    {
                        throw new ArgumentException($"Node '{node.Name}' needs a vector [n], but '{node.Inputs[0]}' gives {source}; put a Flatten between them.");
                    }

                    return (Shape.Vector(fullyConnected.Outputs), new Layer(node.Name, fullyConnected.Outputs, source.Channels, 1, 1, fullyConnected.HasBias, 1, IsConvolution: false));
                }

            case Operation.Relu:
                return (source, null);
            case Operation.MaxPool pool:
                {
                    RequirePositive(node, pool.Size, pool.Stride);
                    if (pool.Padding < 0 || 2 * pool.Padding > pool.Size)
                    {
                        throw new ArgumentException($"Node '{node.Name}' has padding {pool.Padding}; a {pool.Size}x{pool.Size} window takes 0 to {pool.Size / 2}.");
                    }

                    var (height, width) = (source.Height + (2 * pool.Padding) - pool.Size, source.Width + (2 * pool.Padding) - pool.Size);
                    if (height < 0 || width < 0)
                    {
                        throw new ArgumentException($"Node '{node.Name}': a {pool.Size}x{pool.Size} window does not fit the input {source} from '{node.Inputs[0]}'.");
                    }

                    return (new Shape(source.Channels, (height / pool.Stride) + 1, (width / pool.Stride) + 1), null);
                }

            case Operation.GlobalAveragePool:
                return (Shape.Vector(source.Channels), null);
            case Operation.Add:
                {
                    var other = shapes[node.Inputs[1]];
                    return other == source
                        ? (source, null)
                        : throw new ArgumentException($"Node '{node.Name}' adds {source} from '{node.Inputs[0]}' and {other} from '{node.Inputs[1]}'; the shapes must be equal.");
                }

            case Operation.BatchNorm norm:
                return norm.Epsilon > 0 && norm.Decay is >= 0 and <= 1 && double.IsFinite(norm.InitialScale)
                    ? (source, null)
                    : throw new ArgumentException($"Node '{node.Name}' has epsilon {norm.Epsilon}, decay {norm.Decay} and initial scale {norm.InitialScale}; expected above 0, 0 to 1, and a finite number.");

            case Operation.Flatten:
                return (Shape.Vector(source.Count), null);
            default:
                throw new ArgumentException($"Node '{node.Name}' has the unknown operation {node.Operation.GetType().Name}.");
        }
    }

    private void RequirePositive(Node node, params ReadOnlySpan<int> sizes)
    {
        foreach (var size in sizes)
        {
            if (size < 1)
            {
                throw new ArgumentException($"Node '{node.Name}' of network '{Name}' has the size {size}; every size must be 1 or more.");
            }
        }
    }
}
