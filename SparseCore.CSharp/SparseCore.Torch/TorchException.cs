namespace SparseCore.Torch;

/// <summary>The TorchSharp engine cannot be had or cannot go on here; the message says why, and what to do.</summary>
public sealed class TorchException : Exception
{
    public TorchException(string message)
        : base(message)
    {
    }

    public TorchException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
