namespace SparseCore.Cpu.Weights;

/// <summary>Stable counting sort of a layer's weights into buckets.</summary>
internal static unsafe class Buckets
{
    /// <summary>The place of the first weight of every bucket.</summary>
    /// <param name="indices">Canonical index of each weight. Shape [count].</param>
    /// <param name="count">Number of weights.</param>
    /// <param name="bucketOf">The bucket of a canonical index.</param>
    /// <param name="buckets">Number of buckets.</param>
    /// <param name="starts">Receives the places. Shape [buckets + 1].</param>
    public static void Count(int* indices, int count, Func<int, int> bucketOf, int buckets, int* starts)
    {
        new Span<int>(starts, buckets + 1).Clear();
        for (var k = 0; k < count; k++)
        {
            starts[bucketOf(indices[k]) + 1]++;
        }

        for (var bucket = 0; bucket < buckets; bucket++)
        {
            starts[bucket + 1] += starts[bucket];
        }
    }

    /// <summary>Filling moved every start to its end; shifting by one place restores the starts.</summary>
    public static void RestoreStarts(int* starts, int buckets)
    {
        for (var bucket = buckets; bucket > 0; bucket--)
        {
            starts[bucket] = starts[bucket - 1];
        }

        starts[0] = 0;
    }
}
