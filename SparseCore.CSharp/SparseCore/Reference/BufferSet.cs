using System.Runtime.Intrinsics;

namespace SparseCore.Reference;

/// <summary>One kind of numbers (values, tangents or gradients) for the examples and for every step: a buffer of shape [groups, values] of vectors over eight examples.</summary>
internal sealed class BufferSet
{
    private readonly int[] counts;
    private readonly BufferPool pool;
    private readonly VectorBuffer?[] buffers;

    /// <summary>A set without any buffer.</summary>
    /// <param name="counts">Values of one example: of the input, then of every step.</param>
    /// <param name="pool">Where buffers come from.</param>
    public BufferSet(int[] counts, BufferPool pool)
    {
        this.counts = counts;
        this.pool = pool;
        buffers = new VectorBuffer?[counts.Length];
    }

    /// <summary>The values of one group of eight examples. Shape [values].</summary>
    /// <param name="step">A step, or -1 for the examples.</param>
    /// <param name="group">The group.</param>
    public Span<Vector512<double>> this[int step, int group] => All(step).Slice(group * counts[step + 1], counts[step + 1]);

    /// <summary>Whether a step has a buffer.</summary>
    public bool Has(int step) => buffers[step + 1] is not null;

    /// <summary>The values of all groups. Shape [groups, values].</summary>
    public Span<Vector512<double>> All(int step) => buffers[step + 1]!.Vectors;

    /// <summary>The values of all groups as numbers. Shape [groups, values, 8].</summary>
    public Span<double> Numbers(int step) => buffers[step + 1]!.Numbers;

    /// <summary>Gives a step a buffer whose contents are whatever they were.</summary>
    public void Take(int step) => buffers[step + 1] ??= pool.Take(counts[step + 1]);

    /// <summary>The sums that are collected for a step; zeros when it has none yet.</summary>
    public void TakeSums(int step)
    {
        if (!Has(step))
        {
            Take(step);
            All(step).Clear();
        }
    }

    /// <summary>Gives a step's buffer back.</summary>
    public void Release(int step)
    {
        if (buffers[step + 1] is { } buffer)
        {
            pool.Return(counts[step + 1], buffer);
            buffers[step + 1] = null;
        }
    }

    /// <summary>Gives all buffers back.</summary>
    public void ReleaseAll()
    {
        for (var step = -1; step < buffers.Length - 1; step++)
        {
            Release(step);
        }
    }
}
