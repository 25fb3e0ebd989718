using SparseCore.Networks;
using SparseCore.Numerics;
using SparseCore.Parameters;

namespace SparseCore.Reference;

/// <summary>
/// A network in double precision, one example at a time, with plain loops: the twin against which the engine is tested, and the source of exact
/// Hessian-vector products. Parameters and everything shaped like them are arrays in the layout of <see cref="ParameterBlock"/>; masks are implied by
/// weights that are 0. The same bits on every machine. Used by one thread at a time.
/// </summary>
public sealed class DoubleNetwork
{
    private readonly ParameterBlock layout;
    private readonly Step[] steps;
    private readonly double[][] values;
    private readonly double[][] tangents;
    private readonly double[][] gradients;
    private readonly double[][] gradientTangents;

    /// <summary>Prepares buffers for <paramref name="network"/>.</summary>
    public DoubleNetwork(Network network)
    {
        Network = network;
        layout = new ParameterBlock(network);
        steps = new Step[network.Nodes.Count];
        var layer = 0;
        for (var index = 0; index < steps.Length; index++)
        {
            var node = network.Nodes[index];
            var source = network.Nodes.Select(other => other.Name).ToList().IndexOf(node.Inputs[0]); // -1: the examples
            var (input, output) = (network.ShapeOf(node.Inputs[0]), network.ShapeOf(node.Name));
            steps[index] = node.Operation switch
            {
                Operation.Convolution convolution =>
                    new Step(node.Operation, source, input, output, layer, new LinearMap(network.Layers[layer++], input, output, convolution.Stride, convolution.Padding), null),
                Operation.FullyConnected => new Step(node.Operation, source, input, output, layer, new LinearMap(network.Layers[layer++], input, output, 1, 0), null),
                Operation.MaxPool => new Step(node.Operation, source, input, output, -1, null, new int[output.Count]),
                Operation.Relu or Operation.Flatten => new Step(node.Operation, source, input, output, -1, null, null),
                _ => throw new ArgumentException($"Node '{node.Name}' has the operation {node.Operation.GetType().Name}, which has no double-precision form."),
            };
        }

        values = Buffers();
        tangents = Buffers();
        gradients = Buffers();
        gradientTangents = Buffers();
    }

    /// <summary>The network.</summary>
    public Network Network { get; }

    /// <summary>The softmax is taken of the outputs divided by this number; 1 unless an algorithm asks for another (GraSP).</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>The parameters of a block in double precision. Shape [ParameterCount].</summary>
    public static double[] Widen(ParameterBlock block) => Array.ConvertAll(block.Values, value => (double)value);

    /// <summary>The outputs before the softmax. Shape [examples, classes].</summary>
    /// <param name="parameters">Shape [ParameterCount].</param>
    /// <param name="examples">The examples; labels are not read.</param>
    public double[] Logits(ReadOnlySpan<double> parameters, Examples examples)
    {
        Require(parameters, examples);
        var classes = Network.Output.Count;
        var logits = new double[examples.Count * classes];
        for (var example = 0; example < examples.Count; example++)
        {
            Forward(parameters, examples.Example(example));
            values[^1].CopyTo(logits, example * classes);
        }

        return logits;
    }

    /// <summary>Mean cross-entropy in nats.</summary>
    /// <param name="parameters">Shape [ParameterCount].</param>
    /// <param name="examples">The examples.</param>
    public double Loss(ReadOnlySpan<double> parameters, Examples examples)
    {
        Require(parameters, examples);
        var sum = 0.0;
        var probabilities = new double[Network.Output.Count];
        for (var example = 0; example < examples.Count; example++)
        {
            Forward(parameters, examples.Example(example));
            sum += CrossEntropy(values[^1], examples.Labels[example], probabilities);
        }

        return sum / examples.Count;
    }

    /// <summary>Gradient of the mean cross-entropy for every weight, masked ones included, and every bias. Shape [ParameterCount].</summary>
    /// <param name="parameters">Shape [ParameterCount].</param>
    /// <param name="examples">The examples.</param>
    public double[] Gradient(ReadOnlySpan<double> parameters, Examples examples)
    {
        Require(parameters, examples);
        var gradient = new double[parameters.Length];
        for (var example = 0; example < examples.Count; example++)
        {
            var input = examples.Example(example);
            Forward(parameters, input);
            LossGradient(examples, example);
            Backward(parameters, input, gradient);
        }

        return gradient;
    }

    /// <summary>Gradient of the sum of the outputs over all examples (SynFlow's objective). Shape [ParameterCount].</summary>
    /// <param name="parameters">Shape [ParameterCount].</param>
    /// <param name="examples">The examples; labels are not read.</param>
    public double[] OutputSumGradient(ReadOnlySpan<double> parameters, Examples examples)
    {
        Require(parameters, examples);
        var gradient = new double[parameters.Length];
        for (var example = 0; example < examples.Count; example++)
        {
            var input = examples.Example(example);
            Forward(parameters, input);
            Array.Fill(gradients[^1], 1);
            Backward(parameters, input, gradient);
        }

        return gradient;
    }

