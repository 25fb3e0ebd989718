using System.Buffers.Binary;
using System.IO.Compression;

namespace SparseCore.Data;

/// <summary>
/// Reads IDX files (the format of MNIST), plain or gzipped; which of the two is told by the first bytes, not by the name. A file is refused unless it
/// is whole: what its header promises is only believed once the bytes have arrived, so that memory stays within 16 times the file's length (64 KiB at
/// least) or twice what was really decompressed.
/// </summary>
public static class IdxReader
{
    /// <summary>The type code of unsigned bytes, the only one read here.</summary>
    internal const byte UnsignedByte = 0x08;

    /// <summary>Largest number of values accepted, 1 GiB: a bound for small files that decompress without end.</summary>
    internal const long MaximumValues = 1L << 30;

    /// <summary>Reads one file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="rank">Number of dimensions it must have: 1 for labels, 3 for images.</param>
    /// <exception cref="DataException">The file is missing or unreadable, has another magic number or rank, a dimension of 0 or too large, or is shorter or longer than its header says.</exception>
    public static IdxArray Read(string path, int rank)
    {
        try
        {
            using var file = File.OpenRead(path);
            var first = file.ReadByte();
            var second = file.ReadByte();
            file.Position = 0;
            if (first != 0x1F || second != 0x8B)
            {
                return Read(file, file.Length, path, rank);
            }

            using var plain = new GZipStream(file, CompressionMode.Decompress, leaveOpen: true);
            var array = Read(plain, file.Length, path, rank);
            RequireWholeGzip(file, path, 4L + (4 * rank) + array.Values.Length);
            return array;
        }
        catch (InvalidDataException damage)
        {
            throw new DataException($"'{path}' is a damaged gzip file ({damage.Message}). Fetch it again.", damage);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"'{path}' cannot be read: {failure.Message}", failure);
        }
    }

    /// <summary>A gzip file that ends early is not noticed by the decompressor when only its trailer is missing; the trailer ends with the length.</summary>
    private static void RequireWholeGzip(FileStream file, string path, long expected)
    {
        Span<byte> trailer = stackalloc byte[4];
        file.Position = file.Length - trailer.Length;
        file.ReadExactly(trailer);
        var found = BinaryPrimitives.ReadUInt32LittleEndian(trailer);
        if (found != expected)
        {
            throw new DataException($"'{path}' is a truncated gzip file: its last four bytes should say {expected} decompressed bytes, found {found}. Fetch it again.");
        }
    }

    /// <summary>Reads one uncompressed IDX stream.</summary>
    /// <param name="stream">Positioned at the magic number.</param>
    /// <param name="storedLength">Bytes of the file as stored, compressed or not; bounds the first allocation.</param>
    /// <param name="path">For messages.</param>
    /// <param name="rank">Number of dimensions it must have.</param>
    internal static IdxArray Read(Stream stream, long storedLength, string path, int rank)
    {
        Span<byte> header = stackalloc byte[4 + (4 * rank)];
        var headerFound = stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        if (headerFound < header.Length)
        {
            throw new DataException($"'{path}' is too short for an IDX file: its header takes {header.Length} bytes, found {headerFound}.");
        }

        var magic = BinaryPrimitives.ReadUInt32BigEndian(header);
        var expectedMagic = ((uint)UnsignedByte << 8) | (uint)rank;
        if (magic != expectedMagic)
        {
            throw new DataException(
                $"'{path}' is not an IDX file of unsigned bytes with {rank} dimension(s): expected the magic number 0x{expectedMagic:X8}, found 0x{magic:X8}.");
        }

        var dimensions = new int[rank];
        var total = 1L;
        for (var index = 0; index < rank; index++)
        {
            var size = BinaryPrimitives.ReadUInt32BigEndian(header[(4 + (4 * index))..]);
            if (size < 1 || size > MaximumValues || total * size > MaximumValues)
            {
                throw new DataException($"'{path}': dimension {index} is {size}; expected at least 1, and at most {MaximumValues} values in all.");
            }

            dimensions[index] = (int)size;
            total *= size;
        }

        var values = new byte[Math.Min(total, Math.Max(65536, 16 * storedLength))];
        var found = stream.ReadAtLeast(values, values.Length, throwOnEndOfStream: false);
        while (found == values.Length && found < total)
        {
            Array.Resize(ref values, (int)Math.Min(total, 2L * values.Length));
            found += stream.ReadAtLeast(values.AsSpan(found), values.Length - found, throwOnEndOfStream: false);
        }

        if (found < total)
        {
            throw new DataException($"'{path}' is truncated: its header [{string.Join(", ", dimensions)}] needs {total} values, found {found}.");
        }

        if (stream.ReadByte() >= 0)
        {
            throw new DataException($"'{path}' is too long: its header [{string.Join(", ", dimensions)}] says {total} values, but more bytes follow.");
        }

        return new IdxArray(dimensions, values);
    }
}
