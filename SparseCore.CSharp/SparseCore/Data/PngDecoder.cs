using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using StbImageSharp;

namespace SparseCore.Data;

/// <summary>
/// Decodes PNG files to the pixels of Pillow's convert("RGB"): transparency, gamma and color profiles are ignored, of 16 bits the upper 8 are kept, and of
/// an animation the still image. StbImageSharp decodes, which trusts its input; so everything that it would trust is checked before: the chunks, their
/// CRC-32, and that the data inflates to exactly the bytes of the image. It gets only the chunks that the pixels come from.
/// </summary>
internal static class PngDecoder
{
    private const int Gray = 0, Color = 2, Palette = 3, GrayAndAlpha = 4, ColorAndAlpha = 6;
    private const int HeaderLength = 13, HeaderEnd = 33, PaletteBytes = 3 * 256;

    /// <summary>Bytes of length and type, which come before a chunk's content; the check sum behind it has 4 more.</summary>
    private const int ChunkStart = 8, ChunkFrame = 12;

    /// <summary>The passes of an interlaced image (Adam7): first column and row, distance of columns and of rows.</summary>
    private static readonly (int Column, int Row, int Columns, int Rows)[] Passes =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

    /// <summary>The first bytes of every PNG file.</summary>
    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Reads the header.</summary>
    /// <exception cref="InvalidDataException">It is missing, damaged, or of a kind that is not decoded; the message is the reason alone.</exception>
    public static ImageHeader ReadHeader(ReadOnlySpan<byte> file)
    {
        var place = Signature.Length;
        var header = ReadChunk(file, ref place, out var type);
        if (!type.SequenceEqual("IHDR"u8) || header.Length != HeaderLength)
        {
            throw new InvalidDataException("it does not begin with a header (IHDR) of 13 bytes");
        }

        var (width, height) = (BinaryPrimitives.ReadUInt32BigEndian(header), BinaryPrimitives.ReadUInt32BigEndian(header[4..]));
        var (depth, colors) = (header[8], header[9]);
        if (header[10..] is not [0, 0, 0 or 1] || !IsKnown(depth, colors))
        {
            throw new InvalidDataException($"its header says {Convert.ToHexString(header[8..])}, which is no known kind of PNG image");
        }

        if ((depth, colors) == (16, Gray))
        {
            throw new InvalidDataException("it has 16 bits of gray, whose range is not known; expected at most 8 bits, or color. Save it with 8 bits");
        }

        var kind = colors is Gray or GrayAndAlpha ? ImageColors.Gray : ImageColors.Color;
        return new ImageHeader((int)Math.Min(width, int.MaxValue), (int)Math.Min(height, int.MaxValue), kind).Checked();
    }

    /// <summary>Decodes a whole file.</summary>
    /// <returns>Red, green, blue, unused. Shape [height, width, 4].</returns>
    /// <exception cref="InvalidDataException">The file is truncated or damaged; the message is the reason alone.</exception>
    public static byte[] Decode(ReadOnlySpan<byte> file)
    {
        var header = ReadHeader(file);
        var needed = NeededChunks(file, out var data);
        RequireInflated(needed, data, InflatedBytes(header, file[16..]));
        try
        {
            var image = ImageResult.FromMemory(needed, ColorComponents.RedGreenBlueAlpha);
            return (image.Width, image.Height) == (header.Width, header.Height)
                ? image.Data
                : throw new InvalidDataException($"it decodes to {image.Width} x {image.Height} pixels; expected {header.Width} x {header.Height}");
        }
        catch (Exception failure) when (failure is not (InvalidDataException or OutOfMemoryException))
        {
            throw new InvalidDataException($"the decoder says \"{failure.Message.TrimEnd('.')}\"", failure);
        }
    }

    private static int Channels(int colors) => colors switch
    {
        Gray or Palette => 1,
        GrayAndAlpha => 2,
        Color => 3,
        ColorAndAlpha => 4,
        _ => 0,
    };

    private static bool IsKnown(int depth, int colors) => Channels(colors) > 0 && depth switch
    {
        1 or 2 or 4 => colors is Gray or Palette,
        8 => true,
        16 => colors != Palette,
        _ => false,
    };

    /// <summary>Bytes of all rows: one for the filter, then the values, packed.</summary>
    private static long InflatedBytes(ImageHeader image, ReadOnlySpan<byte> header)
    {
        var bits = header[8] * Channels(header[9]);
        return header[12] == 0
            ? Rows(image.Width, image.Height)
            : Passes.Sum(pass => Rows(
                (image.Width - pass.Column + pass.Columns - 1) / pass.Columns,
                (image.Height - pass.Row + pass.Rows - 1) / pass.Rows));

        long Rows(int width, int height) => width == 0 ? 0 : height * (1 + ((((long)width * bits) + 7) / 8));
    }

