namespace SparseCore.Data;

/// <summary>What an image file says of itself.</summary>
/// <param name="Width">Pixels in a row.</param>
/// <param name="Height">Rows.</param>
/// <param name="Colors">What its channels are.</param>
internal readonly record struct ImageHeader(int Width, int Height, ImageColors Colors)
{
    /// <summary>Larger images are refused, because a damaged header can promise anything.</summary>
    public const long MaximumPixels = 1L << 26;

    /// <summary>This header, if its size is one that is decoded.</summary>
    /// <exception cref="InvalidDataException">The image has no pixels or too many; the message is the reason alone.</exception>
    public ImageHeader Checked() => (long)Width * Height is > 0 and <= MaximumPixels
        ? this
        : throw new InvalidDataException($"its header says {Width} x {Height} pixels; expected 1 to {MaximumPixels} in all");
}