    /// <summary>
    /// Hessian of the mean cross-entropy times a vector, exact (Pearlmutter 1994): the forward and backward passes are differentiated once more in the
    /// direction of the vector. ReLU and max-pool keep the branch that the values take.
    /// </summary>
    /// <param name="parameters">Shape [ParameterCount].</param>
    /// <param name="vector">The direction. Shape [ParameterCount].</param>
    /// <param name="examples">The examples.</param>
    /// <returns>Shape [ParameterCount]; rows of masked weights included.</returns>
    public double[] HessianVector(ReadOnlySpan<double> parameters, ReadOnlySpan<double> vector, Examples examples)
    {
        Require(parameters, examples);
        Require(vector, examples);
        var product = new double[parameters.Length];
        for (var example = 0; example < examples.Count; example++)
        {
            var input = examples.Example(example);
            Forward(parameters, input);
            ForwardTangent(parameters, vector, input);
            LossGradient(examples, example);
            LossGradientTangent(examples.Count);
            BackwardTangent(parameters, vector, input, product);
        }

        return product;
    }

    /// <summary>Cross-entropy of one example in nats; writes the softmax.</summary>
    private double CrossEntropy(ReadOnlySpan<double> logits, int label, Span<double> probabilities)
    {
        var largest = logits[0];
        foreach (var logit in logits)
        {
            largest = Math.Max(largest, logit);
        }

        var sum = 0.0;
        for (var index = 0; index < logits.Length; index++)
        {
            probabilities[index] = PortableMath.Exp((logits[index] - largest) / Temperature);
            sum += probabilities[index];
        }

        for (var index = 0; index < logits.Length; index++)
        {
            probabilities[index] /= sum;
        }

        return PortableMath.Log(sum) + ((largest - logits[label]) / Temperature);
    }

    private void Forward(ReadOnlySpan<double> parameters, ReadOnlySpan<double> example)
    {
        for (var index = 0; index < steps.Length; index++)
        {
            var step = steps[index];
            var source = step.Source < 0 ? example : values[step.Source];
            var output = values[index].AsSpan();
            if (step.Map is not null)
            {
                step.Map.Broadcast(Biases(parameters, step.Layer), output);
                step.Map.Forward(Weights(parameters, step.Layer), source, output);
            }
            else if (step.Winners is not null)
            {
                Pool(step, (Operation.MaxPool)step.Operation, source, output);
            }
            else if (step.Operation is Operation.Relu)
            {
                for (var value = 0; value < output.Length; value++)
                {
                    output[value] = Math.Max(source[value], 0);
                }
            }
            else
            {
                source.CopyTo(output);
            }
        }
    }

    /// <summary>The derivative of every value in the direction of the vector; the examples do not move.</summary>
    private void ForwardTangent(ReadOnlySpan<double> parameters, ReadOnlySpan<double> vector, ReadOnlySpan<double> example)
    {
        for (var index = 0; index < steps.Length; index++)
        {
            var step = steps[index];
            var output = tangents[index].AsSpan();
            if (step.Map is not null)
            {
                step.Map.Broadcast(Biases(vector, step.Layer), output);
                step.Map.Forward(Weights(vector, step.Layer), step.Source < 0 ? example : values[step.Source], output);
                if (step.Source >= 0)
                {
                    step.Map.Forward(Weights(parameters, step.Layer), tangents[step.Source], output);
                }
            }
            else if (step.Source < 0)
            {
                output.Clear();
            }
            else
            {
                var source = tangents[step.Source];
                for (var value = 0; value < output.Length; value++)
                {
                    output[value] = step.Winners is not null ? source[step.Winners[value]]
                        : step.Operation is Operation.Relu && !(values[index][value] > 0) ? 0 : source[value];
                }
            }
        }
    }

    private void LossGradient(Examples examples, int example)
    {
        var output = gradients[^1];
        CrossEntropy(values[^1], examples.Labels[example], output);
        output[examples.Labels[example]] -= 1;
        for (var index = 0; index < output.Length; index++)
        {
            output[index] /= Temperature * examples.Count;
        }
    }

    /// <summary>The derivative of (p - y) / (n T) is p (z' - sum p z') / (n T^2).</summary>
    private void LossGradientTangent(int count)
    {
        var output = gradientTangents[^1];
        CrossEntropy(values[^1], 0, output);
        var mean = 0.0;
        for (var index = 0; index < output.Length; index++)
        {
            mean += output[index] * tangents[^1][index];
        }

        for (var index = 0; index < output.Length; index++)
        {
            output[index] *= (tangents[^1][index] - mean) / (Temperature * Temperature * count);
        }
    }

