using SparseCore.Cpu;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Reference;

namespace SparseCore.Tests.Engine;

/// <summary>The engine on graphs against the network in double precision.</summary>
public class GraphEngineTests
{
    private static readonly SgdStep Step = new(0.05f, 0.9f, 1e-3f, Nesterov: true, LabelSmoothing: 0.1f);

    public static TheoryData<string, double, int> Cases
    {
        get
        {
            var data = new TheoryData<string, double, int>();
            foreach (var name in Graphs.Names)
            {
                data.Add(name, 1, 18);
                data.Add(name, 0.3, 37);
            }

            data.Add("resnet small", 0, 5);
            data.Add("strided paths", -1, 7);
            data.Add("strided paths", 0.02, 130);
            data.Add("sums everywhere", 0.5, 130);
            data.Add("resnet", 0.9, 7);
            return data;
        }
    }

    public static TheoryData<string> ReadersOfVectors => ["convolution", "relu", "max-pool", "global-average-pool", "add", "batch-norm"];

    /// <summary>A map stays as it lies when it is flattened; whoever took its features for channels would read beside it.</summary>
    [Theory]
    [MemberData(nameof(ReadersOfVectors))]
    public void Behind_a_flattened_map_only_fully_connected_layers_run(string kind)
    {
        Node[] Behind(string source) => kind switch
        {
            "convolution" => [new Node("x", new Operation.Convolution(3, 5, 2, Stride: 2, Padding: 2), source)],
            "relu" => [new Node("x", new Operation.Relu(), source)],
            "max-pool" => [new Node("x", new Operation.MaxPool(1, 1), source)],
            "global-average-pool" => [new Node("x", new Operation.GlobalAveragePool(), source)],
            "add" => [new Node("x", new Operation.Add(), source, source)],
            _ => [new Node("x", new Operation.BatchNorm(), source)],
        };
        Network Build(Operation first) => new("behind", new Shape(2, 3, 10), [
            new Node("c", first, Network.InputName),
            new Node("f", new Operation.Flatten(), "c"),
            new Node("g", new Operation.Flatten(), "f"),
            .. Behind("g"),
            new Node("h", new Operation.Flatten(), "x"),
            new Node("d", new Operation.FullyConnected(4), "h"),
        ]);
        var map = Build(new Operation.Convolution(4, 1, 5, Padding: 4));
        var error = Assert.Throws<ArgumentException>(() => new CpuEngine(map, MaskSet.Full(map), 8));
        Assert.Contains($"{kind} 'x'", error.Message, StringComparison.Ordinal);

        // A vector is one.
        var vector = Build(new Operation.Convolution(4, 3, 10));
        var masks = MaskSet.Full(vector);
        var parameters = Graphs.Parameters(vector, masks);
        var data = new RandomExamples(vector.Input, vector.Output.Count, 9);
        using var engine = new CpuEngine(vector, masks, 9);
        engine.Load(parameters);
        var loss = engine.Gradient(data, Setups.Range(9), GradientScope.Dense, new ParameterBlock(vector));
        Assert.Equal(new DoubleNetwork(vector).Loss(Setups.ToDoubles(parameters), Examples.From(data, Setups.Range(9))), loss, 1e-4);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradient_is_that_of_the_double_twin(string name, double density, int batch)
    {
        var (network, masks, parameters, data) = Setup(name, density, batch);
        var twin = new DoubleNetwork(network);
        var examples = Examples.From(data, Setups.Range(batch));
        var expected = twin.Gradient(Setups.ToDoubles(parameters), examples);
        using var engine = new CpuEngine(network, masks, batch);
        engine.Load(parameters);

        var dense = new ParameterBlock(network);
        var loss = engine.Gradient(data, Setups.Range(batch), GradientScope.Dense, dense);
        var active = new ParameterBlock(network);
        engine.Gradient(data, Setups.Range(batch), GradientScope.Active, active);

        Assert.Equal(twin.Loss(Setups.ToDoubles(parameters), examples), loss, 1e-4);
        var scale = expected.Max(Math.Abs);
        for (var index = 0; index < expected.Length; index++)
        {
            Assert.Equal(expected[index], dense.Values[index], (2e-4 * Math.Abs(expected[index])) + (2e-5 * scale));
        }

        var masked = dense.Clone();
        masked.Apply(masks);
        Assert.Equal(masked.Values, active.Values);
    }

    [Theory]
    [InlineData(5, 1.0)]
    [InlineData(37, 1.0)]
    [InlineData(300, 1.0)]
    [InlineData(37, 0.3)]
    public void A_constant_channel_is_exactly_its_shift_so_that_no_rounding_noise_opens_a_ReLU(int batch, double density)
    {
        // Two channels of c1 are their bias everywhere; their shifts in n1 are 0, and noise of either sign would decide what the ReLU behind lets through.
        var network = new Network("constant", new Shape(2, 7, 9), [
            new Node("c1", new Operation.Convolution(4, 3, 3, Padding: 1), Network.InputName),
            new Node("n1", new Operation.BatchNorm(), "c1"),
            new Node("r1", new Operation.Relu(), "n1"),
            new Node("c2", new Operation.Convolution(3, 1, 1), "r1"),
            new Node("n2", new Operation.BatchNorm(), "c2"),
            new Node("r2", new Operation.Relu(), "n2"),
            new Node("a", new Operation.GlobalAveragePool(), "r2"),
            new Node("d", new Operation.FullyConnected(3), "a"),
        ]);
        var masks = Setups.Masks(network, density);
        var parameters = Graphs.Parameters(network, masks);
        parameters.Weights(0)[..(2 * 18)].Clear();
        (parameters.Biases(0)[0], parameters.Biases(0)[1]) = (0.7310f, -1234.567f);
        parameters.Shifts(0)[..2].Clear();
        var data = new RandomExamples(network.Input, 3, batch);
        var expected = new DoubleNetwork(network).Gradient(Setups.ToDoubles(parameters), Examples.From(data, Setups.Range(batch)));
        var gradient = new ParameterBlock(network);
        using var engine = new CpuEngine(network, masks, batch);
        engine.Load(parameters);
        engine.Gradient(data, Setups.Range(batch), GradientScope.Dense, gradient);
        var scale = expected.Max(Math.Abs);
        for (var index = 0; index < expected.Length; index++)
        {
            Assert.Equal(expected[index], gradient.Values[index], 2e-5 * (scale + Math.Abs(expected[index])));
        }

        // What the closed ReLU lets through to c2: nothing.
        for (var output = 0; output < 3; output++)
        {
            Assert.Equal([0f, 0f], gradient.Weights(1).Slice(output * 4, 2).ToArray());
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_take_the_running_statistics(string name, double density, int batch)
    {
        var (network, masks, parameters, data) = Setup(name, density, batch);
        using var engine = new CpuEngine(network, masks, 11);
        engine.Load(parameters);
        var logits = new float[batch * network.Output.Count];
        engine.Logits(data, 0, batch, logits);
        var expected = new DoubleNetwork(network, NormMode.Running).Logits(Setups.ToDoubles(parameters), Examples.From(data, Setups.Range(batch)));
        var scale = expected.Max(Math.Abs);
        for (var index = 0; index < expected.Length; index++)
        {
            Assert.Equal(expected[index], logits[index], 2e-5 * (scale + Math.Abs(expected[index])));
        }

        var many = engine.EvaluateMany(data, 0, batch, [parameters, parameters]);
        var one = engine.Evaluate(data, 0, batch);
        Assert.Equal([one, one], many);
    }

    [Theory]
    [InlineData("resnet small", 0.4)]
    [InlineData("norms everywhere", 1)]
    [InlineData("vgg", 0.3)]
    public void TrainingStep_follows_the_definition_of_SGD_and_moves_the_running_statistics(string name, double density)
    {
        const int batch = 24;
        var (network, masks, parameters, data) = Setup(name, density, batch);
        var twin = new DoubleNetwork(network) { LabelSmoothing = Step.LabelSmoothing };
        var examples = Examples.From(data, Setups.Range(batch));
        using var engine = new CpuEngine(network, masks, batch);
        engine.Load(parameters);
        engine.TrainingStep(data, Setups.Range(batch), Step);
        var stored = new ParameterBlock(network);
        engine.Store(stored, new ParameterBlock(network));

        var start = Setups.ToDoubles(parameters);
        var gradient = twin.Gradient(start, examples);
        var expected = twin.WithRunningStatistics(start, examples);
        var weights = new ParameterBlock(network);
        for (var layer = 0; layer < network.Layers.Count; layer++)
        {
            for (var index = 0; index < network.Layers[layer].WeightCount; index++)
            {
                weights.Weights(layer)[index] = masks[layer][index] ? 1 : 2; // what L2 and the mask do to a weight
            }
        }

        for (var index = 0; index < network.ParameterCount; index++)
        {
            var slope = gradient[index] + (weights.Values[index] == 1 ? 2 * Step.L2 * start[index] : 0);
            expected[index] -= weights.Values[index] == 2 ? 0 : Step.LearningRate * (1 + Step.Momentum) * slope;
        }

        for (var index = 0; index < expected.Length; index++)
        {
            Assert.Equal(expected[index], stored.Values[index], 2e-4 * (0.1 + Math.Abs(expected[index])));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Sparse_kernels_give_the_bits_of_masked_dense_ones(string name, double density, int batch)
    {
        var (network, masks, parameters, data) = Setup(name, density, batch);
        var trained = new float[2][];
        for (var kind = 0; kind < 2; kind++)
        {
            using var engine = new CpuEngine(network, masks, batch, 1, dense: kind == 1);
            engine.Load(parameters);
            engine.TrainingStep(data, Setups.Range(batch), Step);
            engine.TrainingStep(data, Setups.Range(batch), Step);
            var result = new ParameterBlock(network);
            engine.Store(result, new ParameterBlock(network));
            trained[kind] = result.Values;
        }

        Assert.Equal(trained[0], trained[1]);
    }

    [Theory]
    [InlineData("resnet small", 0.3)]
    [InlineData("sums everywhere", 1)]
    public void TrainingStep_gives_the_same_bits_for_every_number_of_threads(string name, double density)
    {
        var (network, masks, parameters, data) = Setup(name, density, 150);
        float[] Train(int threads)
        {
            using var engine = new CpuEngine(network, masks, 150, threads);
            engine.Load(parameters);
            for (var step = 0; step < 3; step++)
            {
                engine.TrainingStep(data, [.. Enumerable.Range(0, 150 - (step * 40))], Step);
            }

            var result = new ParameterBlock(network);
            engine.Store(result, new ParameterBlock(network));
            return [.. result.Values, (float)engine.Evaluate(data, 0, 150).Loss];
        }

        var reference = Train(1);
        Assert.Equal(reference, Train(2));
        Assert.Equal(reference, Train(5));
    }

    [Fact]
    public void EstimateStatistics_replaces_the_running_ones_by_those_of_the_examples()
    {
        var (network, masks, parameters, data) = Setup("resnet small", 0.5, 40);
        using var engine = new CpuEngine(network, masks, 40);
        engine.Load(parameters);
        engine.EstimateStatistics(data, Setups.Range(40));
        var estimated = new ParameterBlock(network);
        engine.Store(estimated, new ParameterBlock(network));
        var seen = new DoubleNetwork(network).Statistics(Setups.ToDoubles(parameters), Examples.From(data, Setups.Range(40)));
        for (var norm = 0; norm < network.Norms.Count; norm++)
        {
            for (var channel = 0; channel < network.Norms[norm].Channels; channel++)
            {
                var unbiased = seen[norm].Variances[channel] * seen[norm].Count / (seen[norm].Count - 1);
                Assert.Equal(seen[norm].Means[channel], estimated.Means(norm)[channel], 1e-4 * (1 + Math.Sqrt(unbiased)));
                Assert.Equal(unbiased, estimated.Variances(norm)[channel], 2e-4 * (1e-3 + unbiased));
            }
        }

        Assert.Equal(parameters.Trained.ToArray(), estimated.Trained.ToArray());
    }

    private static (Network Network, MaskSet Masks, ParameterBlock Parameters, RandomExamples Data) Setup(string name, double density, int batch)
    {
        var network = Graphs.Create(name);
        var masks = Setups.Masks(network, density);
        return (network, masks, Graphs.Parameters(network, masks), new RandomExamples(network.Input, network.Output.Count, batch));
    }
}
