namespace SparseCore.Data;

/// <summary>What a JPEG file says of itself.</summary>
/// <param name="Width">Pixels in a row.</param>
/// <param name="Height">Rows.</param>
/// <param name="HasInks">Whether colours are four inks (CMYK or YCCK) and not grey or red, green and blue.</param>
internal readonly record struct JpegHeader(int Width, int Height, bool HasInks);
