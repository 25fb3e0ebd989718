using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using SparseCore.Networks;
using SparseCore.Numerics;
using SparseCore.Parameters;

namespace SparseCore.Reference;

/// <summary>
/// A network in double precision with plain loops, eight examples at a time: the twin against which the engine is tested, and the source of exact
/// Hessian-vector products. Parameters and everything shaped like them are arrays in the layout of <see cref="ParameterBlock"/>. The same bits on every
/// machine. Used by one thread at a time.
/// </summary>
public sealed class DoubleNetwork
{
    private const int Lanes = 8;

    private readonly ParameterBlock layout;
    private readonly Step[] steps;
    private readonly Vector512<double>[] inputs;
    private readonly Vector512<double>[][] values;
    private readonly Vector512<double>[][] tangents;
    private readonly Vector512<double>[][] gradients;
    private readonly Vector512<double>[][] gradientTangents;

    /// <summary>A network whose weights all exist; masked ones are weights that happen to be 0, and have gradients.</summary>
    public DoubleNetwork(Network network)
        : this(network, MaskSet.Full(network))
    {
    }

    /// <summary>A network that never looks at masked weights: their values are not read, their gradients and products are 0.</summary>
    public DoubleNetwork(Network network, MaskSet masks)
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
                    new Step(node.Operation, source, input, output, layer, new LinearMap(network.Layers[layer], masks[layer++], input, output, convolution.Stride, convolution.Padding), null),
                Operation.FullyConnected => new Step(node.Operation, source, input, output, layer, new LinearMap(network.Layers[layer], masks[layer++], input, output, 1, 0), null),
                Operation.MaxPool => new Step(node.Operation, source, input, output, -1, null, new int[output.Count * Lanes]),
                Operation.Relu or Operation.Flatten => new Step(node.Operation, source, input, output, -1, null, null),
                _ => throw new ArgumentException($"Node '{node.Name}' has the operation {node.Operation.GetType().Name}, which has no double-precision form."),
            };
        }

        inputs = new Vector512<double>[network.Input.Count];
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
        for (var first = 0; first < examples.Count; first += Lanes)
        {
            Forward(parameters, examples, first);
            for (var index = 0; index < Math.Min(Lanes, examples.Count - first) * classes; index++)
            {
                logits[(first * classes) + index] = Numbers(values[^1])[(index % classes * Lanes) + (index / classes)];
            }
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
        for (var first = 0; first < examples.Count; first += Lanes)
        {
            Forward(parameters, examples, first);
            for (var lane = 0; lane < Math.Min(Lanes, examples.Count - first); lane++)
            {
                sum += CrossEntropy(lane, examples.Labels[first + lane], gradients[^1]);
            }
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
        for (var first = 0; first < examples.Count; first += Lanes)
        {
            Forward(parameters, examples, first);
            LossGradient(examples, first);
            Backward(parameters, gradient);
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
        for (var first = 0; first < examples.Count; first += Lanes)
        {
            Forward(parameters, examples, first);
            for (var index = 0; index < gradients[^1].Length * Lanes; index++)
            {
                Numbers(gradients[^1])[index] = index % Lanes < examples.Count - first ? 1 : 0;
            }

            Backward(parameters, gradient);
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
        for (var first = 0; first < examples.Count; first += Lanes)
        {
            Forward(parameters, examples, first);
            ForwardTangent(parameters, vector);
            LossGradient(examples, first);
            LossGradientTangent(examples, first);
            BackwardTangent(parameters, vector, product);
        }

        return product;
    }

    /// <summary>The numbers of a buffer. Shape [values, 8 examples].</summary>
    private static Span<double> Numbers(Vector512<double>[] buffer) => MemoryMarshal.Cast<Vector512<double>, double>(buffer.AsSpan());

    /// <summary>Cross-entropy of one example in nats; writes the softmax into its lane.</summary>
    private double CrossEntropy(int lane, int label, Vector512<double>[] softmax)
    {
        var logits = Numbers(values[^1])[lane..];
        var probabilities = Numbers(softmax)[lane..];
        var largest = logits[0];
        for (var index = 0; index < logits.Length; index += Lanes)
        {
            largest = Math.Max(largest, logits[index]);
        }

        var sum = 0.0;
        for (var index = 0; index < logits.Length; index += Lanes)
        {
            probabilities[index] = PortableMath.Exp((logits[index] - largest) / Temperature);
            sum += probabilities[index];
        }

        for (var index = 0; index < logits.Length; index += Lanes)
        {
            probabilities[index] /= sum;
        }

        return PortableMath.Log(sum) + ((largest - logits[label * Lanes]) / Temperature);
    }

    /// <summary>Examples first .. first + 7; lanes past the last one hold zeros.</summary>
    private void Forward(ReadOnlySpan<double> parameters, Examples examples, int first)
    {
        var lanes = Numbers(inputs);
        for (var index = 0; index < lanes.Length; index++)
        {
            var example = first + (index % Lanes);
            lanes[index] = example < examples.Count ? examples.Values[(example * inputs.Length) + (index / Lanes)] : 0;
        }

        for (var index = 0; index < steps.Length; index++)
        {
            var step = steps[index];
            var source = Source(step);
            var output = values[index].AsSpan();
            if (step.Map is not null)
            {
                step.Map.Broadcast(Biases(parameters, step.Layer), output);
                step.Map.Forward(Weights(parameters, step.Layer), source, output);
            }
            else if (step.Winners is not null)
            {
                Pool(step, (Operation.MaxPool)step.Operation, Numbers(source), Numbers(values[index]));
            }
            else if (step.Operation is Operation.Relu)
            {
                for (var value = 0; value < output.Length; value++)
                {
                    output[value] = Vector512.ConditionalSelect(Vector512.LessThanOrEqual(source[value], Vector512<double>.Zero), Vector512<double>.Zero, source[value]);
                }
            }
            else
            {
                source.CopyTo(output);
            }
        }
    }

    /// <summary>The derivative of every value in the direction of the vector; the examples do not move.</summary>
    private void ForwardTangent(ReadOnlySpan<double> parameters, ReadOnlySpan<double> vector)
    {
        for (var index = 0; index < steps.Length; index++)
        {
            var step = steps[index];
            var output = tangents[index].AsSpan();
            if (step.Map is not null)
            {
                step.Map.Broadcast(Biases(vector, step.Layer), output);
                step.Map.Forward(Weights(vector, step.Layer), Source(step), output);
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
                PassOn(step, index, tangents[step.Source], tangents[index]);
            }
        }
    }

    /// <summary>ReLU, max-pool and flatten: each output moves as the one value it comes from.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void PassOn(in Step step, int index, Vector512<double>[] source, Vector512<double>[] output)
    {
        for (var value = 0; value < output.Length && step.Winners is null; value++)
        {
            output[value] = step.Operation is Operation.Relu ? Passing(index, value, source[value]) : source[value];
        }

        for (var value = 0; value < step.Winners?.Length; value++)
        {
            Numbers(output)[value] = Numbers(source)[step.Winners[value]];
        }
    }

    /// <summary>The ReLU's derivative times a vector: 1 where the value is positive, otherwise 0.</summary>
    private Vector512<double> Passing(int index, int value, Vector512<double> vector) =>
        Vector512.GreaterThan(values[index][value], Vector512<double>.Zero) & vector;

    private void LossGradient(Examples examples, int first)
    {
        Array.Clear(gradients[^1]);
        for (var lane = 0; lane < Math.Min(Lanes, examples.Count - first); lane++)
        {
            CrossEntropy(lane, examples.Labels[first + lane], gradients[^1]);
            Numbers(gradients[^1])[(examples.Labels[first + lane] * Lanes) + lane] -= 1;
        }

        var share = 1 / (Temperature * examples.Count);
        foreach (ref var gradient in gradients[^1].AsSpan())
        {
            gradient *= share;
        }
    }

    /// <summary>The derivative of (p - y) / (n T) is p (z' - sum p z') / (n T^2).</summary>
    private void LossGradientTangent(Examples examples, int first)
    {
        var output = gradientTangents[^1];
        Array.Clear(output);
        for (var lane = 0; lane < Math.Min(Lanes, examples.Count - first); lane++)
        {
            CrossEntropy(lane, 0, output);
        }

        var mean = Vector512<double>.Zero;
        for (var index = 0; index < output.Length; index++)
        {
            mean += output[index] * tangents[^1][index];
        }

        var share = 1 / (Temperature * Temperature * examples.Count);
        for (var index = 0; index < output.Length; index++)
        {
            output[index] *= (tangents[^1][index] - mean) * share;
        }
    }

    /// <summary>Adds to the parameters' gradient, from the gradient of the last node's values.</summary>
    private void Backward(ReadOnlySpan<double> parameters, Span<double> gradient)
    {
        Clear(gradients);
        for (var index = steps.Length - 1; index >= 0; index--)
        {
            var step = steps[index];
            if (step.Map is not null)
            {
                step.Map.Outer(gradients[index], Source(step), Weights(gradient, step.Layer));
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
    private void BackwardTangent(ReadOnlySpan<double> parameters, ReadOnlySpan<double> vector, Span<double> product)
    {
        Clear(gradients);
        Clear(gradientTangents);
        for (var index = steps.Length - 1; index >= 0; index--)
        {
            var step = steps[index];
            if (step.Map is not null)
            {
                var weights = Weights(product, step.Layer);
                step.Map.Outer(gradientTangents[index], Source(step), weights);
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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void PassBack(int index, Vector512<double>[][] buffers)
    {
        var step = steps[index];
        var (output, source) = (buffers[index], buffers[step.Source]);
        for (var value = 0; value < output.Length && step.Winners is null; value++)
        {
            source[value] += step.Operation is Operation.Relu ? Passing(index, value, output[value]) : output[value];
        }

        for (var value = 0; value < step.Winners?.Length; value++)
        {
            Numbers(source)[step.Winners[value]] += Numbers(output)[value];
        }
    }

    /// <summary>Maxima and where they lie. Shapes [channels, rows, columns, 8 examples].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Pool(in Step step, Operation.MaxPool pool, ReadOnlySpan<double> source, Span<double> output)
    {
        var rowLength = step.Input.Width * Lanes;
        for (var index = 0; index < output.Length; index++)
        {
            var (channel, place) = Math.DivRem(index / Lanes, step.Output.Height * step.Output.Width);
            var (row, column) = Math.DivRem(place, step.Output.Width);
            var start = (((channel * step.Input.Height) + (row * pool.Stride)) * rowLength) + (column * pool.Stride * Lanes) + (index % Lanes);
            var winner = start;
            for (var tap = 1; tap < pool.Size * pool.Size; tap++)
            {
                var candidate = start + (tap / pool.Size * rowLength) + (tap % pool.Size * Lanes);
                winner = source[candidate] > source[winner] ? candidate : winner;
            }

            output[index] = source[winner];
            step.Winners![index] = winner;
        }
    }

    /// <summary>Sets all but the last node's buffer to 0.</summary>
    private static void Clear(Vector512<double>[][] buffers)
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

    private Vector512<double>[] Source(in Step step) => step.Source < 0 ? inputs : values[step.Source];

    private Vector512<double>[][] Buffers() => [.. steps.Select(step => new Vector512<double>[step.Output.Count])];

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

    /// <summary>One node: what it computes, the node it reads (-1: the examples), its layer and map, or for max-pool the winning positions of every example.</summary>
    private readonly record struct Step(Operation Operation, int Source, Shape Input, Shape Output, int Layer, LinearMap? Map, int[]? Winners);
}
