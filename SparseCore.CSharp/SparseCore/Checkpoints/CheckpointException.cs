namespace SparseCore.Checkpoints;

/// <summary>A file that cannot be read, written or trusted: which one, what about it, what was expected and found, and what to do. Foreign text in it is made visible.</summary>
public sealed class CheckpointException : IOException
{
    /// <summary>Builds the message "file: subject: expected ..., found .... remedy".</summary>
    /// <param name="path">The file.</param>
    /// <param name="subject">What is wrong in it, for example "layer 'fc1'".</param>
    /// <param name="expected">What should have been there.</param>
    /// <param name="found">What was there.</param>
    /// <param name="remedy">A sentence that says what to do; may be empty.</param>
    /// <param name="inner">The cause, where there is one.</param>
    public CheckpointException(string path, string subject, string expected, string found, string remedy, Exception? inner = null)
        : base(ErrorText.Of(path, subject, expected, found, remedy), inner)
    {
        FilePath = path;
        Subject = ForeignText.OneLine(subject);
        Expected = ForeignText.OneLine(expected);
        Found = ForeignText.OneLine(found);
        Remedy = ForeignText.OneLine(remedy);
    }

    /// <summary>The file.</summary>
    public string FilePath { get; }

    /// <summary>What is wrong in it.</summary>
    public string Subject { get; }

    /// <summary>What should have been there.</summary>
    public string Expected { get; }

    /// <summary>What was there.</summary>
    public string Found { get; }

    /// <summary>What to do.</summary>
    public string Remedy { get; }

    /// <summary>The same finding with another advice.</summary>
    internal CheckpointException WithRemedy(string remedy) => new(FilePath, Subject, Expected, Found, remedy, this);
}
