using System.Buffers.Binary;

namespace SparseCore.Data;

/// <summary>
/// Walks through the markers of a JPEG file as libjpeg does: segments are skipped by their length; bytes that belong to no segment (the coded data of
/// scans, with its FF00 and RSTn, and garbage) are skipped up to the next marker.
/// </summary>
internal ref struct JpegMarkers
{
    private const byte Escape = 0xFF, FirstWithSegment = 0xC0, FirstRestart = 0xD0, End = 0xD9, Scan = 0xDA;
    private readonly ReadOnlySpan<byte> file;
    private int place = 2; // The file begins with FFD8.

    private JpegMarkers(ReadOnlySpan<byte> file) => this.file = file;

    private byte Marker { get; set; }

    private ReadOnlySpan<byte> Segment { get; set; }

    /// <summary>Reads size and colors from the frame header.</summary>
    /// <exception cref="InvalidDataException">There is none, or no image of its kind is decoded; the message is the reason alone.</exception>
    public static ImageHeader ReadHeader(ReadOnlySpan<byte> file)
    {
        var markers = new JpegMarkers(file);
        while (markers.MoveNext() && markers.Marker is not (Scan or End))
        {
            if (IsFrame(markers.Marker) && markers.Segment is [_, var high, var low, var left, var right, var channels, ..])
            {
                return new ImageHeader((left << 8) + right, (high << 8) + low, channels switch
                {
                    1 => ImageColors.Gray,
                    3 => ImageColors.Color,
                    4 => ImageColors.Inks,
                    _ => throw new InvalidDataException($"its header says {channels} channels; expected 1, 3 or 4"),
                }).Checked();
            }
        }

        throw new InvalidDataException("it is truncated or damaged: no frame header comes before the coded data");
    }

    /// <summary>
    /// Whether the file has an end marker (FFD9), without which it is truncated. The decoder's words cannot tell: it adds a missing marker, and keeps
    /// the words of its first warning only.
    /// </summary>
    public static bool HasEnd(ReadOnlySpan<byte> file)
    {
        var markers = new JpegMarkers(file);
        while (markers.MoveNext())
        {
            if (markers.Marker == End)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>SOF0 to SOF15; C4, C8 and CC among them are tables and reserved.</summary>
    private static bool IsFrame(byte marker) => marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC);

    private bool MoveNext()
    {
        byte marker;
        do
        {
            var escape = file[place..].IndexOf(Escape);
            var length = escape < 0 ? -1 : file[(place + escape)..].IndexOfAnyExcept(Escape);
            if (length < 0)
            {
                return false;
            }

            place += escape + length;
            marker = file[place++];
        }
        while (marker == 0);

        Marker = marker;
        Segment = default;
        if (marker < FirstWithSegment || marker is >= FirstRestart and <= End)
        {
            return true;
        }

        if (!BinaryPrimitives.TryReadUInt16BigEndian(file[place..], out var bytes) || bytes > file.Length - place)
        {
            return false;
        }

        // libjpeg takes a length that does not even cover itself for that of an empty segment.
        Segment = file[(place + 2)..(place + Math.Max((int)bytes, 2))];
        place += Math.Max((int)bytes, 2);
        return true;
    }
}
