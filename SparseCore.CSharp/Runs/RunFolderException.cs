namespace SparseCore.Runs;

/// <summary>A run folder, or a file of it that is not a checkpoint, that cannot be used; the message says what, expected, found and what to do.</summary>
public sealed class RunFolderException : IOException
{
    /// <summary>Builds the message "path: subject: expected ..., found .... remedy".</summary>
    public RunFolderException(string path, string subject, string expected, string found, string remedy, Exception? inner = null)
        : base($"{path}: {subject}: expected {expected}, found {found}.{(remedy.Length > 0 ? " " + remedy : "")}", inner)
    {
        FilePath = path;
        Subject = subject;
        Expected = expected;
        Found = found;
    }

    /// <summary>The file or folder.</summary>
    public string FilePath { get; }

    /// <summary>What is wrong in it.</summary>
    public string Subject { get; }

    /// <summary>What should have been there.</summary>
    public string Expected { get; }

    /// <summary>What was there.</summary>
    public string Found { get; }
}
