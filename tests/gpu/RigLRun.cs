using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SparseCore.Connectivity;
using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Randomness;
using SparseCore.Tests.Engine;

namespace SparseCore.GpuChecks;

/// <summary>A short run of RigL from a fixed start, and what it leaves.</summary>
/// <param name="Losses">The loss of every step, in nats.</param>
/// <param name="FirstUpdate">The masks after the first update; null where the run is too short for one.</param>
/// <param name="Masks">The masks at the end.</param>
/// <param name="Parameters">The parameters at the end.</param>
/// <param name="Momentum">The momentum at the end.</param>
internal sealed record RigLRun(float[] Losses, MaskSet? FirstUpdate, MaskSet Masks, ParameterBlock Parameters, ParameterBlock Momentum)
{
    /// <summary>Steps between two updates; the first one follows as many steps.</summary>
    public const int Interval = 20;

    private const double DropFraction = 0.3;
    private const float L2 = 1e-4f;

    /// <summary>SHA-256 of all parameters, momentum and masks.</summary>
    public string Hash
    {
        get
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            hash.AppendData(MemoryMarshal.AsBytes(Parameters.Values.AsSpan()));
            hash.AppendData(MemoryMarshal.AsBytes(Momentum.Values.AsSpan()));
            for (var layer = 0; layer < Masks.Count; layer++)
            {
                hash.AppendData(Masks[layer].ToBytes());
            }

            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
    }

    /// <summary>Whether another run left the same bits. Needs no OpenSSL, which <see cref="Hash"/> does.</summary>
    public bool HasBitsOf(RigLRun other) =>
        MemoryMarshal.AsBytes(Parameters.Values.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(other.Parameters.Values.AsSpan()))
        && MemoryMarshal.AsBytes(Momentum.Values.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(other.Momentum.Values.AsSpan()))
        && Masks.Equals(other.Masks);

    /// <summary>Trains a network of which 95% of the weights are 0.</summary>
    public static RigLRun Train(IEngineFactory engines, Network network, Dataset data, int batchSize, int steps)
    {
        var masks = Setups.Masks(network, density: 0.05);
        using var engine = engines.Create(network, masks, batchSize);
        engine.Load(Graphs.Parameters(network, masks));
        var order = new RandomStream(3, "order");
        var (losses, batch) = (new float[steps], new int[batchSize]);
        MaskSet? first = null;
        for (var step = 0; step < steps; step++)
        {
            foreach (ref var example in batch.AsSpan())
            {
                example = order.NextInt32(data.Count);
            }

            engine.TrainingStep(data, batch, new SgdStep(0.05f, 0.9f, L2));
            losses[step] = engine.ReadLoss();
            if ((step + 1) % Interval == 0)
            {
                Update(engine, data, batch);
                first ??= engine.Masks;
            }
        }

        var (parameters, momentum) = (new ParameterBlock(network), new ParameterBlock(network));
        engine.Store(parameters, momentum);
        return new RigLRun(losses, first, engine.Masks, parameters, momentum);
    }

    private static void Update(IEngine engine, Dataset data, int[] batch)
    {
        if (engine is IWeightExchange exchange)
        {
            exchange.ExchangeByGradient(data, batch, L2, [.. engine.Masks.ActiveCounts().Select(active => (int)(active * DropFraction))]);
            return;
        }

        var network = engine.Network;
        var (parameters, momentum, signal) = (new ParameterBlock(network), new ParameterBlock(network), new ParameterBlock(network));
        engine.Gradient(data, batch, GradientScope.Dense, signal);
        engine.Store(parameters, momentum);
        for (var layer = 0; layer < network.Layers.Count; layer++)
        {
            var weights = parameters.Weights(layer);
            var target = signal.Weights(layer);
            for (var index = 0; index < weights.Length; index++)
            {
                target[index] += 2 * L2 * weights[index];
            }
        }

        var masks = DropAndGrow.Exchange(new GrowthContext(0, engine.Masks, parameters, signal, 1), DropFraction, new GradientGrowth()).Masks;
        parameters.Apply(masks);
        momentum.Apply(masks);
        engine.Rebuild(masks);
        engine.Load(parameters, momentum);
    }
}
