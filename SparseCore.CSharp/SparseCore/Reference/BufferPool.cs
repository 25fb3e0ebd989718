namespace SparseCore.Reference;

/// <summary>Buffers that are used again and again, for a number of groups of eight examples.</summary>
internal sealed class BufferPool
{
    private readonly Dictionary<int, Stack<VectorBuffer>> free = [];

    /// <summary>Number of groups that every buffer holds.</summary>
    public int Groups { get; private set; } = 1;

    /// <summary>Changes the number of groups; all buffers must have been returned.</summary>
    public void Resize(int groups)
    {
        if (groups != Groups)
        {
            free.Clear();
            Groups = groups;
        }
    }

    /// <summary>A buffer for <paramref name="count"/> values of every example; it holds whatever it held.</summary>
    public VectorBuffer Take(int count) =>
        free.TryGetValue(count, out var stack) && stack.Count > 0 ? stack.Pop() : new VectorBuffer(checked(count * Groups));

    /// <summary>Takes a buffer back.</summary>
    public void Return(int count, VectorBuffer buffer)
    {
        if (!free.TryGetValue(count, out var stack))
        {
            free.Add(count, stack = new Stack<VectorBuffer>());
        }

        stack.Push(buffer);
    }
}
