using SparseCore.Data;
using SparseCore.Networks;
using SparseCore.Numerics;
using SparseCore.Parameters;

namespace SparseCore.Curvature.Tangents;

/// <summary>
/// A network without batch normalization at one point, with a batch of examples: values, probabilities, and the derivatives of the summed loss by every node. Such a
/// network is piecewise linear: which units pass and which win is decided by the examples, and what is left is linear in the weights of any one layer. The values are
/// read by many threads at a time once they are computed.
/// </summary>
internal sealed class TangentNetwork
{
    private readonly int[] widths;
    private readonly TangentStep[] steps;
    private readonly LaneMap[] values;
    private readonly LaneMap[] adjoints;
    private readonly bool[,] follows;
    private readonly float[] example;

    /// <summary>Takes the network at a point.</summary>
    /// <param name="parameters">The point; weights that are 0 cost nothing.</param>
    /// <exception cref="NotSupportedException">The network has batch normalizations.</exception>
    public TangentNetwork(ParameterBlock parameters)
    {
        var network = parameters.Network;
        var places = new Dictionary<string, int>(StringComparer.Ordinal) { [Network.InputName] = 0 };
        widths = [network.Input.Count, .. network.Nodes.Select(node => network.ShapeOf(node.Name).Count)];
        steps = new TangentStep[network.Nodes.Count];
        var layer = 0;
        for (var node = 0; node < steps.Length; node++)
        {
            steps[node] = Step(parameters, network.Nodes[node], places, node + 1, ref layer);
            places.Add(network.Nodes[node].Name, node + 1);
        }

        Layers = [.. steps.OfType<LinearTangent>()];
        values = NewMaps();
        adjoints = NewMaps();
        Probabilities = new LaneMap(Classes);
        example = new float[network.Input.Count];
        follows = new bool[widths.Length, widths.Length];
        for (var node = 0; node < widths.Length; node++)
        {
            follows[node, node] = true;
            for (var before = 0; before < node; before++)
            {
                follows[node, before] = steps[node - 1].Sources.Any(source => follows[source, before]);
            }
        }
    }

    /// <summary>The layers with weights, in execution order.</summary>
    public IReadOnlyList<LinearTangent> Layers { get; }

    /// <summary>Number of outputs.</summary>
    public int Classes => widths[^1];

    /// <summary>Values of all nodes, the input first.</summary>
    public LaneMap[] Values => values;

    /// <summary>The derivatives of the summed cross-entropy by the values of all nodes; 0 in lanes without an example.</summary>
    public LaneMap[] Adjoints => adjoints;

    /// <summary>Softmax of the outputs; 0 in lanes without an example.</summary>
    public LaneMap Probabilities { get; }

    /// <summary>Maps for the rates of change along a direction, one set a thread.</summary>
    public LaneMap[] NewMaps() => [.. widths.Select(width => new LaneMap(width))];

    /// <summary>Whether a node's values depend on those of another, or are they.</summary>
    public bool Follows(int node, int other) => follows[node, other];

    /// <summary>Memory of one set of maps, in bytes.</summary>
    public static long MapBytes(Network network) =>
        sizeof(float) * (long)LaneMap.Lanes * (network.Input.Count + network.Nodes.Sum(node => (long)network.ShapeOf(node.Name).Count));

    /// <summary>Whether a network is piecewise linear: no batch normalization is among its nodes.</summary>
    public static bool CanTake(Network network) => network.Norms.Count == 0;

    /// <summary>Computes everything for some examples.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="first">The first example.</param>
    /// <param name="count">How many, at most <see cref="LaneMap.Lanes"/>.</param>
    public void Forward(Dataset data, int first, int count)
    {
        for (var lane = 0; lane < count; lane++)
        {
            data.Read(first + lane, example);
            for (var unit = 0; unit < example.Length; unit++)
            {
                values[0][unit][lane] = example[unit];
            }
        }

        for (var unit = 0; unit < example.Length; unit++)
        {
            values[0].Revive(unit)[count..].Clear();
        }

        foreach (var step in steps)
        {
            step.Forward(values);
        }

        SetLoss(data, first, count);
        for (var node = steps.Length - 1; node >= 0; node--)
        {
            steps[node].Pull(values, adjoints);
        }
    }

    /// <summary>Computes how fast all nodes change that follow one, from how fast that one does.</summary>
    /// <param name="tangents">Maps of which the node's is set; the others are written.</param>
    /// <param name="node">The node, its index among the maps.</param>
    /// <param name="terms">The caller's own.</param>
    public void Push(LaneMap[] tangents, int node, TermList terms)
    {
        for (var next = 0; next < widths.Length; next++)
        {
            if (next != node)
            {
                tangents[next].Clear();
            }

            if (next > node && follows[next, node])
            {
                steps[next - 1].Push(values, tangents, terms);
            }
        }
    }

    private static TangentStep Step(ParameterBlock parameters, Node node, Dictionary<string, int> places, int target, ref int layer)
    {
        var network = parameters.Network;
        int[] sources = [.. node.Inputs.Select(read => places[read])];
        var (input, output) = (network.ShapeOf(node.Inputs[0]), network.ShapeOf(node.Name));
        var area = input.Height * input.Width;
        switch (node.Operation)
        {
            case Operation.Convolution or Operation.FullyConnected:
                var index = layer++;
                return new LinearTangent(network.Layers[index], index, node.Operation, input, output, parameters.Weights(index), parameters.Biases(index)) { Target = target, Sources = sources };
            case Operation.Relu:
                return new ReluTangent { Target = target, Sources = sources };
            case Operation.MaxPool pool:
                return new MaxPoolTangent(pool, input, output) { Target = target, Sources = sources };
            case Operation.GlobalAveragePool:
                return new SumTangent(output.Count, unit => Enumerable.Range(unit * area, area).Select(read => (0, read)), 1f / area) { Target = target, Sources = sources };
            case Operation.Add:
                return new SumTangent(output.Count, unit => [(0, unit), (1, unit)], 1) { Target = target, Sources = sources };
            case Operation.Flatten:
                return new SumTangent(output.Count, unit => [(0, unit)], 1) { Target = target, Sources = sources };
            default:
                throw new NotSupportedException($"Node '{node.Name}' is a {node.Operation.Kind}, which is not piecewise linear; take the Hessian column by column.");
        }
    }

    /// <summary>Softmax, and the derivative of the cross-entropy by the outputs: p - one-hot.</summary>
    private void SetLoss(Dataset data, int first, int count)
    {
        foreach (var map in adjoints)
        {
            for (var unit = 0; unit < map.Units; unit++)
            {
                map.Revive(unit).Clear();
            }
        }

        var logits = new double[Classes];
        for (var label = 0; label < Classes; label++)
        {
            Probabilities.Revive(label).Clear();
        }

        for (var lane = 0; lane < count; lane++)
        {
            for (var label = 0; label < Classes; label++)
            {
                logits[label] = values[^1][label][lane];
            }

            var (largest, right) = (logits.Max(), data.Label(first + lane));
            var sum = logits.Sum(logit => PortableMath.Exp(logit - largest));
            for (var label = 0; label < Classes; label++)
            {
                var probability = PortableMath.Exp(logits[label] - largest) / sum;
                Probabilities[label][lane] = (float)probability;
                adjoints[^1][label][lane] = (float)(probability - (label == right ? 1 : 0));
            }
        }
    }
}
