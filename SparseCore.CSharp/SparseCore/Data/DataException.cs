namespace SparseCore.Data;

/// <summary>Data files that are missing, damaged or do not fit together. The message names the file, what was expected and what was found, on one line; foreign text in it is made visible.</summary>
public sealed class DataException : Exception
{
    /// <summary>An exception with a message; control characters in it are made visible.</summary>
    public DataException(string message)
        : base(ForeignText.OneLine(message))
    {
    }

    /// <summary>An exception with a message, whose control characters are made visible, and the error that caused it.</summary>
    public DataException(string message, Exception cause)
        : base(ForeignText.OneLine(message), cause)
    {
    }
}
