namespace SparseCore.Data;

/// <summary>What the channels of an image file are; the numbers are written into the index of a folder.</summary>
internal enum ImageColors
{
    /// <summary>Red, green and blue, luminance and two differences of color, or a palette.</summary>
    Color = 0,

    /// <summary>One channel, which becomes three equal ones.</summary>
    Gray = 1,

    /// <summary>Four inks (CMYK or YCCK), which are mixed to red, green and blue.</summary>
    Inks = 2,
}