    /// <summary>Reads a chunk and checks its check sum; the place moves behind it.</summary>
    private static ReadOnlySpan<byte> ReadChunk(ReadOnlySpan<byte> file, scoped ref int place, out ReadOnlySpan<byte> type)
    {
        var rest = file[place..];
        if (rest.Length < ChunkFrame || BinaryPrimitives.ReadUInt32BigEndian(rest) > (uint)(rest.Length - ChunkFrame))
        {
            throw new InvalidDataException("it is truncated or damaged: it ends before its last chunk (IEND)");
        }

        var end = ChunkStart + (int)BinaryPrimitives.ReadUInt32BigEndian(rest);
        if (Crc32.HashToUInt32(rest[4..end]) != BinaryPrimitives.ReadUInt32BigEndian(rest[end..]))
        {
            throw new InvalidDataException($"it is damaged: the check sum of its chunk at byte {place} is wrong");
        }

        type = rest[4..ChunkStart];
        place += end + 4;
        return rest[ChunkStart..end];
    }

    /// <summary>Checks all chunks, and copies those that the pixels come from, with the image data in one chunk. Their check sums have no meaning.</summary>
    private static byte[] NeededChunks(ReadOnlySpan<byte> file, out Range data)
    {
        var needed = new byte[file.Length + PaletteBytes + (3 * ChunkFrame)];
        file[..HeaderEnd].CopyTo(needed);
        var isIndexed = file[25] == Palette;
        var start = HeaderEnd + ChunkStart + (isIndexed ? PaletteBytes + ChunkFrame : 0);
        var (place, end, isOver) = (HeaderEnd, start, false);
        var palette = ReadOnlySpan<byte>.Empty;
        while (true)
        {
            var content = ReadChunk(file, ref place, out var type);
            if (type.SequenceEqual("IEND"u8))
            {
                break;
            }

            var isData = type.SequenceEqual("IDAT"u8);
            if (isData && !isOver)
            {
                content.CopyTo(needed.AsSpan(end));
                end += content.Length;
            }
            else if (type.SequenceEqual("PLTE"u8) && end == start)
            {
                palette = content;
            }

            isOver |= !isData && end > start; // Data behind another chunk is none, as in Pillow.
        }

        if (isIndexed)
        {
            WriteStart(needed.AsSpan(HeaderEnd), "PLTE"u8, PaletteBytes);
            WritePalette(palette, needed.AsSpan(HeaderEnd + ChunkStart, PaletteBytes));
        }

        WriteStart(needed.AsSpan(start - ChunkStart), "IDAT"u8, end - start);
        WriteStart(needed.AsSpan(end + 4), "IEND"u8, 0);
        data = start..end;
        return needed;
    }

    private static void WriteStart(Span<byte> chunk, ReadOnlySpan<byte> type, int length)
    {
        BinaryPrimitives.WriteInt32BigEndian(chunk, length);
        type.CopyTo(chunk[4..]);
    }

    /// <summary>Writes a palette of 256 colors; those that the file does not have are shades of gray, as in Pillow.</summary>
    private static void WritePalette(ReadOnlySpan<byte> found, Span<byte> colors)
    {
        for (var value = 0; value < PaletteBytes; value++)
        {
            colors[value] = (byte)(value / 3);
        }

        found = found[..Math.Min(found.Length, PaletteBytes)];
        found[..(found.Length / 3 * 3)].CopyTo(colors);
    }

    /// <summary>Inflates the image data into nothing; a file can promise few bytes and hold endlessly many.</summary>
    private static void RequireInflated(byte[] needed, Range data, long expected)
    {
        var (start, length) = data.GetOffsetAndLength(needed.Length);
        using var stream = new ZLibStream(new MemoryStream(needed, start, length), CompressionMode.Decompress);
        Span<byte> buffer = stackalloc byte[1 << 14];
        var found = 0L;
        try
        {
            for (var read = 1; read > 0 && found <= expected; found += read)
            {
                read = stream.Read(buffer);
            }
        }
        catch (Exception damage) when (damage is InvalidDataException or IOException)
        {
            throw new InvalidDataException("it is damaged: its data cannot be inflated", damage);
        }

        if (found != expected)
        {
            throw new InvalidDataException($"its data inflates to {(found < expected ? $"{found}" : "more")} bytes; expected {expected}");
        }
    }
}
