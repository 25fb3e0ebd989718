using SparseCore.Connectivity;
using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Reference;
using SparseCore.Tests.Engine;
using SparseCore.Torch.Library;
using SparseCore.Torch.Tests.Library;
using TorchSharp;

namespace SparseCore.Torch.Tests.Engine;

/// <summary>What the TorchSharp engine promises beyond the contract.</summary>
public sealed class TorchEngineTests
{
    private const int Count = 21;

    public static TheoryData<string> Networks => [.. Setups.NetworkNames.Concat(Graphs.Names)];

    [Theory]
    [MemberData(nameof(Networks))]
    public void Every_network_of_the_CPU_engines_tests_has_the_gradient_of_the_twin(string name)
    {
        var (network, masks, parameters, data) = Setup(name, 0.5);
        using var engine = TestEngines.OnCpu().Create(network, masks, Count);
        engine.Load(parameters);
        var gradient = new ParameterBlock(network);
        engine.Gradient(data, Setups.Range(Count), GradientScope.Dense, gradient);
        Close(new DoubleNetwork(network).Gradient(DoubleNetwork.Widen(parameters), Examples.From(data, Setups.Range(Count))), gradient.Values, 1e-4);
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void Vectors_evaluated_at_once_are_as_each_alone(string name)
    {
        var (network, masks, parameters, data) = Setup(name, 0.5);
        var vectors = Enumerable.Range(0, 4).Select(index => Shifted(parameters, masks, 1 + (0.1f * index))).ToArray();
        var alone = Evaluated(TestEngines.Device(vectorsAtOnce: 1));
        var grouped = Evaluated(TestEngines.Device(vectorsAtOnce: 3));
        for (var index = 0; index < vectors.Length; index++)
        {
            Assert.Equal(alone[index].Loss, grouped[index].Loss, 1e-4 * (1 + Math.Abs(alone[index].Loss)));
            Assert.Equal(alone[index].Accuracy, grouped[index].Accuracy, 1e-12);
        }

        LossAndAccuracy[] Evaluated(TorchDevice device)
        {
            using var engine = new TorchEngine(network, masks, 8, device, null);
            engine.Load(parameters);
            return engine.EvaluateMany(data, 1, Count - 1, vectors);
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(Count)]
    [InlineData(100)]
    public void A_micro_batch_leaves_the_step_of_a_network_without_normalizations_as_it_is(int microBatch)
    {
        var (network, masks, parameters, data) = Setup("lenet5", 0.4);
        var whole = Trained(TestEngines.OnCpu(), network, masks, parameters, data);
        var parts = Trained(TestEngines.On(new EngineOptions { MicroBatch = microBatch }), network, masks, parameters, data);
        Close(DoubleNetwork.Widen(whole), parts.Values, 1e-5);
    }

    [Theory]
    [InlineData("lenet5")]
    [InlineData("resnet small")]
    public void A_device_that_is_not_read_in_a_step_takes_the_same_steps(string name)
    {
        var (network, masks, parameters, data) = Setup(name, 0.4);
        using var unread = new TorchEngine(network, masks, Count, TestEngines.Device(), null);
        Assert.Equal(Trained(TestEngines.OnCpu(), network, masks, parameters, data).Values, Trained(unread, parameters, data).Values);
    }

    [Fact]
    public void A_micro_batch_is_part_of_the_numerics() => Assert.Equal(
        ["torch-2.10.0-cpu-float32", "torch-2.10.0-cpu-float32-micro-8", "torch-2.10.0-cpu-bf16"],
        [
            TestEngines.OnCpu(2).Identity.Numerics!,
            TestEngines.On(new EngineOptions { MicroBatch = 8 }).Identity.Numerics!,
            TestEngines.On(new EngineOptions { Precision = Precision.BFloat16 }).Identity.Numerics!,
        ]);

    [Fact]
    public void What_freed_tensors_held_does_not_reach_a_gradient()
    {
        // Channels that fill no block of oneDNN's, on AVX2 (8) and on AVX-512 (16).
        var network = ResNet20.Create([6, 12, 20], new Shape(3, 32, 32), 10);
        var masks = MaskSet.Full(network);
        using var engine = TestEngines.OnCpu().Create(network, masks, Count);
        engine.Load(Graphs.Parameters(network, masks));
        var data = new RandomExamples(network.Input, network.Output.Count, Count);
        var gradient = new ParameterBlock(network);
        for (var repetition = 0; repetition < 5; repetition++)
        {
            foreach (var size in new[] { 1_000L, 10_000L, 100_000L, 1_000_000L })
            {
                using var scope = torch.NewDisposeScope();
                for (var index = 0; index < 20; index++)
                {
                    _ = torch.full([size], float.NaN, dtype: torch.float32);
                }
            }

            engine.Gradient(data, Setups.Range(Count), GradientScope.Dense, gradient);
            Assert.All(gradient.Values, value => Assert.True(float.IsFinite(value)));
        }
    }

    [Fact]
    public void Switches_of_libtorch_are_found_and_set()
    {
        _ = TestEngines.OnCpu();
        var context = new LibtorchContext(RealLibraries.Folder);
        Assert.Equal(ConvolutionCheck.UsesOneDnn(RealLibraries.Folder), context.Read("userEnabledMkldnn"));
        var before = context.Read("userEnabledNNPACK");
        foreach (var value in new[] { false, true, before == true })
        {
            Assert.True(context.TrySet("setUserEnabledNNPACK", value));
            Assert.Equal(value, context.Read("userEnabledNNPACK"));
        }

        Assert.False(context.TrySet("setWhatIsNotThere", true));
        Assert.Null(context.Read("whatIsNotThere"));
        Assert.False(new LibtorchContext("nowhere").TrySet("setUserEnabledNNPACK", true));
    }

    [Fact]
    public void A_process_computes_one_way()
    {
        _ = TestEngines.OnCpu();
        var error = Assert.Throws<TorchException>(() => TestEngines.On(new EngineOptions { IsRepeatable = true }));
        Assert.Equal("repeatable=true: expected what this process computes with, repeatable=false. A process can do one: start another for this one.", error.Message);
    }

    [Fact]
    public void Repeatable_products_are_for_the_processor()
    {
        var error = Assert.Throws<TorchException>(() => TestEngines.On(new EngineOptions { IsRepeatable = true, Device = "cuda" }));
        Assert.StartsWith("repeatable=true is for libtorch on the processor, found device=cuda", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Normalizations_of_a_micro_batch_take_its_own_statistics()
    {
        var (network, masks, parameters, data) = Setup("norms everywhere", 1);
        var twin = new DoubleNetwork(network, masks);
        var point = DoubleNetwork.Widen(parameters);
        var parts = new[] { Enumerable.Range(0, 8).ToArray(), Enumerable.Range(8, 8).ToArray() };
        var mean = parts.Select(part => twin.Gradient(point, Examples.From(data, part))).Aggregate((one, other) => [.. one.Zip(other, (a, b) => (a + b) / 2)]);
        using var engine = TestEngines.On(new EngineOptions { MicroBatch = 8 }).Create(network, masks, 16);
        engine.Load(parameters);
        engine.TrainingStep(data, Setups.Range(16), new SgdStep(1f, 0f, 0f));
        var (stored, momentum) = (new ParameterBlock(network), new ParameterBlock(network));
        engine.Store(stored, momentum);
        Close([.. mean.Take(network.ParameterCount).Select(value => -value)], momentum.Trained.ToArray(), 1e-4);
    }

    [Fact]
    public void Rounded_products_give_nearly_the_same_gradient()
    {
        var (network, masks, parameters, data) = Setup("lenet5", 0.5);
        var gradients = new[] { Precision.Single, Precision.BFloat16 }.Select(precision =>
        {
            using var engine = TestEngines.On(new EngineOptions { Precision = precision }).Create(network, masks, Count);
            engine.Load(parameters);
            var gradient = new ParameterBlock(network);
            engine.Gradient(data, Setups.Range(Count), GradientScope.Active, gradient);
            return gradient.Values;
        }).ToArray();
        var distance = Math.Sqrt(gradients[0].Zip(gradients[1], (one, other) => Math.Pow(one - other, 2)).Sum());
        var relative = distance / Math.Sqrt(gradients[0].Sum(value => (double)value * value));
        Assert.InRange(relative, 1e-4, 0.05);
    }

    [Theory]
    [InlineData("lenet5", 0.3)]
    [InlineData("resnet small", 0.5)]
    [InlineData("norms everywhere", 0.7)]
    public void Weights_exchanged_on_the_device_are_those_that_the_updater_would_choose(string name, double fraction)
    {
        var (network, masks, parameters, data) = Setup(name, 0.4);
        parameters.Weights(0)[masks[0].NextActive(0)] = 0; // a tie with what is masked
        const float l2 = 1e-3f;
        using var engine = new TorchEngine(network, masks, 8, TestEngines.Device(), null);
        engine.Load(parameters, Setups.Parameters(network, masks, seed: 3));
        var (before, momentumBefore, signal) = (new ParameterBlock(network), new ParameterBlock(network), new ParameterBlock(network));
        engine.Store(before, momentumBefore);
        engine.Gradient(data, Setups.Range(Count), GradientScope.Dense, signal);
        for (var layer = 0; layer < masks.Count; layer++)
        {
            for (var index = 0; index < masks[layer].Length; index++)
            {
                signal.Weights(layer)[index] += 2 * l2 * before.Weights(layer)[index];
            }
        }

        var expected = DropAndGrow.Exchange(new GrowthContext(0, masks, before, signal, 1), fraction, new GradientGrowth()).Masks;
        int[] drops = [.. masks.ActiveCounts().Select(active => (int)(active * fraction))];
        Assert.Equal(expected, engine.ExchangeByGradient(data, Setups.Range(Count), l2, drops));
        Assert.Equal(expected, engine.Masks);
        Assert.NotEqual(masks, expected);
        var (after, momentumAfter) = (new ParameterBlock(network), new ParameterBlock(network));
        engine.Store(after, momentumAfter);
        before.Apply(expected);
        momentumBefore.Apply(expected);
        Assert.Equal(before.Values, after.Values);
        Assert.Equal(momentumBefore.Values, momentumAfter.Values);
    }

    [Fact]
    public void A_branch_that_leads_nowhere_has_no_gradient_and_no_curvature()
    {
        var network = new Network("branches", new Shape(1, 4, 4), [
            new Node("f", new Operation.Flatten(), Network.InputName),
            new Node("dead", new Operation.FullyConnected(3), "f"),
            new Node("d1", new Operation.FullyConnected(5), "f"),
            new Node("r", new Operation.Relu(), "d1"),
            new Node("lost", new Operation.BatchNorm(), "dead"),
            new Node("d2", new Operation.FullyConnected(4), "r"),
        ]);
        var masks = MaskSet.Full(network);
        var (parameters, direction) = (Setups.Parameters(network, masks), Setups.Parameters(network, masks, seed: 5));
        var data = new RandomExamples(network.Input, network.Output.Count, Count);
        using var engine = TestEngines.OnCpu().Create(network, masks, Count);
        engine.Load(parameters);
        var (gradient, product) = (new ParameterBlock(network), new ParameterBlock(network));
        engine.Gradient(data, Setups.Range(Count), GradientScope.Dense, gradient);
        engine.CurvatureVector(CurvatureKind.Hessian, data, Setups.Range(Count), direction, product);
        var (twin, point) = (new DoubleNetwork(network), DoubleNetwork.Widen(parameters));
        var examples = Examples.From(data, Setups.Range(Count));
        Close(twin.Gradient(point, examples), gradient.Values, 1e-4);
        Close(twin.HessianVector(point, DoubleNetwork.Widen(direction), examples), product.Values, 1e-5);
        Assert.All(product.Weights(0).ToArray(), value => Assert.Equal(0f, value));
    }

    [Fact]
    public void The_switch_of_deterministic_algorithms_is_found_and_changes_nothing_on_the_processor()
    {
        var (network, masks, parameters, data) = Setup("resnet small", 0.5);
        var before = Trained(TestEngines.OnCpu(), network, masks, parameters, data);
        Assert.True(DeterministicAlgorithms.TurnOn(RealLibraries.Folder));
        Assert.Equal(before.Values, Trained(TestEngines.OnCpu(), network, masks, parameters, data).Values);
    }

    [Fact]
    public void Data_that_does_not_fit_the_device_gives_the_same_numbers()
    {
        var (network, masks, parameters, data) = Setup("lenet5", 0.4);
        var results = new[] { 0L, 1L << 30 }.Select(bytes =>
        {
            using var engine = new TorchEngine(network, masks, 8, TestEngines.Device(residentBytes: bytes), null);
            engine.Load(parameters);
            engine.TrainingStep(data, [3, 1, 1, 20], new SgdStep(0.1f, 0.9f, 0));
            return (engine.ReadLoss(), engine.Evaluate(data, 2, 11));
        }).ToArray();
        Assert.Equal(results[0], results[1]);
    }

    [Fact]
    public void Pixels_become_the_values_that_the_data_set_reads()
    {
        var bytes = Enumerable.Range(0, 6 * 12).Select(index => (byte)(index * 7)).ToArray();
        var plain = new ByteDataset("bytes", new Shape(3, 2, 2), 2, bytes, [0, 1, 0, 1, 0, 1]);
        foreach (var data in new Dataset[] { plain, NormalizedDataset.Of(plain, new InputNormalization([0.1, 0.2, 0.3], [0.5, 0.6, 0.7])), new SpreadDataset(plain, 4) })
        {
            foreach (var resident in new[] { 0L, 1L << 20 })
            {
                using var scope = Scope(TestEngines.Device(residentBytes: resident), out var device);
                var batch = device.Examples.Fetch(data, [2, 0]);
                var expected = new float[24];
                data.Read(2, expected.AsSpan(0, 12));
                data.Read(0, expected.AsSpan(12));
                Assert.Equal(expected, batch.Inputs.view(-1).data<float>().ToArray());
                Assert.Equal([data.Label(2), data.Label(0)], batch.Labels.data<long>().ToArray());
                Assert.Equal(expected[..12], device.Examples.Fetch(data, 2, 1).Inputs.view(-1).data<float>().ToArray());
            }
        }
    }

    [Fact]
    public void Ten_thousand_steps_leave_no_tensor_behind()
    {
        var (network, masks, parameters, data) = Setup("lenet300", 0.4);
        using var engine = new TorchEngine(network, masks, 4, TestEngines.Device(), null);
        engine.Load(parameters);
        int[] examples = [0, 5, 2, 3];
        var sgd = new SgdStep(0.01f, 0.9f, 1e-4f);
        Steps(200);
        engine.ReadLoss();
        engine.Evaluate(data, 0, Count);
        var tensors = Living();
        Steps(10_000);
        engine.ReadLoss();
        engine.Evaluate(data, 0, Count);
        Assert.Equal(tensors, Living());

        static long Living()
        {
            GC.Collect(); // those of other tests
            GC.WaitForPendingFinalizers();
            return torch.Tensor.TotalCount;
        }

        void Steps(int count)
        {
            for (var step = 0; step < count; step++)
            {
                engine.TrainingStep(data, examples, sgd);
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_loss_that_was_not_read_for_many_steps_still_tells_where_it_began(bool isGpu)
    {
        var (network, masks, parameters, data) = Setup("lenet5", 1);
        parameters.Weights(3)[0] = float.PositiveInfinity;
        using var engine = isGpu ? new TorchEngine(network, masks, 8, TestEngines.Device(), null) : TestEngines.OnCpu().Create(network, masks, 8);
        engine.Load(parameters);
        for (var step = 0; step < 200; step++)
        {
            engine.TrainingStep(data, Setups.Range(8), new SgdStep(0.01f, 0.9f, 0f));
        }

        Assert.False(float.IsFinite(engine.ReadLoss()));
        Assert.Equal(network.Layers[3].Name, engine.FindNonFiniteLayer());
    }

    [Fact]
    public void Memory_that_is_not_there_is_a_sentence_that_names_the_device_and_what_helps()
    {
        var device = TestEngines.Device();
        var error = Assert.Throws<TorchException>(() => device.Run(() => torch.zeros(1L << 45).numel()));
        Assert.Matches("memory of the device 'cpu' is not enough: .*micro-batch=", error.Message);
    }

    [Theory]
    [InlineData("tf32", "cpu", "compute capability 8.0")]
    [InlineData("float32", "cuda", "device=cuda")]
    [InlineData("float32", "tpu", "'tpu'")]
    public void What_the_machine_does_not_have_is_a_sentence(string precision, string device, string expected)
    {
        var error = Assert.Throws<TorchException>(() => TestEngines.On(new EngineOptions { Device = device, Precision = Precisions.Parse(precision) }));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    private static DisposeScope Scope(TorchDevice device, out TorchDevice same)
    {
        same = device;
        return torch.NewDisposeScope();
    }

    private static ParameterBlock Trained(IEngineFactory engines, Network network, MaskSet masks, ParameterBlock parameters, Dataset data)
    {
        using var engine = engines.Create(network, masks, Count);
        return Trained(engine, parameters, data);
    }

    private static ParameterBlock Trained(IEngine engine, ParameterBlock parameters, Dataset data)
    {
        engine.Load(parameters);
        for (var step = 0; step < 3; step++)
        {
            engine.TrainingStep(data, Setups.Range(Count), new SgdStep(0.05f, 0.9f, 1e-3f, Nesterov: step == 2));
        }

        var (stored, momentum) = (new ParameterBlock(engine.Network), new ParameterBlock(engine.Network));
        engine.Store(stored, momentum);
        return stored;
    }

    private static ParameterBlock Shifted(ParameterBlock parameters, MaskSet masks, float factor)
    {
        var block = parameters.Clone();
        for (var layer = 0; layer < masks.Count; layer++)
        {
            foreach (ref var weight in block.Weights(layer))
            {
                weight *= factor;
            }
        }

        return block;
    }

    private static (Network Network, MaskSet Masks, ParameterBlock Parameters, RandomExamples Data) Setup(string name, double density)
    {
        var isChain = Setups.NetworkNames.Contains(name);
        var network = isChain ? Setups.Create(name) : Graphs.Create(name);
        var masks = Setups.Masks(network, density);
        return (network, masks, isChain ? Setups.Parameters(network, masks) : Graphs.Parameters(network, masks), new RandomExamples(network.Input, network.Output.Count, Count));
    }

    private static void Close(double[] expected, float[] found, double tolerance)
    {
        Assert.Equal(expected.Length, found.Length);
        var scale = expected.Max(Math.Abs);
        for (var index = 0; index < expected.Length; index++)
        {
            Assert.Equal(expected[index], found[index], tolerance * (scale + Math.Abs(expected[index])));
        }
    }
}
