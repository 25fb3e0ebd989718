namespace SparseCore.Training;

/// <summary>
/// A run that cannot start or go on: the loss is not a number, a network is cut, a parent is missing. What was saved before is kept. Foreign text in the message is made visible.
/// </summary>
public sealed class TrainingException : Exception
{
    /// <summary>A message of one line.</summary>
    public TrainingException(string message, Exception? inner = null)
        : base(ForeignText.OneLine(message), inner)
    {
    }

    /// <summary>A message of several lines: a sentence and what it is about, a line each.</summary>
    public TrainingException(string message, IEnumerable<string> lines)
        : base(string.Join('\n', lines.Select(line => "  " + ForeignText.OneLine(line)).Prepend(ForeignText.OneLine(message))))
    {
    }
}
