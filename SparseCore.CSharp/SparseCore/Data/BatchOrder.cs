using SparseCore.Randomness;

namespace SparseCore.Data;

/// <summary>
/// The endless stream of training examples: epoch after epoch, each a random order of its own. Position p is example p mod n of epoch p / n, so that
/// training can start anywhere without replaying what came before. Used by one thread at a time.
/// </summary>
public sealed class BatchOrder
{
    private readonly ulong seed;
    private readonly bool hasViews;
    private int[] permutation = [];
    private long permutationEpoch = -1;

    /// <summary>An order of the examples of a data set that depends on nothing but the seed. Where examples have views, every epoch takes the next.</summary>
    public BatchOrder(ulong seed, Dataset data)
        : this(seed, data.Count) => hasViews = data.HasViews;

    /// <summary>An order of <paramref name="count"/> examples that depends on nothing but the seed.</summary>
    public BatchOrder(ulong seed, int count)
    {
        if (count < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(count), count, "An order needs at least 1 example.");
        }

        this.seed = seed;
        Count = count;
    }

    /// <summary>Examples of one epoch.</summary>
    public int Count { get; }

    /// <summary>Writes the examples at positions position .. position + batch.Length - 1. Allocates only when the epoch changes.</summary>
    /// <param name="position">First position, 0 or more; at step s of a run with batch size B it is s * B.</param>
    /// <param name="batch">Receives indices of examples.</param>
    public void Fill(long position, Span<int> batch)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        while (batch.Length > 0)
        {
            var (epoch, offset) = Math.DivRem(position, Count);
            if (epoch != permutationEpoch)
            {
                permutation = new RandomStream(seed, "order", (ulong)epoch).NextPermutation(Count);
                permutationEpoch = epoch;
            }

            var taken = Math.Min(batch.Length, Count - (int)offset);
            permutation.AsSpan((int)offset, taken).CopyTo(batch);
            if (hasViews)
            {
                var view = checked((int)epoch * Count);
                foreach (ref var example in batch[..taken])
                {
                    example = checked(view + example);
                }
            }

            batch = batch[taken..];
            position += taken;
        }
    }
}
