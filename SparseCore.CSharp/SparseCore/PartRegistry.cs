namespace SparseCore;

/// <summary>
/// Kinds of records that plans hold (initializers, mask updaters, schedules, ...): a name, which plans write as "kind", the type, and one with the usual settings.
/// A type must be a record without state whose constructor parameters and properties are all that it is: they are what a plan stores.
/// </summary>
/// <typeparam name="TBase">What all of them are.</typeparam>
/// <param name="kind">What a name is the name of, for messages: "mask updater".</param>
/// <param name="kinds">Several of them: "mask updaters".</param>
/// <param name="how">How a script registers its own.</param>
public sealed class PartRegistry<TBase>(string kind, string kinds, string how)
    where TBase : class
{
    private readonly Registry<Part> parts = new(kind, kinds, how);

    /// <summary>All names, in the order of registration.</summary>
    public IReadOnlyList<string> Names => parts.Names;

    /// <summary>Registers a kind. Plans that name it can be read from then on.</summary>
    /// <param name="name">What plans write as "kind".</param>
    /// <param name="usual">One with the usual settings.</param>
    /// <returns>The registry, so that several kinds can be added in one expression.</returns>
    /// <exception cref="ArgumentException">The name or the type is registered already, or the name is no name.</exception>
    public PartRegistry<TBase> Add<TPart>(string name, Func<TPart> usual)
        where TPart : class, TBase
    {
        if (NameOf(typeof(TPart)) is { } earlier)
        {
            throw new ArgumentException($"The {kind} {typeof(TPart).Name} is registered already, as '{earlier}'.");
        }

        parts.Add(name, new Part(typeof(TPart), usual));
        return this;
    }

    /// <summary>One of a kind with its usual settings.</summary>
    /// <exception cref="UnregisteredNameException">The name is unknown; the message lists the known ones.</exception>
    public TBase Usual(string name) => parts.Find(name).Usual();

    /// <summary>The type of a kind.</summary>
    /// <exception cref="UnregisteredNameException">The name is unknown; the message lists the known ones.</exception>
    internal Type TypeOf(string name) => parts.Find(name).Type;

    /// <summary>The name of a type's kind; null where it is not registered.</summary>
    internal string? NameOf(Type type) => parts.Names.FirstOrDefault(name => parts.Find(name).Type == type);

    /// <summary>How a script registers its own, for messages.</summary>
    internal string Unregistered(Type type) => $"The {kind} {type.Name} is not registered, so that no plan can hold it: {how}.";

    private sealed record Part(Type Type, Func<TBase> Usual);
}
