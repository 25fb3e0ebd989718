using System.Reflection;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Cpu;

/// <summary>Makes <see cref="CpuEngine"/>s.</summary>
public sealed class CpuEngineFactory : IEngineFactory
{
    private static readonly EngineIdentity Managed = new(
        Numerics: null,
        Device: "cpu",
        Library: $"SparseCore.Cpu {typeof(CpuEngine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown"}",
        IsReproducible: true,
        ReadsLossFreely: true);

    private readonly int threads;

    /// <summary>Engines with these options: on the device "cpu", in single precision.</summary>
    /// <exception cref="ArgumentException">Another device or precision is asked for.</exception>
    public CpuEngineFactory(EngineOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Threads, 1);
        if (options.Device != "cpu")
        {
            throw new ArgumentException($"The CPU engine computes on the device 'cpu', found '{options.Device}'. Choose another engine, or leave the device out.");
        }

        if (options.Precision != Precision.Single)
        {
            throw new ArgumentException($"The CPU engine computes in single precision, found {options.Precision}. Choose another engine, or leave the precision out.");
        }

        if (options.MicroBatch is { } microBatch)
        {
            throw new ArgumentException($"The CPU engine computes a batch as a whole, found a micro-batch of {microBatch}. Choose another engine, or leave the micro-batch out.");
        }

        threads = options.Threads;
    }

    /// <inheritdoc/>
    public EngineIdentity Identity => Managed;

    /// <inheritdoc/>
    public IEngine Create(Network network, MaskSet masks, int batchSize) => new CpuEngine(network, masks, batchSize, threads);
}
