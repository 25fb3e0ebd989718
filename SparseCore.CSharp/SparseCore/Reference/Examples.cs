using SparseCore.Data;

namespace SparseCore.Reference;

/// <summary>Examples in double precision, one after the other.</summary>
/// <param name="Values">Shape [examples, channels, height, width].</param>
/// <param name="Labels">Shape [examples].</param>
public sealed record Examples(double[] Values, int[] Labels)
{
    /// <summary>Number of examples.</summary>
    public int Count => Labels.Length;

    /// <summary>Reads the first examples of a data set.</summary>
    /// <exception cref="ArgumentException">There are fewer.</exception>
    public static Examples FirstOf(Dataset data, int count)
    {
        RequireCount(data, count);
        return From(data, [.. Enumerable.Range(0, count)]);
    }

    /// <summary>Refuses a number of examples that a data set does not have.</summary>
    /// <exception cref="ArgumentException">It has fewer, or none were asked for.</exception>
    public static void RequireCount(Dataset data, int count)
    {
        if (count < 1 || count > data.Count)
        {
            throw new ArgumentException($"{count} examples were asked for; data set '{data.Name}' has {data.Count}, expected 1 to that many.");
        }
    }

    /// <summary>Reads examples out of a data set.</summary>
    public static Examples From(Dataset data, ReadOnlySpan<int> indices)
    {
        var size = data.Shape.Count;
        var values = new double[size * indices.Length];
        var labels = new int[indices.Length];
        var one = new float[size];
        for (var example = 0; example < indices.Length; example++)
        {
            data.Read(indices[example], one);
            for (var value = 0; value < size; value++)
            {
                values[(example * size) + value] = one[value];
            }

            labels[example] = data.Label(indices[example]);
        }

        return new Examples(values, labels);
    }
}
