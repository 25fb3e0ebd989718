namespace SparseCore;

/// <summary>A name that nothing is registered for: misspelled, or a script's own that this program has not registered.</summary>
public sealed class UnregisteredNameException : ArgumentException
{
    internal UnregisteredNameException(string kind, string kinds, string name, IReadOnlyList<string> known, string how)
        : base($"Unknown {kind} '{ForeignText.Show(name)}'. Known {kinds}: {string.Join(", ", known)}. One of a script's own is registered first: {how}.")
    {
        Kind = kind;
        Name = name;
        Known = [.. known];
    }

    /// <summary>What it was meant to be the name of: "growth score".</summary>
    public string Kind { get; }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The names that are registered.</summary>
    public IReadOnlyList<string> Known { get; }
}
