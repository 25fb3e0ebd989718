using System.Text;
using Microsoft.FSharp.Core;
using SparseCore.Cpu;
using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Plans;
using SparseCore.Randomness;
using SparseCore.Torch;

namespace SparseCore.Faults;

/// <summary>
/// Networks of plans on libtorch, which aborts the process on some shapes instead of throwing: whatever a plan may hold trains, exchanges weights and evaluates, or is
/// refused. Not among <see cref="FuzzTargets.All"/>: it needs libtorch.
/// </summary>
internal static class TorchTarget
{
    /// <summary>The target's name.</summary>
    public const string Name = "torch";

    private const int Examples = 6;
    private const int MostValues = 200_000;
    private const long MostWork = 30_000_000;

    private static readonly float[] Extremes = [0, -0f, float.NaN, float.PositiveInfinity, float.MinValue, float.Epsilon, 1e30f, -1e-30f];

    /// <summary>
    /// The target. The input of the last case lies in <paramref name="folder"/>, where it stays if the process aborts. Evaluations of ordinary numbers are compared with
    /// the CPU engine's.
    /// </summary>
    public static FuzzTarget Target(string folder)
    {
        var engines = new Lazy<IEngineFactory>(() => Scripting.Engines.onThreads(
            1, new Scripting.Engines.Choice("torch", "cpu", "float32", FSharpOption<int>.None, FSharpOption<bool>.None, FSharpOption<string>.None)));
        var plan = ToyRuns.Plan("prune", 100, 50).Plan;
        var last = Path.Combine(folder, "torch-input.json");
        return new FuzzTarget(
            Name,
            1,
            random => CreateInput(plan, random),
            input =>
            {
                File.WriteAllBytes(last, input);
                return Runs(TrainingPlan.Parse(Encoding.UTF8.GetString(input)), (ulong)input.Length, engines.Value);
            },
            exception => exception is PlanException or ArgumentException or TorchException,
            length => 100_000_000 + (64L * length));
    }

    private static byte[] CreateInput(TrainingPlan plan, RandomStream random)
    {
        var text = (plan with { Network = DrawNetwork(random), BatchSize = 1 + random.NextInt32(Examples) }).ToCanonicalJson();
        return Encoding.UTF8.GetBytes(random.NextInt32(3) == 0 ? Damage.Text(text, random) : text);
    }

    /// <summary>A graph of random operations, each of which fits what is before it.</summary>
    private static NetworkPlan DrawNetwork(RandomStream random)
    {
        var input = new Shape(1 + random.NextInt32(4), 1 + random.NextInt32(12), 1 + random.NextInt32(12));
        var nodes = new List<Node>();
        for (var tries = random.NextInt32(14); tries > 0; tries--)
        {
            TryAdd(input, nodes, new Node($"n{nodes.Count}", DrawOperation(random), Source(nodes, random)));
            if (random.NextInt32(4) == 0)
            {
                TryAdd(input, nodes, new Node($"n{nodes.Count}", new Operation.Add(), Source(nodes, random), Source(nodes, random)));
            }
        }

        if (random.NextInt32(4) > 0 || !IsComplete(input, nodes))
        {
            nodes.Add(new Node("flatten", new Operation.Flatten(), nodes.Count > 0 ? nodes[^1].Name : Network.InputName));
            nodes.Add(new Node("fc", new Operation.FullyConnected(1 + random.NextInt32(5)), "flatten"));
        }

        return NetworkPlan.Of(new Network("fuzz", input, nodes));
    }

    private static Operation DrawOperation(RandomStream random) => random.NextInt32(8) switch
    {
        0 or 1 => new Operation.Convolution(
            1 + random.NextInt32(6), 1 + random.NextInt32(5), 1 + random.NextInt32(5), 1 + random.NextInt32(4), random.NextInt32(5), random.NextInt32(2) == 0),
        2 => new Operation.FullyConnected(1 + random.NextInt32(20), random.NextInt32(2) == 0),
        3 => new Operation.Relu(),
        4 => new Operation.MaxPool(1 + random.NextInt32(4), 1 + random.NextInt32(5), random.NextInt32(3)),
        5 => new Operation.GlobalAveragePool(),
        6 => new Operation.BatchNorm(random.NextInt32(4) == 0 ? 1e-12 : 1e-5, random.NextInt32(4) == 0 ? random.NextInt32(2) : 0.9),
        _ => new Operation.Flatten(),
    };

    private static string Source(List<Node> nodes, RandomStream random)
    {
        var place = random.NextInt32(3) > 0 ? nodes.Count : random.NextInt32(nodes.Count + 1);
        return place == 0 ? Network.InputName : nodes[place - 1].Name;
    }

