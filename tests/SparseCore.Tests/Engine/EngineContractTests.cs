using System.Collections.Concurrent;
using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Randomness;
using SparseCore.Reference;
using SparseCore.Tests.Reference;

namespace SparseCore.Tests.Engine;

/// <summary>
/// What every engine must do, against the network in double precision: all operations of <see cref="IEngine"/> and its conventions, on networks that hold every kind
/// of operation. An engine's tests derive from this class; everything else of them is about its own promises.
/// </summary>
/// <param name="engines">The engine.</param>
/// <param name="tolerance">Largest difference of a value, relative to the largest of its kind: rounding of the engine's number format.</param>
public abstract class EngineContractTests(IEngineFactory engines, double tolerance)
{
    private static readonly ConcurrentDictionary<(string Name, double Density), ulong> Seeds = new();

    private const int Count = 21;

    public static TheoryData<string, double> Cases
    {
        get
        {
            var cases = new TheoryData<string, double>();
            foreach (var name in new[] { "lenet5", "strided", "overlapping pool", "no bias", "vgg", "resnet small", "norms everywhere" })
            {
                cases.Add(name, 1);
                cases.Add(name, 0.4);
            }

            return cases;
        }
    }

    [Fact]
    public void Identity_says_what_computes()
    {
        var identity = engines.Identity;
        Assert.All([identity.Device, identity.Library], text => Assert.False(string.IsNullOrWhiteSpace(text)));
        Assert.Same(identity, engines.Identity);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Store_gives_back_what_was_loaded_with_0_outside_the_masks(string name, double density)
    {
        var (network, masks, parameters, _) = Setup(name, density);
        using var engine = engines.Create(network, masks, 8);
        Assert.Equal((8, network, masks), (engine.BatchSize, engine.Network, engine.Masks));
        var momentum = Setups.Parameters(network, masks, seed: 11);
        Array.Clear(momentum.Values, network.ParameterCount, network.ValueCount - network.ParameterCount);
        var (noisy, noisyMomentum) = (WithNoiseOutside(parameters, masks), WithNoiseOutside(momentum, masks));
        engine.Load(noisy, noisyMomentum);
        var (stored, storedMomentum) = Stored(engine);
        Assert.Equal(parameters.Values, stored.Values);
        Assert.Equal(momentum.Trained.ToArray(), storedMomentum.Trained.ToArray());
        engine.Load(noisy);
        (stored, storedMomentum) = Stored(engine);
        Assert.Equal(parameters.Values, stored.Values);
        Assert.All(storedMomentum.Trained.ToArray(), value => Assert.Equal(0f, value));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradients_of_both_scopes_are_those_of_the_twin(string name, double density)
    {
        var (network, masks, parameters, data) = Setup(name, density);
        var point = DoubleNetwork.Widen(parameters);
        var examples = Examples.From(data, Setups.Range(Count));
        using var engine = engines.Create(network, masks, Count);
        engine.Load(parameters);
        var (dense, active) = (new ParameterBlock(network), new ParameterBlock(network));
        var loss = engine.Gradient(data, Setups.Range(Count), GradientScope.Dense, dense);
        Assert.Equal(loss, engine.Gradient(data, Setups.Range(Count), GradientScope.Active, active), 1e-5);
        Assert.Equal(new DoubleNetwork(network, masks).Loss(point, examples), loss, tolerance * (1 + Math.Abs(loss)));
        Close(new DoubleNetwork(network).Gradient(point, examples), dense.Values);
        Close(new DoubleNetwork(network, masks).Gradient(point, examples), active.Values);
        for (var layer = 0; layer < masks.Count; layer++)
        {
            for (var index = masks[layer].NextInactive(0); index < masks[layer].Length; index = masks[layer].NextInactive(index + 1))
            {
                Assert.Equal(0f, active.Weights(layer)[index]);
            }
        }
    }

    [Theory]
    [InlineData("lenet5")]
    [InlineData("strided")]
    public void Gradients_of_more_examples_than_a_batch_are_the_mean_over_all(string name)
    {
        var (network, masks, parameters, data) = Setup(name, 0.4);
        using var engine = engines.Create(network, masks, 4);
        engine.Load(parameters);
        var gradient = new ParameterBlock(network);
        engine.Gradient(data, [5, 3, 8, 1, 2, 0, 7, 7, 6], GradientScope.Dense, gradient);
        Close(new DoubleNetwork(network).Gradient(DoubleNetwork.Widen(parameters), Examples.From(data, [5, 3, 8, 1, 2, 0, 7, 7, 6])), gradient.Values);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Training_steps_follow_the_definition_of_SGD(string name, double density)
    {
        var (network, masks, parameters, data) = Setup(name, density);
        foreach (var (sgd, batch) in new[]
        {
            (new SgdStep(0.02f, 0.9f, 5e-4f), Count), (new SgdStep(0.02f, 0.9f, 1e-3f, Nesterov: true, LabelSmoothing: 0.1f), Count), (new SgdStep(0.02f, 0f, 0f), 10),
        })
        {
            var twin = new DoubleNetwork(network, masks) { LabelSmoothing = sgd.LabelSmoothing };
            var examples = Examples.From(data, Setups.Range(batch));
            var (point, velocity) = (DoubleNetwork.Widen(parameters), new double[network.ValueCount]);
            using var engine = engines.Create(network, masks, Count);
            engine.Load(parameters);
            var steps = network.Norms.Count > 0 ? 1 : 2; // a rounding that opens a ReLU behind a normalization grows from step to step
            for (var step = 0; step < steps; step++)
            {
                var loss = twin.Loss(point, examples);
                TwinSgd.Step(twin, point, velocity, examples, sgd.LearningRate, (sgd.Momentum, sgd.L2, sgd.Nesterov));
                engine.TrainingStep(data, Setups.Range(batch), sgd);
                Assert.Equal(loss, engine.ReadLoss(), 4 * tolerance * (1 + Math.Abs(loss)));
            }

            var (stored, momentum) = Stored(engine);
            Close(point, stored.Values, 4);
            Close(velocity[..network.ParameterCount], momentum.Trained.ToArray(), 4);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Outputs_take_the_running_statistics_and_are_those_of_the_twin(string name, double density)
    {
        var (network, masks, parameters, data) = Setup(name, density);
        var classes = network.Output.Count;
        var expected = new DoubleNetwork(network, masks, NormMode.Running).Logits(DoubleNetwork.Widen(parameters), Examples.From(data, Setups.Range(Count)));
        using var engine = engines.Create(network, masks, 8);
        engine.Load(parameters);
        var logits = new float[(Count - 2) * classes];
        engine.Logits(data, 2, Count - 2, logits);
        Close(expected[(2 * classes)..], logits);

        var inputs = Enumerable.Range(0, Count).SelectMany(example => data.Row(example).ToArray()).ToArray();
        var ofInputs = new float[Count * classes];
        engine.LogitsOf(inputs, Count, ofInputs);
        Close(expected, ofInputs);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Evaluation_is_mean_loss_and_arg_max_also_of_many_vectors_at_once(string name, double density)
    {
        var (network, masks, parameters, data) = Setup(name, density);
        var others = Setups.Parameters(network, masks, seed: 17);
        for (var norm = 0; norm < network.Norms.Count; norm++)
        {
            others.Scales(norm).Fill(1);
            others.Variances(norm).Fill(1);
        }

        using var engine = engines.Create(network, masks, 8);
        engine.Load(parameters);
        var result = engine.Evaluate(data, 1, Count - 1);
        var examples = Examples.From(data, [.. Enumerable.Range(1, Count - 1)]);
        var twin = new DoubleNetwork(network, masks, NormMode.Running);
        Assert.Equal(twin.Loss(DoubleNetwork.Widen(parameters), examples), result.Loss, tolerance * (1 + Math.Abs(result.Loss)));
        var logits = twin.Logits(DoubleNetwork.Widen(parameters), examples);
        var classes = network.Output.Count;
        var correct = Enumerable.Range(0, examples.Count).Count(example =>
        {
            var row = logits.AsSpan(example * classes, classes);
            var best = 0;
            for (var c = 1; c < classes; c++)
            {
                best = row[c] > row[best] ? c : best;
            }

            return best == examples.Labels[example];
        });
        Assert.Equal((double)correct / examples.Count, result.Accuracy, 1e-12);

        var many = engine.EvaluateMany(data, 1, Count - 1, [others, WithNoiseOutside(parameters, masks)]);
        engine.Load(others);
        var alone = engine.Evaluate(data, 1, Count - 1);
        Assert.Equal(alone.Loss, many[0].Loss, tolerance * (1 + Math.Abs(alone.Loss)));
        Assert.Equal(result.Loss, many[1].Loss, tolerance * (1 + Math.Abs(result.Loss)));
        engine.Load(parameters);
        engine.EvaluateMany(data, 0, 3, [others]);
        Assert.Equal(parameters.Values, Stored(engine).Parameters.Values);
    }

    [Fact]
    public void Equal_outputs_count_as_the_class_of_lowest_index()
    {
        var network = Setups.Create("lenet5");
        var masks = MaskSet.Full(network);
        using var engine = engines.Create(network, masks, 8);
        engine.Load(new ParameterBlock(network));
        var data = new RandomExamples(network.Input, network.Output.Count, Count);
        var zeros = Enumerable.Range(0, Count).Count(example => data.Label(example) == 0);
        Assert.Equal(new LossAndAccuracy(Math.Log(10), (double)zeros / Count).Accuracy, engine.Evaluate(data, 0, Count).Accuracy, 1e-12);
    }

    [Theory]
    [InlineData("resnet small")]
    [InlineData("norms everywhere")]
    public void Estimated_statistics_are_those_of_the_examples_and_nothing_else_changes(string name)
    {
        var (network, masks, parameters, data) = Setup(name, 0.5);
        using var engine = engines.Create(network, masks, Count);
        engine.Load(parameters);
        engine.EstimateStatistics(data, Setups.Range(Count));
        var estimated = Stored(engine).Parameters;
        var seen = new DoubleNetwork(network, masks).Statistics(DoubleNetwork.Widen(parameters), Examples.From(data, Setups.Range(Count)));
        for (var norm = 0; norm < network.Norms.Count; norm++)
        {
            for (var channel = 0; channel < network.Norms[norm].Channels; channel++)
            {
                var unbiased = seen[norm].Variances[channel] * seen[norm].Count / (seen[norm].Count - 1);
                Assert.Equal(seen[norm].Means[channel], estimated.Means(norm)[channel], 10 * tolerance * (1 + Math.Sqrt(unbiased)));
                Assert.Equal(unbiased, estimated.Variances(norm)[channel], 20 * tolerance * (1e-3 + unbiased));
            }
        }

        Assert.Equal(parameters.Trained.ToArray(), estimated.Trained.ToArray());
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Curvature_products_are_those_of_the_twin_in_the_space_of_what_exists(string name, double density)
    {
        var (network, masks, parameters, data) = Setup(name, density);
        var direction = WithNoiseOutside(Setups.Parameters(network, masks, seed: 23), masks);
        using var engine = engines.Create(network, masks, 8);
        engine.Load(parameters);
        var (hessian, gaussNewton) = (Product(engine, CurvatureKind.Hessian, data, Count, direction), Product(engine, CurvatureKind.GaussNewton, data, Count, direction));
        var inside = direction.Clone();
        inside.Apply(masks);
        var twin = new DoubleNetwork(network, masks);
        var (point, vector, examples) = (DoubleNetwork.Widen(parameters), DoubleNetwork.Widen(inside), Examples.From(data, Setups.Range(Count)));
        Close(twin.HessianVector(point, vector, examples), hessian.Values, 10);
        Close(twin.GaussNewtonVector(point, vector, examples), gaussNewton.Values, 10);
    }

    [Fact]
    public void Curvature_products_do_not_depend_on_what_was_asked_before()
    {
        var (network, masks, parameters, data) = Setup("resnet small", 0.4);
        var (one, other) = (Setups.Parameters(network, masks, seed: 23), Setups.Parameters(network, masks, seed: 24));
        using var engine = engines.Create(network, masks, 8);
        engine.Load(parameters);
        var first = Product(engine, CurvatureKind.GaussNewton, data, Count, one);
        var second = Product(engine, CurvatureKind.Hessian, data, Count, one);
        Product(engine, CurvatureKind.Hessian, data, Count, other);
        Assert.Equal(second.Values, Product(engine, CurvatureKind.Hessian, data, Count, one).Values);
        Product(engine, CurvatureKind.Hessian, data, 5, one);
        Assert.Equal(first.Values, Product(engine, CurvatureKind.GaussNewton, data, Count, one).Values);

        // Other parameters, other products; the old ones again, the old products.
        engine.Load(other);
        Assert.NotEqual(second.Values, Product(engine, CurvatureKind.Hessian, data, Count, one).Values);
        engine.TrainingStep(data, Setups.Range(8), new SgdStep(0.1f, 0.9f, 0f));
        Assert.NotEqual(second.Values, Product(engine, CurvatureKind.Hessian, data, Count, one).Values);
        engine.Rebuild(MaskSet.Full(network));
        engine.Load(parameters);
        Product(engine, CurvatureKind.Hessian, data, Count, one);
        engine.Rebuild(masks);
        engine.Load(parameters);
        Assert.Equal(second.Values, Product(engine, CurvatureKind.Hessian, data, Count, one).Values);
    }

    private static ParameterBlock Product(IEngine engine, CurvatureKind kind, Dataset data, int count, ParameterBlock direction)
    {
        var product = new ParameterBlock(engine.Network);
        engine.CurvatureVector(kind, data, Setups.Range(count), direction, product);
        return product;
    }

    [Fact]
    public void Rebuilt_engines_have_the_new_masks()
    {
        var (network, masks, parameters, data) = Setup("lenet5", 0.4);
        using var engine = engines.Create(network, MaskSet.Full(network), 8);
        engine.Load(parameters);
        engine.TrainingStep(data, Setups.Range(8), new SgdStep(0.1f, 0.9f, 0f));
        engine.Rebuild(masks);
        Assert.Equal(masks, engine.Masks);
        engine.Load(parameters);
        engine.TrainingStep(data, Setups.Range(8), new SgdStep(0.1f, 0.9f, 0f));
        var (stored, momentum) = Stored(engine);
        var (inside, insideMomentum) = (stored.Clone(), momentum.Clone());
        inside.Apply(masks);
        insideMomentum.Apply(masks);
        Assert.Equal(inside.Values, stored.Values);
        Assert.Equal(insideMomentum.Values, momentum.Values);
        Assert.NotEqual(parameters.Values, stored.Values);
    }

    [Fact]
    public void A_loss_that_is_no_number_is_read_as_such_and_its_layer_is_found()
    {
        var (network, masks, parameters, data) = Setup("lenet5", 1);
        using var engine = engines.Create(network, masks, 8);
        engine.Load(parameters);
        engine.TrainingStep(data, Setups.Range(8), new SgdStep(0.01f, 0f, 0f));
        Assert.True(float.IsFinite(engine.ReadLoss()));
        Assert.Null(engine.FindNonFiniteLayer());
        parameters.Weights(2)[3] = float.NaN;
        engine.Load(parameters);
        engine.TrainingStep(data, Setups.Range(8), new SgdStep(0.01f, 0f, 0f));
        Assert.False(float.IsFinite(engine.ReadLoss()));
        Assert.NotNull(engine.FindNonFiniteLayer());
    }

    [Fact]
    public void What_does_not_fit_is_refused_with_both_numbers()
    {
        var (network, masks, parameters, data) = Setup("lenet5", 0.4);
        using var engine = engines.Create(network, masks, 8);
        engine.Load(parameters);
        var other = Setups.Create("lenet300");
        Refused(() => engine.TrainingStep(data, Setups.Range(9), new SgdStep(0.1f, 0f, 0f)), "8", "9");
        Refused(() => engine.Evaluate(data, 1, Count), $"{Count}");
        Refused(() => engine.Load(new ParameterBlock(other)), $"{network.ValueCount}");
        Refused(() => engine.Rebuild(MaskSet.Full(other)), $"{network.Layers.Count}");
        Refused(() => engine.Logits(data, 0, 2, new float[3]), "20", "3");
        Refused(() => engine.Evaluate(new RandomExamples(other.Input, 4, 5), 0, 5), network.Name);
        Refused(() => engine.Gradient(data, [], GradientScope.Active, new ParameterBlock(network)), "0");

        static void Refused(Action action, params string[] words)
        {
            var error = Assert.ThrowsAny<ArgumentException>(action);
            Assert.All(words, word => Assert.Contains(word, error.Message, StringComparison.Ordinal));
        }
    }

    private static (Network Network, MaskSet Masks, ParameterBlock Parameters, RandomExamples Data) Setup(string name, double density)
    {
        var isChain = Setups.NetworkNames.Contains(name);
        var network = isChain ? Setups.Create(name) : Graphs.Create(name);
        var masks = Setups.Masks(network, density);
        var data = new RandomExamples(network.Input, network.Output.Count, Count);
        var seed = Seeds.GetOrAdd((name, density), _ => Enumerable.Range(5, 300).Select(seed => (ulong)seed).First(seed => IsSmooth(network, Parameters(seed), data)));
        return (network, masks, Parameters(seed), data);

        ParameterBlock Parameters(ulong seed) => isChain ? Setups.Parameters(network, masks, seed) : Graphs.Parameters(network, masks, seed);
    }

    /// <summary>
    /// Whether the twin's gradient changes little with the parameters' last bits. Otherwise a value that a ReLU or a maximum sees lies so near its kink that rounding decides, and
    /// an engine may be right on either side.
    /// </summary>
    private static bool IsSmooth(Network network, ParameterBlock parameters, RandomExamples data)
    {
        var twin = new DoubleNetwork(network);
        var examples = Examples.From(data, Setups.Range(Count));
        var point = DoubleNetwork.Widen(parameters);
        var gradient = twin.Gradient(point, examples);
        var scale = gradient.Max(Math.Abs);
        var noise = new RandomStream(1, "rounding", 0);
        return Enumerable.Range(0, 3).All(_ =>
            gradient.Zip(twin.Gradient([.. point.Select(value => value * (1 + (1e-6 * noise.NextNormal())))], examples)).All(pair => Math.Abs(pair.First - pair.Second) < 1e-4 * scale));
    }

    private static ParameterBlock WithNoiseOutside(ParameterBlock block, MaskSet masks)
    {
        var noisy = block.Clone();
        for (var layer = 0; layer < masks.Count; layer++)
        {
            for (var index = masks[layer].NextInactive(0); index < masks[layer].Length; index = masks[layer].NextInactive(index + 1))
            {
                noisy.Weights(layer)[index] = 7;
            }
        }

        return noisy;
    }

    private static (ParameterBlock Parameters, ParameterBlock Momentum) Stored(IEngine engine)
    {
        var (parameters, momentum) = (new ParameterBlock(engine.Network), new ParameterBlock(engine.Network));
        engine.Store(parameters, momentum);
        return (parameters, momentum);
    }

    private void Close(double[] expected, float[] found, double times = 1)
    {
        Assert.Equal(expected.Length, found.Length);
        var scale = expected.Max(Math.Abs);
        for (var index = 0; index < expected.Length; index++)
        {
            Assert.Equal(expected[index], found[index], times * tolerance * (scale + Math.Abs(expected[index])));
        }
    }
}
