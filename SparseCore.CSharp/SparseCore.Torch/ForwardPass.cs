using SparseCore.Engine;
using SparseCore.Networks;
using TorchSharp;
using F = TorchSharp.torch.nn.functional;
using Tensor = TorchSharp.torch.Tensor;

namespace SparseCore.Torch;

/// <summary>
/// The operations of a network on tensors. Activations are [examples, channels, height, width], or [examples, features] for vectors. Several parameter vectors
/// that share one network are computed as one network of as many times the channels: what reads the examples is shared, convolutions fall into groups.
/// </summary>
/// <param name="network">The network.</param>
/// <param name="precision">The number format of activations and products.</param>
internal sealed class ForwardPass(Network network, Precision precision)
{
    private readonly Step[] steps = Steps(network);

    /// <summary>Whether the outputs depend on one of the network's tensors.</summary>
    public bool Uses(int tensor) => steps.Any(step => step.LastReader >= 0 && step.Parameters.Contains(tensor));

    /// <summary>The outputs before the softmax, in single precision (double where parameters and inputs are). Shape [examples, vectors * classes].</summary>
    /// <param name="inputs">Shape [examples, channels, height, width]; stays the caller's.</param>
    /// <param name="parameters">One of the network's tensors; for several vectors with their first sizes multiplied.</param>
    /// <param name="statistics">What batch normalizations take.</param>
    /// <param name="vectors">Parameter vectors that are computed at once.</param>
    /// <param name="keep">Share of the running statistics that stays, where it is not each batch normalization's own.</param>
    /// <param name="seen">Is shown every node and what it gives; null for nobody.</param>
    public Tensor Run(
        Tensor inputs,
        IReadOnlyList<Tensor> parameters,
        NormStatistics statistics,
        int vectors = 1,
        double? keep = null,
        Action<Node, Tensor>? seen = null)
    {
        var values = new Activation[steps.Length + 1];
        values[0] = new Activation(inputs, 1);
        for (var index = 0; index < steps.Length; index++)
        {
            var step = steps[index];
            if (step.LastReader < 0)
            {
                continue; // leads nowhere
            }

            var result = Apply(step, values, parameters, statistics, vectors, keep);
            seen?.Invoke(step.Node, result.Values);
            values[index + 1] = result;
            foreach (var source in step.Done)
            {
                if (!ReferenceEquals(values[source].Values, result.Values))
                {
                    values[source].Values.Dispose();
                }
            }
        }

        return Outputs(values[^1], vectors, inputs.dtype);
    }

    private static Tensor Outputs(Activation last, int vectors, torch.ScalarType type)
    {
        var rows = Vector(last.Values).to_type(type);
        return last.Vectors == vectors ? rows : rows.repeat(1, vectors);
    }

    private Activation Apply(Step step, Activation[] values, IReadOnlyList<Tensor> parameters, NormStatistics statistics, int vectors, double? keep)
    {
        var source = values[step.Sources[0]];
        Tensor? Parameter(int place) => step.Parameters.Length > place ? Rounded(parameters[step.Parameters[place]]) : null;
        switch (step.Node.Operation)
        {
            case Operation.Convolution convolution:
                return new Activation(
                    F.conv2d(
                        Rounded(Map(source.Values)),
                        Parameter(0)!,
                        Parameter(1),
                        [convolution.Stride, convolution.Stride],
                        [convolution.Padding, convolution.Padding],
                        groups: source.Vectors),
                    vectors);
            case Operation.FullyConnected connected:
                return new Activation(Connect(Rounded(Vector(source.Values)), Parameter(0)!, Parameter(1), connected.Outputs, source.Vectors), vectors);
            case Operation.Relu:
                return source with { Values = step.OverwritesSource ? source.Values.relu_() : source.Values.relu() };
            case Operation.MaxPool pool:
                return source with { Values = F.max_pool2d(Map(source.Values), pool.Size, pool.Stride, pool.Padding) };
            case Operation.GlobalAveragePool:
                return source with { Values = Map(source.Values).mean([2, 3]) };
            case Operation.Flatten:
                return source with { Values = source.Values.dim() == 2 ? source.Values.alias() : Vector(source.Values) };
            case Operation.Add:
                return Sum(source, values[step.Sources[1]], vectors, step.OverwritesSource);
            case Operation.BatchNorm norm:
                return new Activation(Normalize(norm, Shared(source, vectors), [.. step.Parameters.Select(place => parameters[place])], statistics, keep ?? norm.Decay), vectors);
            default:
                throw new ArgumentException($"The TorchSharp engine does not know the operation '{step.Node.Operation.Kind}' of node '{step.Node.Name}'.");
        }
    }

    /// <summary>An affine map of every vector's features by its own weights. Shape [examples, vectors * outputs].</summary>
    private static Tensor Connect(Tensor inputs, Tensor weights, Tensor? biases, int outputs, int vectors)
    {
        if (vectors == 1)
        {
            return F.linear(inputs, weights, biases);
        }

        var examples = inputs.shape[0];
        var rows = inputs.view(examples, vectors, -1).transpose(0, 1);
        var products = rows.bmm(weights.view(vectors, outputs, -1).transpose(1, 2));
        var sums = biases is null ? products : products.add(biases.view(vectors, 1, outputs));
        return sums.transpose(0, 1).reshape(examples, (long)vectors * outputs);
    }

