namespace SparseCore.Data;

/// <summary>What a JPEG file says of itself.</summary>
/// <param name="Width">Pixels in a row.</param>
/// <param name="Height">Rows.</param>
/// <param name="Colors">What its channels are.</param>
internal readonly record struct JpegHeader(int Width, int Height, JpegColors Colors);
