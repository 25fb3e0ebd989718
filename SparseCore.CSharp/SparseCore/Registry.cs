namespace SparseCore;

/// <summary>
/// Names that plans and settings use, and what they stand for. The toolkit's own entries are registered as a script's are; the order is that of registration.
/// Safe to use from several threads.
/// </summary>
/// <typeparam name="T">What a name stands for: a factory with its defaults, or a thing without state.</typeparam>
/// <param name="kind">What it is a name of, for messages: "network".</param>
/// <param name="kinds">Several of them: "networks".</param>
/// <param name="how">How a script registers its own: "NetworkFamilies.Registry.Add(name, family)".</param>
public sealed class Registry<T>(string kind, string kinds, string how)
    where T : class
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, T> entries = new(StringComparer.Ordinal);
    private readonly List<string> names = [];

    /// <summary>All names, in the order of registration.</summary>
    public IReadOnlyList<string> Names
    {
        get
        {
            lock (gate)
            {
                return [.. names];
            }
        }
    }

    /// <summary>Registers an entry. Plans that name it can be read from then on.</summary>
    /// <returns>The registry, so that several entries can be added in one expression.</returns>
    /// <exception cref="ArgumentException">The name is taken, or is no name of letters, digits, dots, dashes and underscores.</exception>
    public Registry<T> Add(string name, T entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (name.Length == 0 || !name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.' or '_'))
        {
            throw new ArgumentException($"A {kind} needs a name of letters, digits, dots, dashes and underscores, found '{ForeignText.Show(name)}'.");
        }

        lock (gate)
        {
            if (!entries.TryAdd(name, entry))
            {
                throw new ArgumentException($"Two {kinds} are named '{name}'; give yours another name.");
            }

            names.Add(name);
        }

        return this;
    }

    /// <summary>Whether a name is registered.</summary>
    public bool Contains(string name)
    {
        lock (gate)
        {
            return entries.ContainsKey(name);
        }
    }

    /// <summary>What a name stands for.</summary>
    /// <exception cref="UnregisteredNameException">Nothing; the message lists the known names.</exception>
    public T Find(string name)
    {
        lock (gate)
        {
            return entries.TryGetValue(name, out var entry) ? entry : throw new UnregisteredNameException(kind, kinds, name, names, how);
        }
    }
}
