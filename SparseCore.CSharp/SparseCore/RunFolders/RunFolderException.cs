namespace SparseCore.RunFolders;

/// <summary>A run folder, or a file of it that is not a checkpoint, that cannot be used; the message says what, expected, found and what to do. Foreign text in it is made visible.</summary>
public class RunFolderException : IOException
{
    /// <summary>Builds the message "path: subject: expected ..., found .... remedy".</summary>
    public RunFolderException(string path, string subject, string expected, string found, string remedy, Exception? inner = null)
        : base(ErrorText.Of(path, subject, expected, found, remedy), inner)
    {
        FilePath = path;
        Subject = ForeignText.OneLine(subject);
        Expected = ForeignText.OneLine(expected);
        Found = ForeignText.OneLine(found);
    }

    /// <summary>A folder of runs in which nothing can be made.</summary>
    internal static RunFolderException Unwritable(string folder, string subject, Exception inner) => new(
        folder, subject, "a folder that can be written to", Checkpoints.AtomicFile.Sentence(inner), "Choose another folder for runs (runs=...).", inner);

    /// <summary>The file or folder.</summary>
    public string FilePath { get; }

    /// <summary>What is wrong in it.</summary>
    public string Subject { get; }

    /// <summary>What should have been there.</summary>
    public string Expected { get; }

    /// <summary>What was there.</summary>
    public string Found { get; }
}
