namespace SparseCore.Faults;

/// <summary>The names in a folder: what each certainly leads to, as the folder was flushed the last time, and all it has led to since.</summary>
internal sealed class CrashFolder : CrashNode
{
    private readonly SortedDictionary<string, List<CrashNode?>> names = new(StringComparer.Ordinal);

    /// <summary>Every name, with what it leads to: first what is certain, last what it is when everything is done; null for nothing.</summary>
    public IEnumerable<KeyValuePair<string, List<CrashNode?>>> Names => names;

    /// <summary>What a name leads to when everything is done; null for nothing.</summary>
    public CrashNode? this[string name]
    {
        get => names.TryGetValue(name, out var nodes) ? nodes[^1] : null;
        set
        {
            if (!names.TryGetValue(name, out var nodes))
            {
                names.Add(name, nodes = [null]);
            }

            nodes.Add(value);
        }
    }

    /// <summary>Makes certain what there is.</summary>
    public void Sync()
    {
        foreach (var (name, nodes) in names.ToArray())
        {
            nodes.RemoveRange(0, nodes.Count - 1);
            if (nodes[0] is null)
            {
                names.Remove(name);
            }
        }
    }
}
