using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Tests.Engine;

/// <summary>
/// The engine's twin in double precision: plain loops written from the definitions, one example at a time. Parameters are doubles in the layout
/// of a parameter block.
/// </summary>
internal sealed class ScalarTwin(Network network)
{
    private readonly ParameterBlock layout = new(network);

    /// <summary>Outputs before the softmax of one example.</summary>
    public double[] Logits(double[] parameters, ReadOnlySpan<float> example) => Forward(parameters, example)[^1];

    /// <summary>Mean cross-entropy over examples, in nats.</summary>
    public double Loss(double[] parameters, RandomExamples data, ReadOnlySpan<int> examples)
    {
        var total = 0.0;
        foreach (var example in examples)
        {
            var logits = Logits(parameters, data.Row(example));
            var maximum = logits.Max();
            total += Math.Log(logits.Sum(z => Math.Exp(z - maximum))) + maximum - logits[data.Label(example)];
        }

        return total / examples.Length;
    }

    /// <summary>Gradient of the mean cross-entropy for all parameters.</summary>
    public double[] Gradient(double[] parameters, RandomExamples data, ReadOnlySpan<int> examples)
    {
        var gradient = new double[parameters.Length];
        foreach (var example in examples)
        {
            var values = Forward(parameters, data.Row(example));
            var logits = values[^1];
            var maximum = logits.Max();
            var sum = logits.Sum(z => Math.Exp(z - maximum));
            var count = examples.Length;
            var upstream = logits.Select((z, c) => ((Math.Exp(z - maximum) / sum) - (c == data.Label(example) ? 1 : 0)) / count).ToArray();
            var layer = network.Layers.Count;
            for (var index = network.Nodes.Count - 1; index >= 0; index--)
            {
                var node = network.Nodes[index];
                upstream = Backward(node, ref layer, parameters, values[index], values[index + 1], upstream, gradient);
            }
        }

        return gradient;
    }

    private double[][] Forward(double[] parameters, ReadOnlySpan<float> example)
    {
        var values = new double[network.Nodes.Count + 1][];
        values[0] = new double[example.Length];
        for (var index = 0; index < example.Length; index++)
        {
            values[0][index] = example[index];
        }

        var layer = 0;
        for (var index = 0; index < network.Nodes.Count; index++)
        {
            var node = network.Nodes[index];
            var input = network.ShapeOf(node.Inputs[0]);
            var output = network.ShapeOf(node.Name);
            var x = values[index];
            var y = new double[output.Count];
            switch (node.Operation)
            {
                case Operation.Relu:
                    y = [.. x.Select(value => Math.Max(value, 0))];
                    break;
                case Operation.Flatten:
                    y = x;
                    break;
                case Operation.MaxPool pool:
                    for (var place = 0; place < y.Length; place++)
                    {
                        y[place] = x[ArgMax(x, input, output, pool, place)];
                    }

                    break;
                default:
                    for (var place = 0; place < y.Length; place++)
                    {
                        var channel = place / (output.Height * output.Width);
                        y[place] = network.Layers[layer].HasBias ? parameters[layout.BiasOffset(layer) + channel] : 0;
                    }

                    var target = y;
                    Connections(node.Operation, input, output, layer, (weight, from, to) => target[to] += parameters[weight] * x[from]);
                    layer++;
                    break;
            }

            values[index + 1] = y;
        }

        return values;
    }

    private double[] Backward(Node node, ref int layer, double[] parameters, double[] x, double[] y, double[] upstream, double[] gradient)
    {
        var input = network.ShapeOf(node.Inputs[0]);
        var output = network.ShapeOf(node.Name);
        var result = new double[x.Length];
        switch (node.Operation)
        {
            case Operation.Relu:
                return [.. upstream.Select((value, index) => x[index] > 0 ? value : 0)];
            case Operation.Flatten:
                return upstream;
            case Operation.MaxPool pool:
                for (var place = 0; place < y.Length; place++)
                {
                    result[ArgMax(x, input, output, pool, place)] += upstream[place];
                }

                return result;
            default:
                layer--;
                if (network.Layers[layer].HasBias)
                {
                    for (var place = 0; place < y.Length; place++)
                    {
                        gradient[layout.BiasOffset(layer) + (place / (output.Height * output.Width))] += upstream[place];
                    }
                }

                Connections(node.Operation, input, output, layer, (weight, from, to) =>
                {
                    gradient[weight] += x[from] * upstream[to];
                    result[from] += parameters[weight] * upstream[to];
                });
                return result;
        }
    }

    private static int ArgMax(double[] x, Shape input, Shape output, Operation.MaxPool pool, int place)
    {
        var channel = place / (output.Height * output.Width);
        var row = place / output.Width % output.Height * pool.Stride;
        var column = place % output.Width * pool.Stride;
        var best = -1;
        for (var r = 0; r < pool.Size; r++)
        {
            for (var c = 0; c < pool.Size; c++)
            {
                var candidate = (((channel * input.Height) + row + r) * input.Width) + column + c;
                best = best < 0 || x[candidate] > x[best] ? candidate : best;
            }
        }

        return best;
    }

    private void Connections(Operation operation, Shape input, Shape output, int layer, Action<int, int, int> visit)
    {
        var start = layout.WeightOffset(layer);
        if (operation is Operation.FullyConnected)
        {
            for (var to = 0; to < output.Count; to++)
            {
                for (var from = 0; from < input.Count; from++)
                {
                    visit(start + (to * input.Count) + from, from, to);
                }
            }

            return;
        }

        var convolution = (Operation.Convolution)operation;
        var weight = start;
        for (var o = 0; o < output.Channels; o++)
        {
            for (var i = 0; i < input.Channels; i++)
            {
                for (var r = 0; r < convolution.KernelHeight; r++)
                {
                    for (var c = 0; c < convolution.KernelWidth; c++, weight++)
                    {
                        for (var y = 0; y < output.Height; y++)
                        {
                            for (var x = 0; x < output.Width; x++)
                            {
                                var row = (y * convolution.Stride) + r - convolution.Padding;
                                var column = (x * convolution.Stride) + c - convolution.Padding;
                                if (row >= 0 && row < input.Height && column >= 0 && column < input.Width)
                                {
                                    visit(
                                        weight,
                                        (((i * input.Height) + row) * input.Width) + column,
                                        (((o * output.Height) + y) * output.Width) + x);
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
