using SparseCore.Randomness;

namespace SparseCore.Benchmarks;

/// <summary>Batches of examples drawn with repeats, the same for everyone who draws.</summary>
/// <param name="count">Number of examples.</param>
/// <param name="size">Examples of a batch.</param>
internal sealed class RandomBatches(int count, int size)
{
    private readonly RandomStream order = new(1, "order");
    private readonly int[] batch = new int[size];

    /// <summary>The next batch, in place of the one before.</summary>
    public int[] Next()
    {
        foreach (ref var example in batch.AsSpan())
        {
            example = order.NextInt32(count);
        }

        return batch;
    }
}
