namespace SparseCore.Training;

/// <summary>Training examples First .. First + Count - 1, in stored order.</summary>
public sealed record ExampleRange(int First, int Count)
{
    /// <summary>The indices, ascending.</summary>
    public int[] Indices() => [.. Enumerable.Range(First, Count)];
}