    /// <summary>Adds to the parameters' gradient, from the gradient of the last node's values.</summary>
    private void Backward(ReadOnlySpan<double> parameters, ReadOnlySpan<double> example, Span<double> gradient)
    {
        Clear(gradients);
        for (var index = steps.Length - 1; index >= 0; index--)
        {
            var step = steps[index];
            if (step.Map is not null)
            {
                step.Map.Outer(gradients[index], step.Source < 0 ? example : values[step.Source], Weights(gradient, step.Layer));
                step.Map.Sum(gradients[index], Biases(gradient, step.Layer));
                if (step.Source >= 0)
                {
                    step.Map.Transposed(Weights(parameters, step.Layer), gradients[index], gradients[step.Source]);
                }
            }
            else if (step.Source >= 0)
            {
                PassBack(index, gradients);
            }
        }
    }

    /// <summary>As Backward, with the derivative of everything in the direction of the vector.</summary>
    private void BackwardTangent(ReadOnlySpan<double> parameters, ReadOnlySpan<double> vector, ReadOnlySpan<double> example, Span<double> product)
    {
        Clear(gradients);
        Clear(gradientTangents);
        for (var index = steps.Length - 1; index >= 0; index--)
        {
            var step = steps[index];
            if (step.Map is not null)
            {
                var weights = Weights(product, step.Layer);
                step.Map.Outer(gradientTangents[index], step.Source < 0 ? example : values[step.Source], weights);
                step.Map.Sum(gradientTangents[index], Biases(product, step.Layer));
                if (step.Source >= 0)
                {
                    step.Map.Outer(gradients[index], tangents[step.Source], weights);
                    step.Map.Transposed(Weights(parameters, step.Layer), gradients[index], gradients[step.Source]);
                    step.Map.Transposed(Weights(parameters, step.Layer), gradientTangents[index], gradientTangents[step.Source]);
                    step.Map.Transposed(Weights(vector, step.Layer), gradients[index], gradientTangents[step.Source]);
                }
            }
            else if (step.Source >= 0)
            {
                PassBack(index, gradients);
                PassBack(index, gradientTangents);
            }
        }
    }

    /// <summary>ReLU, max-pool and flatten: each output's gradient goes to the one value it came from.</summary>
    private void PassBack(int index, double[][] buffers)
    {
        var step = steps[index];
        var (output, source) = (buffers[index], buffers[step.Source]);
        for (var value = 0; value < output.Length; value++)
        {
            if (step.Operation is not Operation.Relu || values[index][value] > 0)
            {
                source[step.Winners is null ? value : step.Winners[value]] += output[value];
            }
        }
    }

    private static void Pool(in Step step, Operation.MaxPool pool, ReadOnlySpan<double> source, Span<double> output)
    {
        var value = 0;
        for (var channel = 0; channel < step.Output.Channels; channel++)
        {
            for (var row = 0; row < step.Output.Height; row++)
            {
                for (var column = 0; column < step.Output.Width; column++, value++)
                {
                    var start = (((channel * step.Input.Height) + (row * pool.Stride)) * step.Input.Width) + (column * pool.Stride);
                    var winner = start;
                    for (var tap = 1; tap < pool.Size * pool.Size; tap++)
                    {
                        var place = start + (tap / pool.Size * step.Input.Width) + (tap % pool.Size);
                        winner = source[place] > source[winner] ? place : winner;
                    }

                    output[value] = source[winner];
                    step.Winners![value] = winner;
                }
            }
        }
    }

    /// <summary>Sets all but the last node's buffer to 0.</summary>
    private static void Clear(double[][] buffers)
    {
        foreach (var buffer in buffers.AsSpan(0, buffers.Length - 1))
        {
            Array.Clear(buffer);
        }
    }

    private ReadOnlySpan<double> Weights(ReadOnlySpan<double> parameters, int layer) => parameters.Slice(layout.WeightOffset(layer), Network.Layers[layer].WeightCount);

    private Span<double> Weights(Span<double> parameters, int layer) => parameters.Slice(layout.WeightOffset(layer), Network.Layers[layer].WeightCount);

    private ReadOnlySpan<double> Biases(ReadOnlySpan<double> parameters, int layer) => parameters.Slice(layout.BiasOffset(layer), Network.Layers[layer].BiasCount);

    private Span<double> Biases(Span<double> parameters, int layer) => parameters.Slice(layout.BiasOffset(layer), Network.Layers[layer].BiasCount);

    private double[][] Buffers() => [.. steps.Select(step => new double[step.Output.Count])];

    private void Require(ReadOnlySpan<double> parameters, Examples examples)
    {
        if (parameters.Length != layout.Values.Length)
        {
            throw new ArgumentException($"Network '{Network.Name}' has {layout.Values.Length} parameters, found {parameters.Length}.");
        }

        if (examples.Count == 0 || examples.Values.LongLength != (long)examples.Count * Network.Input.Count)
        {
            throw new ArgumentException(
                $"{examples.Count} examples of shape {Network.Input} take {(long)examples.Count * Network.Input.Count} values, found {examples.Values.Length}; at least one example is needed.");
        }
    }

    /// <summary>One node: what it computes, the node it reads (-1: the examples), its layer and map, or for max-pool the winning positions.</summary>
    private readonly record struct Step(Operation Operation, int Source, Shape Input, Shape Output, int Layer, LinearMap? Map, int[]? Winners);
}
