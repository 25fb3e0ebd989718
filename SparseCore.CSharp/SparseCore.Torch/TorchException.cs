namespace SparseCore.Torch;

/// <summary>The TorchSharp engine cannot be had or cannot go on here; the message says why, and what to do.</summary>
public sealed class TorchException : Exception
{
    /// <summary>An exception with a message.</summary>
    public TorchException(string message)
        : base(message)
    {
    }

    /// <summary>An exception with a message and the error that caused it.</summary>
    public TorchException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
