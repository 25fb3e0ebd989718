using SparseCore.Networks;

namespace SparseCore.Data;

/// <summary>Examples of a user's own, as numbers that networks see as they are. For images of bytes, see <see cref="ByteDataset"/>.</summary>
public sealed class ArrayDataset : Dataset
{
    private readonly float[] values;
    private readonly int[] labels;

    /// <summary>Takes over the arrays; they must not be changed afterwards.</summary>
    /// <param name="name">A readable name.</param>
    /// <param name="shape">Shape of one example; <see cref="Shape.Vector"/> for rows of features.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="values">Finite numbers, best of mean 0 and deviation 1 in each channel. Shape [examples, channels, height, width].</param>
    /// <param name="labels">Shape [examples]; each from 0 to below <paramref name="classes"/>.</param>
    /// <exception cref="DataException">The counts differ, there are no examples, a label is out of range, or a value is no finite number.</exception>
    public ArrayDataset(string name, Shape shape, int classes, float[] values, int[] labels)
    {
        ExampleArrays.Require(name, shape, classes, values.LongLength, labels);
        var wrong = Array.FindIndex(values, value => !float.IsFinite(value));
        if (wrong >= 0)
        {
            throw new DataException(FormattableString.Invariant(
                $"Data set '{name}': value {wrong % shape.Count} of example {wrong / shape.Count} is {values[wrong]}; expected a finite number. Leave the example out, or fill in what is missing."));
        }

        (Name, Shape, Classes) = (name, shape, classes);
        this.values = values;
        this.labels = labels;
    }

    /// <summary>Copies rows.</summary>
    /// <param name="name">A readable name.</param>
    /// <param name="shape">Shape of one example.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="rows">Shape [examples][channels * height * width].</param>
    /// <param name="labels">Shape [examples]; each from 0 to below <paramref name="classes"/>.</param>
    /// <exception cref="DataException">As for one array, or a row has another length; names the row.</exception>
    public ArrayDataset(string name, Shape shape, int classes, IReadOnlyList<float[]> rows, int[] labels)
        : this(name, shape, classes, Joined(name, shape, rows), labels)
    {
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override Shape Shape { get; }

    /// <inheritdoc/>
    public override int Count => labels.Length;

    /// <inheritdoc/>
    public override int Classes { get; }

    /// <inheritdoc/>
    public override int Label(int example) => labels[example];

    /// <inheritdoc/>
    public override void Read(int example, Span<float> destination)
    {
        RequireRead(example, destination);
        values.AsSpan(example * Shape.Count, Shape.Count).CopyTo(destination);
    }

    private static float[] Joined(string name, Shape shape, IReadOnlyList<float[]> rows)
    {
        for (var row = 0; row < rows.Count; row++)
        {
            if (rows[row].Length != shape.Count)
            {
                throw new DataException($"Data set '{name}': example {row} has {rows[row].Length} values; expected {shape.Count}, the shape {shape}.");
            }
        }

        if ((long)rows.Count * shape.Count > Array.MaxLength)
        {
            throw new DataException($"Data set '{name}' has {(long)rows.Count * shape.Count} values; at most {Array.MaxLength} fit into memory at once. Write a data set of your own that reads them from a file.");
        }

        var values = new float[rows.Count * shape.Count];
        for (var row = 0; row < rows.Count; row++)
        {
            rows[row].CopyTo(values, row * shape.Count);
        }

        return values;
    }
}
