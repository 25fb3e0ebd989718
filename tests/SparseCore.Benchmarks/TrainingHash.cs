using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SparseCore.Cpu;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Randomness;

namespace SparseCore.Benchmarks;

/// <summary>A short training run boiled down to one hash of its weights: equal on every machine, vector width and number of threads.</summary>
internal static class TrainingHash
{
    /// <summary>Trains LeNet5 on random images and hashes parameters and momentum.</summary>
    /// <param name="sparsity">Fraction of zeros in every layer.</param>
    /// <param name="steps">Number of steps.</param>
    /// <param name="batchSize">Examples of a step.</param>
    /// <param name="threads">Threads of the engine.</param>
    /// <returns>16 hexadecimal digits.</returns>
    public static string Run(double sparsity, int steps, int batchSize, int threads)
    {
        var network = LeNet5.Create(LeNet5.PaperWidths, new Shape(1, 28, 28), 10);
        var data = RandomData.Images(network.Input, 10, 256);
        using var engine = new CpuEngine(network, RandomData.Masks(network, sparsity), batchSize, threads);
        engine.Load(RandomData.Parameters(network, engine.Masks));
        var order = new RandomStream(3, "order");
        var batch = new int[batchSize];
        for (var step = 0; step < steps; step++)
        {
            foreach (ref var example in batch.AsSpan())
            {
                example = order.NextInt32(data.Count);
            }

            engine.TrainingStep(data, batch, new SgdStep(0.05f, 0.9f, 5e-4f));
        }

        var parameters = new ParameterBlock(network);
        var momentum = new ParameterBlock(network);
        engine.Store(parameters, momentum);
        return Hash(parameters, momentum);
    }

    /// <summary>Hashes the gradients of all weights of a sparse LeNet5, masked ones included: what RigL grows by.</summary>
    /// <param name="sparsity">Fraction of zeros in every layer.</param>
    /// <param name="examples">Number of random images.</param>
    /// <returns>16 hexadecimal digits.</returns>
    public static string AllGradients(double sparsity, int examples)
    {
        var network = LeNet5.Create(LeNet5.PaperWidths, new Shape(1, 28, 28), 10);
        using var engine = new CpuEngine(network, RandomData.Masks(network, sparsity), 128);
        engine.Load(RandomData.Parameters(network, engine.Masks));
        var gradient = new ParameterBlock(network);
        engine.Gradient(RandomData.Images(network.Input, 10, examples), [.. Enumerable.Range(0, examples)], GradientScope.Dense, gradient);
        return Hash(gradient);
    }

    private static string Hash(params ReadOnlySpan<ParameterBlock> blocks)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var block in blocks)
        {
            hash.AppendData(MemoryMarshal.AsBytes(block.Values.AsSpan()));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }
}