    private static Activation Sum(Activation left, Activation right, int vectors, bool overwritesLeft)
    {
        var all = Math.Max(left.Vectors, right.Vectors);
        if (overwritesLeft && left.Vectors == right.Vectors && left.Values.dim() == right.Values.dim() && left.Values.dtype == right.Values.dtype)
        {
            return left with { Values = left.Values.add_(right.Values) };
        }

        var (one, other) = all == 1 ? (left.Values, right.Values) : (Shared(left, vectors), Shared(right, vectors));
        return one.dim() == other.dim() ? new Activation(one.add(other), all) : new Activation(Map(one).add(Map(other)), all);
    }

    /// <summary>What all vectors share, once for each of them.</summary>
    private static Tensor Shared(Activation source, int vectors)
    {
        if (source.Vectors == vectors)
        {
            return source.Values;
        }

        var times = new long[source.Values.dim()];
        Array.Fill(times, 1);
        times[1] = vectors;
        return source.Values.repeat(times);
    }

    private static Tensor Normalize(Operation.BatchNorm norm, Tensor inputs, Tensor[] tensors, NormStatistics statistics, double keep)
    {
        var (scales, shifts, means, variances) = (tensors[0], tensors[1], tensors[2], tensors[3]);
        if (statistics == NormStatistics.Running)
        {
            return F.batch_norm(inputs, means, variances, scales, shifts, training: false, momentum: 0, eps: norm.Epsilon);
        }

        if (statistics == NormStatistics.Batch)
        {
            return F.batch_norm(inputs, null, null, scales, shifts, training: true, momentum: 0, eps: norm.Epsilon);
        }

        if (inputs.numel() > inputs.shape[1])
        {
            return F.batch_norm(inputs, means, variances, scales, shifts, training: true, momentum: 1 - keep, eps: norm.Epsilon);
        }

        // One value a channel: its variance is 0, the unbiased one included.
        using (torch.no_grad())
        using (torch.NewDisposeScope())
        {
            means.mul_(keep).add_(inputs.detach().view(-1), 1 - keep);
            variances.mul_(keep);
        }

        return F.batch_norm(inputs, null, null, scales, shifts, training: true, momentum: 0, eps: norm.Epsilon);
    }

    private static Tensor Map(Tensor values) => values.dim() == 4 ? values : values.view(values.shape[0], values.shape[1], 1, 1);

    private static Tensor Vector(Tensor values) => values.dim() == 2 ? values : values.flatten(1);

    private Tensor Rounded(Tensor values) => precision == Precision.BFloat16 && values.dtype == torch.ScalarType.Float32 ? values.bfloat16() : values;

    private static Step[] Steps(Network network)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal) { [Network.InputName] = 0 };
        var tensors = network.Tensors.Select((tensor, place) => (tensor.Node, Place: place)).ToLookup(entry => entry.Node, entry => entry.Place);
        var steps = new Step[network.Nodes.Count];
        for (var index = 0; index < steps.Length; index++)
        {
            var node = network.Nodes[index];
            steps[index] = new Step(node, [.. node.Inputs.Select(read => places[read])], [.. tensors[node.Name]]);
            places[node.Name] = index + 1;
        }

        var readers = new int[steps.Length + 1];
        steps[^1].LastReader = steps.Length;
        for (var index = steps.Length - 1; index >= 0; index--)
        {
            foreach (var source in steps[index].LastReader < 0 ? [] : steps[index].Sources.Distinct())
            {
                readers[source]++;
                if (source > 0 && steps[source - 1].LastReader < 0)
                {
                    steps[source - 1].LastReader = index;
                    steps[index].Done.Add(source);
                }
            }
        }

        foreach (var step in steps.Where(step => step.LastReader >= 0 && step.Node.Operation is Operation.Relu or Operation.Add))
        {
            var source = step.Sources[0];
            step.OverwritesSource = source > 0 && readers[source] == 1 && step.Sources.Distinct().Count() == step.Sources.Length
                && steps[source - 1].Node.Operation is Operation.Convolution or Operation.FullyConnected or Operation.BatchNorm or Operation.Add;
        }

        return steps;
    }

    /// <summary>What a node gives, and of how many vectors: 1 while all share it.</summary>
    private readonly record struct Activation(Tensor Values, int Vectors);

    /// <summary>A node with the places of what it reads: 0 are the inputs, i + 1 is step i.</summary>
    private sealed class Step(Node node, int[] sources, int[] parameters)
    {
        public Node Node => node;

        public int[] Sources => sources;

        /// <summary>Places of its tensors among the network's.</summary>
        public int[] Parameters => parameters;

        /// <summary>The last step that reads it; below 0 where none does that leads to the output.</summary>
        public int LastReader { get; set; } = -1;

        /// <summary>What is read for the last time here.</summary>
        public List<int> Done { get; } = [];

        /// <summary>Whether nobody else needs what it reads first, neither forward nor backward, so that it can be overwritten.</summary>
        public bool OverwritesSource { get; set; }
    }
}
