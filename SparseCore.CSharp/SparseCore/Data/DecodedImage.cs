using System.Runtime.ExceptionServices;

namespace SparseCore.Data;

/// <summary>An example that is, was or will be decoded. All members belong to the lock of its <see cref="DecodeAhead"/>, pixels once they are ready to everyone.</summary>
internal sealed class DecodedImage
{
    /// <summary>An example that nobody has begun to decode.</summary>
    public DecodedImage(int index, byte[] pixels)
    {
        Index = index;
        Pixels = pixels;
        Place = new LinkedListNode<DecodedImage>(this);
    }

    /// <summary>Where a decoding stands.</summary>
    public enum Stage
    {
        /// <summary>Nobody has begun.</summary>
        Waiting,

        /// <summary>A thread is at work.</summary>
        Decoding,

        /// <summary>The pixels are there.</summary>
        Ready,

        /// <summary>It could not be decoded.</summary>
        Failed,

        /// <summary>Others were needed more; the pixels belong to someone else.</summary>
        Dropped,
    }

    /// <summary>Index of the example, or of a view.</summary>
    public int Index { get; }

    /// <summary>Pinned memory. Shape [3, size, size].</summary>
    public byte[] Pixels { get; }

    /// <summary>Its place in the order of use.</summary>
    public LinkedListNode<DecodedImage> Place { get; }

    /// <summary>Where its decoding stands.</summary>
    public Stage State { get; set; }

    /// <summary>Readers that hold it.</summary>
    public int Holders { get; set; }

    /// <summary>Why it failed.</summary>
    public ExceptionDispatchInfo? Failure { get; set; }
}
