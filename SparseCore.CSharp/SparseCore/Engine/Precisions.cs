namespace SparseCore.Engine;

/// <summary>The names by which settings and plans call number formats.</summary>
public static class Precisions
{
    /// <summary>All names, the usual one first.</summary>
    public static IReadOnlyList<string> Names { get; } = ["float32", "tf32", "bf16"];

    /// <summary>The name of a number format.</summary>
    public static string NameOf(Precision precision) => Names[(int)precision];

    /// <summary>The number format of a name.</summary>
    /// <exception cref="ArgumentException">There is no such name; the message lists those that are.</exception>
    public static Precision Parse(string name)
    {
        for (var index = 0; index < Names.Count; index++)
        {
            if (Names[index] == name)
            {
                return (Precision)index;
            }
        }

        throw new ArgumentException($"Expected a precision of {string.Join(", ", Names)}, found '{name}'.");
    }
}
