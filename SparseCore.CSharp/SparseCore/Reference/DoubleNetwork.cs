using System.Runtime.Intrinsics;
using SparseCore.Networks;
using SparseCore.Numerics;
using SparseCore.Parameters;

namespace SparseCore.Reference;

/// <summary>
/// A network in double precision with plain loops, eight examples in a vector: the twin against which the engine is tested, and the source of exact
/// Hessian-vector products. Parameters and everything shaped like them are arrays in the layout of <see cref="ParameterBlock"/>; the entries of running
/// statistics are 0 in gradients and products and not read in directions. Examples go through the network eight at a time, or all together where batch
/// normalizations take the batch's statistics. The same bits on every machine. Used by one thread at a time.
/// </summary>
public sealed class DoubleNetwork
{
    private const int Lanes = Passes.Lanes;

    private readonly ParameterBlock layout;
    private readonly NodeStep[] steps;
    private readonly int[] lastReaders;
    private readonly bool[] keepsValues;
    private readonly bool[] keepsTangents;
    private readonly Passes passes;
    private readonly double[] probabilities;
    private readonly NormMode statistics;
    private readonly double temperature = 1;
    private readonly double labelSmoothing;

    /// <summary>A network whose weights all exist; masked ones are weights that happen to be 0, and have gradients.</summary>
    /// <param name="network">The network.</param>
    /// <param name="statistics">What batch normalizations take.</param>
    public DoubleNetwork(Network network, NormMode statistics = NormMode.Batch)
        : this(network, MaskSet.Full(network), statistics)
    {
    }

    /// <summary>A network that never looks at masked weights: their values are not read, their gradients and products are 0.</summary>
    /// <param name="network">The network.</param>
    /// <param name="masks">Its masks.</param>
    /// <param name="statistics">What batch normalizations take.</param>
    public DoubleNetwork(Network network, MaskSet masks, NormMode statistics = NormMode.Batch)
    {
        Network = network;
        this.statistics = statistics;
        layout = new ParameterBlock(network);
        steps = Steps(masks);
        lastReaders = new int[steps.Length];
        keepsValues = [.. steps.Select(step => step.NeedsOutput)];
        keepsTangents = new bool[steps.Length];
        foreach (var step in steps)
        {
            lastReaders[step.Index] = step.Index;
            foreach (var source in step.Sources.Where(source => source >= 0))
            {
                lastReaders[source] = step.Index;
                keepsValues[source] |= step.NeedsSource;
                keepsTangents[source] |= step.NeedsSource;
            }
        }

        keepsValues[^1] = true;
        keepsTangents[^1] = true;
        passes = new Passes([network.Input.Count, .. network.Nodes.Select(node => network.ShapeOf(node.Name).Count)]);
        probabilities = new double[network.Output.Count];
    }

    /// <summary>The network.</summary>
    public Network Network { get; }

