using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using SparseCore.Data;
using SparseCore.Randomness;

namespace SparseCore.Faults;

/// <summary>PNG files, and damage that their check sums do not give away.</summary>
internal static class Pngs
{
    /// <summary>A file of header, palette where it has one, data and end.</summary>
    /// <param name="width">Pixels in a row.</param>
    /// <param name="height">Rows.</param>
    /// <param name="kind">Depth, kind of colors, whether it is interlaced.</param>
    /// <param name="data">All rows, before they are compressed.</param>
    public static byte[] Make(uint width, uint height, (byte Depth, byte Colors, byte Interlaced) kind, byte[] data)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteUInt32BigEndian(header, width);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9], header[12]) = kind;
        var palette = kind.Colors == 3 ? Chunk("PLTE", [1, 2, 3, 40, 50, 60]) : [];
        return [.. PngDecoder.Signature, .. Chunk("IHDR", header), .. palette, .. Chunk("IDAT", Deflate(data)), .. Chunk("IEND", [])];
    }

    /// <summary>One chunk, with its check sum.</summary>
    public static byte[] Chunk(string type, byte[] content)
    {
        var chunk = new byte[content.Length + 12];
        BinaryPrimitives.WriteInt32BigEndian(chunk, content.Length);
        Encoding.ASCII.GetBytes(type, chunk.AsSpan(4));
        content.CopyTo(chunk, 8);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + content.Length), Crc32.HashToUInt32(chunk.AsSpan(4, 4 + content.Length)));
        return chunk;
    }

    /// <summary>Damages the header, the palette, the rows, the compressed data or the order of chunks; mostly with right check sums.</summary>
    public static byte[] Damaged(byte[] good, RandomStream random)
    {
        if (random.NextInt32(5) == 0)
        {
            return Damage.Bytes(good, random);
        }

        var chunks = Split(good);
        var which = random.NextInt32(chunks.Count);
        var (type, content) = chunks[which];
        switch (random.NextInt32(6))
        {
            case 0:
                chunks.RemoveAt(which);
                break;
            case 1:
                chunks.Insert(random.NextInt32(chunks.Count + 1), chunks[which]);
                break;
            case 2 when type == "IDAT" && chunks.Count(chunk => chunk.Type == type) == 1:
                chunks[which] = (type, Deflate(Damage.Bytes(Inflate(content), random)));
                break;
            case 3 or 4 when content.Length > 0: // The length stays, which lets more of the damage through.
                var changed = content.ToArray();
                changed[random.NextInt32(changed.Length)] = (byte)(random.NextInt32(2) == 0 ? random.NextInt32(20) : random.NextInt32(256));
                chunks[which] = (type, changed);
                break;
            default:
                chunks[which] = (type, Damage.Bytes(content, random));
                break;
        }

        return [.. PngDecoder.Signature, .. chunks.SelectMany(chunk => Chunk(chunk.Type, chunk.Content))];
    }

    private static List<(string Type, byte[] Content)> Split(byte[] file)
    {
        var chunks = new List<(string, byte[])>();
        for (var place = PngDecoder.Signature.Length; place + 12 <= file.Length; place += 12 + chunks[^1].Item2.Length)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(place));
            chunks.Add((Encoding.ASCII.GetString(file, place + 4, 4), file[(place + 8)..(place + 8 + length)]));
            if (chunks[^1].Item1 == "IEND")
            {
                break;
            }
        }

        return chunks;
    }

    private static byte[] Deflate(byte[] plain)
    {
        using var target = new MemoryStream();
        using (var stream = new ZLibStream(target, CompressionLevel.Fastest))
        {
            stream.Write(plain);
        }

        return target.ToArray();
    }

    private static byte[] Inflate(byte[] packed)
    {
        using var stream = new ZLibStream(new MemoryStream(packed), CompressionMode.Decompress);
        using var plain = new MemoryStream();
        stream.CopyTo(plain);
        return plain.ToArray();
    }
}
