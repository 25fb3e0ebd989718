using System.Buffers.Binary;

namespace SparseCore.Data;

/// <summary>The CRC-32 of gzip (RFC 1952): reflected polynomial 0xEDB88320, eight bytes at a time with eight tables.</summary>
internal static class Crc32
{
    private static readonly uint[] Tables = CreateTables();

    /// <summary>The checksum of bytes that follow those of another checksum; 0 is that of nothing.</summary>
    public static uint Append(uint checksum, ReadOnlySpan<byte> bytes)
    {
        var tables = Tables;
        var rest = ~checksum;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            var low = rest ^ BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            var high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            rest = tables[0x700 + (byte)low] ^ tables[0x600 + (byte)(low >> 8)] ^ tables[0x500 + (byte)(low >> 16)] ^ tables[0x400 + (low >> 24)]
                ^ tables[0x300 + (byte)high] ^ tables[0x200 + (byte)(high >> 8)] ^ tables[0x100 + (byte)(high >> 16)] ^ tables[high >> 24];
        }

        foreach (var value in bytes)
        {
            rest = tables[(byte)(rest ^ value)] ^ (rest >> 8);
        }

        return ~rest;
    }

    /// <summary>Table k holds the remainder of every byte that k zero bytes follow.</summary>
    private static uint[] CreateTables()
    {
        var tables = new uint[8 * 256];
        for (var value = 0u; value < 256; value++)
        {
            var rest = value;
            for (var bit = 0; bit < 8; bit++)
            {
                rest = (rest >> 1) ^ ((rest & 1) * 0xEDB88320);
            }

            tables[value] = rest;
        }

        for (var index = 256; index < tables.Length; index++)
        {
            var shorter = tables[index - 256];
            tables[index] = tables[(byte)shorter] ^ (shorter >> 8);
        }

        return tables;
    }
}