    /// <summary>The softmax is taken of the outputs divided by this number; 1 unless an algorithm asks for another (GraSP).</summary>
    public double Temperature
    {
        get => temperature;
        init => temperature = value > 0 && double.IsFinite(value)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "The temperature must be positive.");
    }

    /// <summary>Share a of every label that is spread evenly over all classes: the target is (1 - a) one-hot + a / classes. 0 for plain labels.</summary>
    public double LabelSmoothing
    {
        get => labelSmoothing;
        init => labelSmoothing = value is >= 0 and <= 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "Label smoothing is a share from 0 to 1.");
    }

    /// <summary>The parameters of a block in double precision. Shape [ValueCount].</summary>
    public static double[] Widen(ParameterBlock block) => Array.ConvertAll(block.Values, value => (double)value);

    /// <summary>The outputs before the softmax. Shape [examples, classes].</summary>
    /// <param name="parameters">Shape [ValueCount].</param>
    /// <param name="examples">The examples; labels are not read.</param>
    public double[] Logits(ReadOnlySpan<double> parameters, Examples examples)
    {
        Require(parameters, examples);
        var classes = Network.Output.Count;
        var logits = new double[examples.Count * classes];
        for (var first = 0; first < examples.Count; first += passes.Examples)
        {
            Forward(parameters, examples, first, forGradients: false);
            for (var index = 0; index < passes.Examples * classes; index++)
            {
                var (example, output) = Math.DivRem(index, classes);
                logits[(first * classes) + index] = Outputs(example / Lanes)[output][example % Lanes];
            }
        }

        return logits;
    }

    /// <summary>Mean cross-entropy in nats.</summary>
    /// <param name="parameters">Shape [ValueCount].</param>
    /// <param name="examples">The examples.</param>
    public double Loss(ReadOnlySpan<double> parameters, Examples examples)
    {
        Require(parameters, examples);
        var sum = 0.0;
        for (var first = 0; first < examples.Count; first += passes.Examples)
        {
            Forward(parameters, examples, first, forGradients: false);
            for (var example = 0; example < passes.Examples; example++)
            {
                sum += CrossEntropy(example, examples.Labels[first + example]);
            }
        }

        return sum / examples.Count;
    }

    /// <summary>Gradient of the mean cross-entropy for every weight, bias, scale and shift; without masks also of masked weights. Shape [ValueCount].</summary>
    /// <param name="parameters">Shape [ValueCount].</param>
    /// <param name="examples">The examples.</param>
    public double[] Gradient(ReadOnlySpan<double> parameters, Examples examples)
    {
        Require(parameters, examples);
        var gradient = new double[parameters.Length];
        for (var first = 0; first < examples.Count; first += passes.Examples)
        {
            Forward(parameters, examples, first, forGradients: true);
            LossGradient(examples, first);
            Backward(parameters, gradient);
        }

        return gradient;
    }

    /// <summary>Gradient of the sum of the outputs over all examples (SynFlow's objective). Shape [ValueCount].</summary>
    /// <param name="parameters">Shape [ValueCount].</param>
    /// <param name="examples">The examples; labels are not read.</param>
    public double[] OutputSumGradient(ReadOnlySpan<double> parameters, Examples examples)
    {
        Require(parameters, examples);
        var gradient = new double[parameters.Length];
        for (var first = 0; first < examples.Count; first += passes.Examples)
        {
            Forward(parameters, examples, first, forGradients: true);
            passes.Gradients.Take(steps.Length - 1);
            for (var group = 0; group < passes.Groups; group++)
            {
                passes.Gradients[steps.Length - 1, group].Fill(passes.MaskOf(group) & Vector512<double>.One);
            }

            Backward(parameters, gradient);
        }

        return gradient;
    }

    /// <summary>
    /// Hessian of the mean cross-entropy times a vector, exact (Pearlmutter 1994): the forward and backward passes are differentiated once more in the
    /// direction of the vector. ReLU and max-pool keep the branch that the values take.
    /// </summary>
    /// <param name="parameters">Shape [ValueCount].</param>
    /// <param name="vector">The direction. Shape [ValueCount].</param>
    /// <param name="examples">The examples.</param>
    /// <returns>Shape [ValueCount]; without masks also rows of masked weights.</returns>
    public double[] HessianVector(ReadOnlySpan<double> parameters, ReadOnlySpan<double> vector, Examples examples)
    {
        Require(parameters, examples);
        Require(vector, examples);
        var product = new double[parameters.Length];
        for (var first = 0; first < examples.Count; first += passes.Examples)
        {
            Forward(parameters, examples, first, forGradients: true);
            ForwardTangent(parameters, vector);
            LossGradient(examples, first);
            LossGradientTangent(examples, passes.GradientTangents);
            BackwardTangent(parameters, vector, product);
        }

        return product;
    }

    /// <summary>
    /// The Gauss-Newton part of that Hessian times a vector: the outputs' derivative in the direction of the vector, seen by the softmax, and taken back as a gradient.
    /// </summary>
    /// <param name="parameters">Shape [ValueCount].</param>
    /// <param name="vector">The direction. Shape [ValueCount].</param>
    /// <param name="examples">The examples.</param>
    /// <returns>Shape [ValueCount]; without masks also rows of masked weights.</returns>
    public double[] GaussNewtonVector(ReadOnlySpan<double> parameters, ReadOnlySpan<double> vector, Examples examples)
    {
        Require(parameters, examples);
        Require(vector, examples);
        var product = new double[parameters.Length];
        for (var first = 0; first < examples.Count; first += passes.Examples)
        {
            Forward(parameters, examples, first, forGradients: true);
            ForwardTangent(parameters, vector);
            LossGradientTangent(examples, passes.Gradients);
            Backward(parameters, product);
        }

        return product;
    }

    /// <summary>What every batch normalization sees of a batch, in the network's order; earlier ones take what the network was built to take.</summary>
    /// <param name="parameters">Shape [ValueCount].</param>
    /// <param name="examples">The batch; labels are not read.</param>
    /// <exception cref="InvalidOperationException">The network takes running statistics.</exception>
    public IReadOnlyList<BatchStatistics> Statistics(ReadOnlySpan<double> parameters, Examples examples)
    {
        if (statistics != NormMode.Batch)
        {
            throw new InvalidOperationException("A network that takes running statistics computes none of a batch; build it with NormMode.Batch.");
        }

        Require(parameters, examples);
        Forward(parameters, examples, 0, forGradients: false);
        return [.. steps.OfType<NormStep>().Select(step => step.Seen(passes))];
    }

    /// <summary>A copy of the parameters with the running statistics that a training step on a batch leaves. Shape [ValueCount].</summary>
    /// <param name="parameters">Shape [ValueCount].</param>
    /// <param name="examples">The batch; labels are not read.</param>
    /// <exception cref="InvalidOperationException">The network takes running statistics, or a channel has a single value.</exception>
    public double[] WithRunningStatistics(ReadOnlySpan<double> parameters, Examples examples)
    {
        var updated = parameters.ToArray();
        var batch = Statistics(parameters, examples);
        for (var norm = 0; norm < batch.Count; norm++)
        {
            var channels = Network.Norms[norm].Channels;
            batch[norm].Update(
                Network.Norms[norm].Decay, updated.AsSpan(layout.MeanOffset(norm), channels), updated.AsSpan(layout.VarianceOffset(norm), channels));
        }

        return updated;
    }

    private NodeStep[] Steps(MaskSet masks)
    {
        var names = Network.Nodes.Select((node, index) => (node.Name, Index: index)).ToDictionary(pair => pair.Name, pair => pair.Index, StringComparer.Ordinal);
        names.Add(Network.InputName, -1);
        var (layer, norm) = (0, 0);
        return [.. Network.Nodes.Select((node, index) => Build(node, index, [.. node.Inputs.Select(name => names[name])]))];

        NodeStep Build(Node node, int index, int[] sources)
        {
            var (input, output) = (Network.ShapeOf(node.Inputs[0]), Network.ShapeOf(node.Name));
            return node.Operation switch
            {
                Operation.Convolution convolution => Linear(index, sources[0], input, output, convolution.Stride, convolution.Padding),
                Operation.FullyConnected => Linear(index, sources[0], input, output, 1, 0),
                Operation.Relu => new ReluStep(index, sources[0]),
                Operation.MaxPool pool => new MaxPoolStep(index, sources[0], pool, input, output),
                Operation.GlobalAveragePool => new AverageStep(index, sources[0], input),
                Operation.Add or Operation.Flatten => new CopyStep(index, sources),
                Operation.BatchNorm => new NormStep(index, sources[0], Network.Norms[norm], input, layout.ScaleOffset(norm), layout.MeanOffset(norm++), statistics),
                _ => throw new ArgumentException($"Node '{node.Name}' has the operation {node.Operation.GetType().Name}, which has no double-precision form."),
            };
        }

        LinearStep Linear(int index, int source, Shape input, Shape output, int stride, int padding)
        {
            var map = new LinearMap(Network.Layers[layer], masks[layer], input, output, stride, padding);
            return new LinearStep(index, source, Network.Layers[layer], map, layout.WeightOffset(layer), layout.BiasOffset(layer++));
        }
    }

    /// <summary>The values from one example on: of as many examples as must go together.</summary>
    private void Forward(ReadOnlySpan<double> parameters, Examples examples, int first, bool forGradients)
    {
        var together = statistics == NormMode.Batch && Network.Norms.Count > 0;
        passes.Begin(together ? examples.Count : Math.Min(Lanes, examples.Count - first));
        passes.Values.Take(-1);
        var size = Network.Input.Count;
        var lanes = passes.Values.Numbers(-1);
        for (var index = 0; index < lanes.Length; index++)
        {
            var (group, place) = Math.DivRem(index, size * Lanes);
            var example = (group * Lanes) + (place % Lanes);
            lanes[index] = example < passes.Examples ? examples.Values[((first + example) * size) + (place / Lanes)] : 0;
        }

        foreach (var step in steps)
        {
            passes.Values.Take(step.Index);
            step.Forward(passes, parameters);
            ReleaseRead(passes.Values, step, forGradients ? keepsValues : null);
        }
    }

    /// <summary>The derivative of every value in the direction of the vector; the examples do not move.</summary>
    private void ForwardTangent(ReadOnlySpan<double> parameters, ReadOnlySpan<double> vector)
    {
        passes.Tangents.TakeSums(-1);
        foreach (var step in steps)
        {
            passes.Tangents.Take(step.Index);
            step.ForwardTangent(passes, parameters, vector);
            ReleaseRead(passes.Tangents, step, keepsTangents);
        }
    }

    /// <summary>Adds to the parameters' gradient, from the gradient of the outputs.</summary>
    private void Backward(ReadOnlySpan<double> parameters, Span<double> gradient)
    {
        foreach (var step in steps.Reverse())
        {
            if (passes.Gradients.Has(step.Index))
            {
                step.Backward(passes, parameters, gradient);
                passes.Gradients.Release(step.Index);
            }
        }
    }

    /// <summary>As Backward, with the derivative of everything in the direction of the vector.</summary>
    private void BackwardTangent(ReadOnlySpan<double> parameters, ReadOnlySpan<double> vector, Span<double> product)
    {
        foreach (var step in steps.Reverse())
        {
            if (passes.Gradients.Has(step.Index))
            {
                step.BackwardTangent(passes, parameters, vector, product);
                passes.Gradients.Release(step.Index);
                passes.GradientTangents.Release(step.Index);
            }
        }
    }

    /// <summary>Gives back the buffers that nothing reads after a step.</summary>
    private void ReleaseRead(BufferSet buffers, NodeStep step, bool[]? kept)
    {
        foreach (var read in step.Sources.Append(step.Index))
        {
            if (read >= 0 && read < steps.Length - 1 && lastReaders[read] == step.Index && kept?[read] != true)
            {
                buffers.Release(read);
            }
        }
    }

    private Span<Vector512<double>> Outputs(int group) => passes.Values[steps.Length - 1, group];

    /// <summary>Cross-entropy of one example in nats; fills the probabilities.</summary>
    private double CrossEntropy(int example, int label)
    {
        var logits = Outputs(example / Lanes);
        var lane = example % Lanes;
        var largest = logits[0][lane];
        for (var index = 0; index < logits.Length; index++)
        {
            largest = Math.Max(largest, logits[index][lane]);
        }

        var (sum, distances) = (0.0, 0.0);
        for (var index = 0; index < logits.Length; index++)
        {
            probabilities[index] = PortableMath.Exp((logits[index][lane] - largest) / Temperature);
            sum += probabilities[index];
            distances += largest - logits[index][lane];
        }

        for (var index = 0; index < logits.Length; index++)
        {
            probabilities[index] /= sum;
        }

        var plain = (largest - logits[label][lane]) / Temperature;
        return PortableMath.Log(sum) + (labelSmoothing == 0 ? plain : ((1 - labelSmoothing) * plain) + (labelSmoothing / logits.Length * (distances / Temperature)));
    }

    /// <summary>The derivative of the mean cross-entropy by the outputs, (p - target) / (n T).</summary>
    private void LossGradient(Examples examples, int first)
    {
        passes.Gradients.TakeSums(steps.Length - 1);
        var share = 1 / (Temperature * examples.Count);
        for (var example = 0; example < passes.Examples; example++)
        {
            var label = examples.Labels[first + example];
            CrossEntropy(example, label);
            var gradients = LaneOf(passes.Gradients, example);
            for (var index = 0; index < probabilities.Length; index++)
            {
                var target = (index == label ? 1 - labelSmoothing : 0) + (labelSmoothing / probabilities.Length);
                gradients[index * Lanes] = (probabilities[index] - target) * share;
            }
        }
    }

    /// <summary>The derivative of (p - target) / (n T) is p (z' - sum p z') / (n T^2).</summary>
    private void LossGradientTangent(Examples examples, BufferSet into)
    {
        into.TakeSums(steps.Length - 1);
        var share = 1 / (Temperature * Temperature * examples.Count);
        for (var example = 0; example < passes.Examples; example++)
        {
            CrossEntropy(example, 0);
            var tangents = LaneOf(passes.Tangents, example);
            var destination = LaneOf(into, example);
            var mean = 0.0;
            for (var index = 0; index < probabilities.Length; index++)
            {
                mean += probabilities[index] * tangents[index * Lanes];
            }

            for (var index = 0; index < probabilities.Length; index++)
            {
                destination[index * Lanes] = probabilities[index] * ((tangents[index * Lanes] - mean) * share);
            }
        }
    }

    /// <summary>One example's numbers of the last step, every eighth.</summary>
    private Span<double> LaneOf(BufferSet buffers, int example)
    {
        var size = Network.Output.Count * Lanes;
        return buffers.Numbers(steps.Length - 1).Slice(example / Lanes * size, size)[(example % Lanes)..];
    }

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
}
