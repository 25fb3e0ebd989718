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
        foreach (var node in nodes)
        {
            if (node.Inputs.Count != 1)
            {
                throw new ArgumentException($"Node '{node.Name}' of network '{name}' reads {node.Inputs.Count} nodes; {node.Operation.GetType().Name} reads exactly 1.");
            }

            if (!shapes.TryGetValue(node.Inputs[0], out var source))
            {
                throw new ArgumentException($"Node '{node.Name}' of network '{name}' reads '{node.Inputs[0]}', which is not an earlier node. Earlier nodes: {string.Join(", ", shapes.Keys)}.");
            }

            var (shape, layer) = Infer(node, source);
            if (!shapes.TryAdd(node.Name, shape))
            {
                throw new ArgumentException($"Network '{name}' has two nodes named '{node.Name}'; names must be unique.");
            }

            if (layer is not null)
            {
                layers.Add(layer);
            }
        }

        var parameters = layers.Sum(layer => ((long)layer.Outputs * layer.Inputs * layer.KernelArea) + layer.BiasCount);
        if (parameters > Array.MaxLength)
        {
            throw new ArgumentException($"Network '{name}' has {parameters} parameters; at most {Array.MaxLength} fit into one block.");
        }

        Layers = layers;
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

    /// <summary>All weights and biases.</summary>
    public int ParameterCount => Layers.Sum(layer => layer.WeightCount + layer.BiasCount);

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
                    if (source.Height < pool.Size || source.Width < pool.Size)
                    {
                        throw new ArgumentException($"Node '{node.Name}': a {pool.Size}x{pool.Size} window does not fit the input {source} from '{node.Inputs[0]}'.");
                    }

                    return (new Shape(source.Channels, ((source.Height - pool.Size) / pool.Stride) + 1, ((source.Width - pool.Size) / pool.Stride) + 1), null);
                }

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
