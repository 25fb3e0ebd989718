using System.Text.Json.Serialization;

namespace SparseCore.Data;

/// <summary>Training examples First, First + Stride, ..., Count of them, in stored order.</summary>
/// <param name="First">Index of the first example.</param>
/// <param name="Count">Number of examples.</param>
public sealed record ExampleRange(int First, int Count)
{
    /// <summary>Distance of two examples; 0 and 1, which are the same and not written, take neighbors. Data stored class by class needs examples far apart.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Step
    {
        get;
        init => field = value == 1 ? 0 : value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(Step), value, "The distance of two examples must be 1 or more.");
    }

    /// <summary>The distance of two examples, 1 or more.</summary>
    internal int Stride => Step == 0 ? 1 : Step;

    /// <summary>The index of the last example.</summary>
    internal long Last => First + ((Count - 1L) * Stride);

    /// <summary>The indices, ascending.</summary>
    public int[] Indices() => [.. Enumerable.Range(0, Count).Select(index => First + (index * Stride))];
}
