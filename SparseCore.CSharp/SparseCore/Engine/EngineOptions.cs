namespace SparseCore.Engine;

/// <summary>How an engine computes. Every engine refuses in a sentence what it cannot do.</summary>
public sealed record EngineOptions
{
    /// <summary>Threads that share one step, evaluation or gradient, 1 or more; the results of the CPU engine do not depend on it, libtorch's last bits do unless asked not to.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Where it computes: "cpu", "cuda", "cuda:1".</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Examples of a training step that are computed at once, for batches that do not fit; null for all of them.</summary>
    public int? MicroBatch { get; init; }

    /// <summary>Whether libtorch on the processor shall give the same bits for any number of threads, which costs it time; the CPU engine always does.</summary>
    public bool IsRepeatable { get; init; }

    /// <summary>The number format of activations and products.</summary>
    public Precision Precision { get; init; } = Precision.Single;
}