    private static void TryAdd(Shape input, List<Node> nodes, Node node)
    {
        try
        {
            _ = new Network("fuzz", input, [.. nodes, node]);
            nodes.Add(node);
        }
        catch (ArgumentException)
        {
            // The next one may fit.
        }
    }

    private static bool IsComplete(Shape input, List<Node> nodes) =>
        nodes.Count > 0 && new Network("fuzz", input, nodes) is { Layers.Count: > 0, Output: { Height: 1, Width: 1 } };

    /// <summary>Whether the plan's network is small enough to be run, and ran.</summary>
    private static bool Runs(TrainingPlan plan, ulong seed, IEngineFactory engines)
    {
        var network = plan.Network.Build();
        var activations = network.Input.Count + network.Nodes.Sum(node => (long)network.ShapeOf(node.Name).Count);
        var products = network.Layers.Sum(layer => (double)layer.WeightCount * layer.OutputPositions);
        if (network.ValueCount > MostValues || activations > MostValues || products > MostWork)
        {
            return false;
        }

        var random = new RandomStream(seed, "torch");
        var data = Images(network, random);
        var masks = Masks(network, random);
        var isExtreme = random.NextInt32(4) == 0;
        var (parameters, momentum) = (Values(network, random, isExtreme), new ParameterBlock(network));
        var batchSize = Math.Min(plan.BatchSize, Examples);
        int[] batch = [.. Enumerable.Range(0, batchSize)];
        using var engine = engines.Create(network, masks, batchSize);
        engine.Load(parameters, momentum);
        if (!isExtreme)
        {
            RequireEvaluation(network, masks, parameters, data, engine.Evaluate(data, 0, Examples));
        }

        engine.TrainingStep(data, batch, new SgdStep(0.01f, 0.9f, 1e-4f, seed % 2 == 0, (float)plan.LabelSmoothing));
        if (!float.IsFinite(engine.ReadLoss()))
        {
            _ = engine.FindNonFiniteLayer();
        }

        _ = engine.EvaluateMany(data, 0, Examples, [parameters, parameters]);
        engine.EstimateStatistics(data, batch);
        engine.CurvatureVector(CurvatureKind.Hessian, data, batch, parameters, new ParameterBlock(network));
        _ = ((IWeightExchange)engine).ExchangeByGradient(data, batch, 0, [.. masks.ActiveCounts().Select(active => active / 3)]);
        _ = engine.Evaluate(data, 0, Examples);
        engine.Store(parameters, momentum);
        return true;
    }

    private static void RequireEvaluation(Network network, MaskSet masks, ParameterBlock parameters, Dataset data, LossAndAccuracy found)
    {
        using var engine = TryCpu(network, masks);
        if (engine is null)
        {
            return;
        }

        engine.Load(parameters);
        var expected = engine.Evaluate(data, 0, Examples).Loss;
        if (double.IsFinite(expected) && !(Math.Abs(found.Loss - expected) <= 1e-3 * (1 + Math.Abs(expected))))
        {
            throw new InvalidOperationException($"The loss of an evaluation is {found.Loss}, on the CPU engine {expected}.");
        }
    }

    private static IEngine? TryCpu(Network network, MaskSet masks)
    {
        try
        {
            return new CpuEngineFactory(new EngineOptions()).Create(network, masks, Examples);
        }
        catch (ArgumentException)
        {
            return null; // it runs fewer networks
        }
    }

    private static ByteDataset Images(Network network, RandomStream random) => new(
        "fuzz",
        network.Input,
        network.Output.Count,
        [.. Enumerable.Range(0, Examples * network.Input.Count).Select(_ => (byte)random.NextUInt32())],
        [.. Enumerable.Range(0, Examples).Select(_ => random.NextInt32(network.Output.Count))]);

    private static MaskSet Masks(Network network, RandomStream random) => new(network, [.. network.Layers.Select(layer => Mask.FromIndices(
        layer.WeightCount, [.. Enumerable.Range(0, layer.WeightCount).Where(_ => random.NextInt32(2) == 0)]))]);

    /// <summary>What a checkpoint may hold: ordinary numbers, or any.</summary>
    private static ParameterBlock Values(Network network, RandomStream random, bool isExtreme)
    {
        var block = new ParameterBlock(network);
        foreach (ref var value in block.Values.AsSpan())
        {
            value = isExtreme && random.NextInt32(8) == 0 ? Extremes[random.NextInt32(Extremes.Length)] : 0.3f * (float)random.NextNormal();
        }

        for (var norm = 0; norm < network.Norms.Count && !isExtreme; norm++)
        {
            block.Variances(norm).Fill(1);
        }

        return block;
    }
}
