using SparseCore.Networks;

namespace SparseCore.Data;

/// <summary>Checks of examples that come as arrays.</summary>
internal static class ExampleArrays
{
    /// <summary>Refuses values and labels that do not fit together.</summary>
    /// <exception cref="DataException">The counts differ, there are no examples, or a label is out of range; names both numbers.</exception>
    public static void Require(string name, Shape shape, int classes, long values, ReadOnlySpan<int> labels)
    {
        if (shape.Channels < 1 || shape.Height < 1 || shape.Width < 1 || classes < 1)
        {
            throw new DataException($"Data set '{name}' has examples of shape {shape} and {classes} classes; expected 1 or more of everything.");
        }

        var size = (Int128)shape.Channels * shape.Height * shape.Width;
        if (labels.Length == 0 || values != labels.Length * size)
        {
            throw new DataException(
                $"Data set '{name}': {labels.Length} labels need {labels.Length * size} values of images of shape {shape}, found {values}; at least one example is needed.");
        }

        var outside = labels.IndexOfAnyExceptInRange(0, classes - 1);
        if (outside >= 0)
        {
            throw new DataException($"Data set '{name}': the label of example {outside} is {labels[outside]}; expected 0 to {classes - 1}.");
        }
    }
}
