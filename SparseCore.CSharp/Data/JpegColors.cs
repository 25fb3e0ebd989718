namespace SparseCore.Data;

/// <summary>What the channels of a JPEG file are; the numbers are written into the index of a folder.</summary>
internal enum JpegColors
{
    /// <summary>Red, green and blue, or luminance and two differences of colour.</summary>
    Color = 0,

    /// <summary>One channel, which becomes three equal ones.</summary>
    Grey = 1,

    /// <summary>Four inks (CMYK or YCCK), which are mixed to red, green and blue.</summary>
    Inks = 2,
}
