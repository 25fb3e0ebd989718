namespace SparseCore.Data;

/// <summary>Data files that are missing, damaged or do not fit together. The message names the file, what was expected and what was found.</summary>
public sealed class DataException : Exception
{
    public DataException(string message)
        : base(message)
    {
    }

    public DataException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
