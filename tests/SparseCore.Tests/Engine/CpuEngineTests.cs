using SparseCore.Cpu;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Tests.Engine;

public class CpuEngineTests
{
    private static readonly SgdStep Step = new(0.05f, 0.9f, 5e-4f);

    public static TheoryData<string, double, int> Cases
    {
        get
        {
            var data = new TheoryData<string, double, int>();
            foreach (var name in Setups.NetworkNames)
            {
                foreach (var density in new[] { 0, -1, 0.02, 0.3, 0.5, 0.8, 1 })
                {
                    data.Add(name, density, 18);
                }

                foreach (var batch in new[] { 1, 7, 128, 130 })
                {
                    data.Add(name, 0.3, batch);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradient_of_active_and_masked_weights_is_that_of_the_double_twin(string name, double density, int batch)
    {
        var network = Setups.Create(name);
        var masks = Setups.Masks(network, density);
        var parameters = Setups.Parameters(network, masks);
        var data = new RandomExamples(network.Input, network.Output.Count, batch);
        var twin = new ScalarTwin(network);
        var expected = twin.Gradient(Setups.ToDoubles(parameters), data, Setups.Range(batch));
        using var engine = new CpuEngine(network, masks, batch);
        engine.Load(parameters);

        var dense = new ParameterBlock(network);
        var loss = engine.Gradient(data, Setups.Range(batch), GradientScope.Dense, dense);
        var active = new ParameterBlock(network);
        engine.Gradient(data, Setups.Range(batch), GradientScope.Active, active);

        Assert.Equal(twin.Loss(Setups.ToDoubles(parameters), data, Setups.Range(batch)), loss, 1e-5);
        for (var index = 0; index < expected.Length; index++)
        {
            Assert.Equal(expected[index], dense.Values[index], 2e-5 * (1 + Math.Abs(expected[index])));
        }

        var masked = dense.Clone();
        masked.Apply(masks);
        Assert.Equal(masked.Values, active.Values);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradient_of_masked_weights_has_the_bits_of_dense_kernels(string name, double density, int batch)
    {
        var network = Setups.Create(name);
        var masks = Setups.Masks(network, density);
        var data = new RandomExamples(network.Input, network.Output.Count, batch);
        ParameterBlock Gradient(bool dense)
        {
            using var engine = new CpuEngine(network, masks, batch, 1, dense);
            engine.Load(Setups.Parameters(network, masks));
            var gradient = new ParameterBlock(network);
            engine.Gradient(data, Setups.Range(batch), GradientScope.Dense, gradient);
            return gradient;
        }

        Assert.Equal(Gradient(dense: true).Values, Gradient(dense: false).Values);
    }

    [Theory]
    [InlineData("padded")]
    [InlineData("strided")]
    [InlineData("overlapping pool")]
    [InlineData("relu first")]
    public void Gradient_of_the_double_twin_is_that_of_central_differences(string name)
    {
        const double step = 1e-6;
        var network = Setups.Create(name);
        var data = new RandomExamples(network.Input, network.Output.Count, 3);
        var twin = new ScalarTwin(network);
        var parameters = Setups.ToDoubles(Setups.Parameters(network, MaskSet.Full(network)));
        var gradient = twin.Gradient(parameters, data, Setups.Range(3));
        for (var index = 0; index < parameters.Length; index += 7)
        {
            var value = parameters[index];
            parameters[index] = value + step;
            var above = twin.Loss(parameters, data, Setups.Range(3));
            parameters[index] = value - step;
            var below = twin.Loss(parameters, data, Setups.Range(3));
            parameters[index] = value;
            Assert.Equal((above - below) / (2 * step), gradient[index], 1e-6 * (1 + Math.Abs(gradient[index])));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_are_those_of_the_double_twin(string name, double density, int batch)
    {
        var network = Setups.Create(name);
        var masks = Setups.Masks(network, density);
        var parameters = Setups.Parameters(network, masks);
        var data = new RandomExamples(network.Input, network.Output.Count, batch + 40);
        using var engine = new CpuEngine(network, masks, batch);
        engine.Load(parameters);
        var logits = new float[(batch + 37) * network.Output.Count];
        engine.Logits(data, 3, batch + 37, logits);
        var twin = new ScalarTwin(network);
        for (var example = 0; example < batch + 37; example++)
        {
            var expected = twin.Logits(Setups.ToDoubles(parameters), data.Row(example + 3));
            for (var c = 0; c < expected.Length; c++)
            {
                Assert.Equal(expected[c], logits[(example * expected.Length) + c], 2e-5 * (1 + Math.Abs(expected[c])));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Sparse_kernels_give_the_bits_of_masked_dense_ones(string name, double density, int batch)
    {
        var network = Setups.Create(name);
        var masks = Setups.Masks(network, density);
        var data = new RandomExamples(network.Input, network.Output.Count, batch);
        var logits = new float[2][];
        var gradients = new float[2][];
        var trained = new float[2][];
        for (var kind = 0; kind < 2; kind++)
        {
            using var engine = new CpuEngine(network, masks, batch, 1, dense: kind == 1);
            engine.Load(Setups.Parameters(network, masks));
            logits[kind] = new float[batch * network.Output.Count];
            engine.Logits(data, 0, batch, logits[kind]);
            var gradient = new ParameterBlock(network);
            engine.Gradient(data, Setups.Range(batch), GradientScope.Active, gradient);
            gradients[kind] = gradient.Values;
            engine.TrainingStep(data, Setups.Range(batch), Step);
            engine.TrainingStep(data, Setups.Range(batch), Step);
            var parameters = new ParameterBlock(network);
            engine.Store(parameters, new ParameterBlock(network));
            trained[kind] = parameters.Values;
        }

        Assert.Equal(logits[0], logits[1]);
        Assert.Equal(gradients[0], gradients[1]);
        Assert.Equal(trained[0], trained[1]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0.4)]
    [InlineData(0.05)]
    public void TrainingStep_gives_the_same_bits_for_every_number_of_threads(double density)
    {
        var reference = Train("lenet5", density, threads: 1);
        Assert.Equal(reference.Values, Train("lenet5", density, threads: 2).Values);
        Assert.Equal(reference.Values, Train("lenet5", density, threads: 3).Values);
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(0.9)]
    public void TrainingStep_keeps_masked_weights_at_zero(double density)
    {
        var network = Setups.Create("lenet5");
        var masks = Setups.Masks(network, density);
        var trained = Train("lenet5", density, threads: 1);
        var masked = trained.Clone();
        masked.Apply(masks);
        Assert.Equal(masked.Values.Select(BitConverter.SingleToInt32Bits), trained.Values.Select(BitConverter.SingleToInt32Bits));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TrainingStep_follows_the_definition_of_SGD(bool nesterov)
    {
        var network = Setups.Create("lenet5");
        var masks = Setups.Masks(network, 0.2);
        var data = new RandomExamples(network.Input, network.Output.Count, 40);
        var step = Step with { Nesterov = nesterov };
        using var engine = new CpuEngine(network, masks, 40);
        var before = Setups.Parameters(network, masks);
        var momentum = Setups.Parameters(network, masks, seed: 99);
        var gradient = new ParameterBlock(network);
        engine.Load(before, momentum);
        var loss = engine.Gradient(data, Setups.Range(40), GradientScope.Active, gradient);
        engine.TrainingStep(data, Setups.Range(40), step);
        Assert.Equal((float)loss, engine.ReadLoss());
        var after = new ParameterBlock(network);
        var velocity = new ParameterBlock(network);
        engine.Store(after, velocity);
        for (var layer = 0; layer < network.Layers.Count; layer++)
        {
            for (var index = 0; index < network.Layers[layer].WeightCount; index++)
            {
                if (masks[layer][index])
                {
                    var w = before.Weights(layer)[index];
                    var g = gradient.Weights(layer)[index] + (2.0 * step.L2 * w);
                    Check(w, g, momentum.Weights(layer)[index], after.Weights(layer)[index], velocity.Weights(layer)[index]);
                }
            }

            for (var index = 0; index < network.Layers[layer].BiasCount; index++)
            {
                var w = before.Biases(layer)[index];
                Check(w, gradient.Biases(layer)[index], momentum.Biases(layer)[index], after.Biases(layer)[index], velocity.Biases(layer)[index]);
            }
        }

        void Check(double w, double g, double v, double newWeight, double newVelocity)
        {
            var expected = (step.Momentum * v) - (step.LearningRate * g);
            Assert.Equal(expected, newVelocity, 1e-6);
            Assert.Equal(nesterov ? w + (step.Momentum * expected) - (step.LearningRate * g) : w + expected, newWeight, 1e-6);
        }
    }

    [Fact]
    public void TrainingStep_flushes_tiny_momentum_to_zero()
    {
        var network = Setups.Create("lenet300");
        var masks = MaskSet.Full(network);
        var data = new RandomExamples(network.Input, network.Output.Count, 4);
        using var engine = new CpuEngine(network, masks, 4);
        var momentum = new ParameterBlock(network);
        Array.Fill(momentum.Values, 1e-35f);
        engine.Load(Setups.Parameters(network, masks), momentum);
        engine.TrainingStep(data, Setups.Range(4), new SgdStep(0f, 0.9f, 0f));
        engine.Store(new ParameterBlock(network), momentum);
        Assert.All(momentum.Values, value => Assert.Equal(0f, value));
    }

    [Fact]
    public void TrainingStep_allocates_nothing()
    {
        var network = Setups.Create("lenet5");
        var data = new RandomExamples(network.Input, network.Output.Count, 128);
        using var engine = new CpuEngine(network, Setups.Masks(network, 0.1), 128, threads: 2);
        engine.Load(Setups.Parameters(network, engine.Masks));
        var batch = Setups.Range(128);
        engine.TrainingStep(data, batch, Step);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var step = 0; step < 10; step++)
        {
            engine.TrainingStep(data, batch, Step);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Evaluate_counts_the_logits_arg_max_and_averages_the_loss(int threads)
    {
        var network = Setups.Create("lenet5");
        var masks = Setups.Masks(network, 0.5);
        var parameters = Setups.Parameters(network, masks);
        var data = new RandomExamples(network.Input, network.Output.Count, 300);
        using var engine = new CpuEngine(network, masks, 128, threads);
        engine.Load(parameters);
        var logits = new float[290 * 10];
        engine.Logits(data, 5, 290, logits);
        var correct = Enumerable.Range(0, 290).Count(row =>
        {
            var values = logits.AsSpan(row * 10, 10);
            return values.IndexOf(values.ToArray().Max()) == data.Label(row + 5);
        });
        var result = engine.Evaluate(data, 5, 290);
        Assert.Equal((double)correct / 290, result.Accuracy);
        Assert.Equal(new ScalarTwin(network).Loss(Setups.ToDoubles(parameters), data, [.. Enumerable.Range(5, 290)]), result.Loss, 1e-5);
    }

    [Theory]
    [InlineData(0.1, 1)]
    [InlineData(0.1, 2)]
    [InlineData(0.8, 2)]
    public void EvaluateMany_gives_the_bits_of_single_evaluations(double density, int threads)
    {
        var network = Setups.Create("lenet5");
        var masks = Setups.Masks(network, density);
        var data = new RandomExamples(network.Input, network.Output.Count, 200);
        using var engine = new CpuEngine(network, masks, 128, threads);
        var path = new ulong[] { 1, 2, 3 }.Select(seed => Setups.Parameters(network, MaskSet.Full(network), seed)).ToArray();
        var own = Setups.Parameters(network, masks);
        engine.Load(own);
        var before = engine.Evaluate(data, 0, 200);
        var found = engine.EvaluateMany(data, 7, 180, path);
        Assert.Equal(before, engine.Evaluate(data, 0, 200));
        for (var point = 0; point < path.Length; point++)
        {
            engine.Load(path[point]);
            Assert.Equal(engine.Evaluate(data, 7, 180), found[point]);
        }
    }

    [Fact]
    public void LogitsOf_raw_inputs_are_the_logits_of_the_same_examples()
    {
        var network = Setups.Create("padded");
        var data = new RandomExamples(network.Input, network.Output.Count, 40);
        using var engine = new CpuEngine(network, MaskSet.Full(network), 16);
        engine.Load(Setups.Parameters(network, engine.Masks));
        var inputs = Enumerable.Range(0, 40).SelectMany(example => data.Row(example).ToArray()).ToArray();
        var expected = new float[40 * network.Output.Count];
        var found = new float[expected.Length];
        engine.Logits(data, 0, 40, expected);
        engine.LogitsOf(inputs, 40, found);
        Assert.Equal(expected, found);
    }

    [Fact]
    public void Store_gives_back_what_was_loaded()
    {
        var network = Setups.Create("lenet5");
        foreach (var density in new[] { 0.1, 0.7, 1 })
        {
            var masks = Setups.Masks(network, density);
            using var engine = new CpuEngine(network, MaskSet.Full(network), 16);
            engine.Rebuild(masks);
            var parameters = Setups.Parameters(network, masks);
            var momentum = Setups.Parameters(network, masks, seed: 8);
            engine.Load(Setups.Parameters(network, MaskSet.Full(network)), Setups.Parameters(network, MaskSet.Full(network), seed: 8));
            engine.Load(parameters, momentum);
            var found = new ParameterBlock(network);
            var foundMomentum = new ParameterBlock(network);
            engine.Store(found, foundMomentum);
            Assert.Equal(parameters.Values, found.Values);
            Assert.Equal(momentum.Values, foundMomentum.Values);
        }
    }

    [Fact]
    public void FindNonFiniteLayer_names_the_layer_that_overflowed()
    {
        var network = Setups.Create("lenet5");
        var data = new RandomExamples(network.Input, network.Output.Count, 16);
        using var engine = new CpuEngine(network, MaskSet.Full(network), 16);
        var parameters = Setups.Parameters(network, engine.Masks);
        engine.Load(parameters);
        engine.TrainingStep(data, Setups.Range(16), Step);
        Assert.Null(engine.FindNonFiniteLayer());
        parameters.Weights(1)[3] = float.NaN;
        engine.Load(parameters);
        engine.TrainingStep(data, Setups.Range(16), Step);
        Assert.False(float.IsFinite(engine.ReadLoss()));
        Assert.Equal("conv2", engine.FindNonFiniteLayer());
    }

    [Fact]
    public void Doors_name_what_was_expected_and_found()
    {
        var network = Setups.Create("lenet5");
        using var engine = new CpuEngine(network, MaskSet.Full(network), 8);
        var data = new RandomExamples(network.Input, network.Output.Count, 20);
        Assert.Contains("1 to 8", Assert.Throws<ArgumentException>(() => engine.TrainingStep(data, Setups.Range(9), Step)).Message);
        Assert.Contains("20 examples", Assert.Throws<ArgumentException>(() => engine.Evaluate(data, 10, 11)).Message);
        var other = new RandomExamples(new Shape(1, 4, 4), 10, 20);
        Assert.Contains("[1, 4, 4]", Assert.Throws<ArgumentException>(() => engine.Evaluate(other, 0, 1)).Message);
        var branched = new Network("branched", new Shape(1, 4, 4), [
            new Node("a", new Operation.Relu(), Network.InputName),
            new Node("b", new Operation.Relu(), Network.InputName),
        ]);
        Assert.Contains("'a'", Assert.Throws<ArgumentException>(() => new CpuEngine(branched, MaskSet.Full(branched), 8)).Message);
    }

    private static ParameterBlock Train(string name, double density, int threads)
    {
        var network = Setups.Create(name);
        var data = new RandomExamples(network.Input, network.Output.Count, 300);
        using var engine = new CpuEngine(network, Setups.Masks(network, density), 130, threads);
        engine.Load(Setups.Parameters(network, engine.Masks));
        for (var step = 0; step < 5; step++)
        {
            engine.TrainingStep(data, [.. Enumerable.Range(step * 30, step == 4 ? 77 : 130)], Step);
        }

        var parameters = new ParameterBlock(network);
        engine.Store(parameters, new ParameterBlock(network));
        return parameters;
    }
}
