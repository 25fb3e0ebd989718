using System.Buffers.Binary;

namespace SparseCore.Data;

/// <summary>
/// Reads IDX files (the format of MNIST) of any type and number of dimensions, plain or gzipped; which of the two is told by the first bytes, not by the
/// name. A file is refused unless it is whole: what its header promises is only believed once an eighth of the bytes has arrived, so that memory stays within
/// 16 times the file's length (64 KiB at least) or 12 times what was really decompressed, and always within 1.5 times the largest contents accepted: 1.5 GiB for
/// images, 48 MiB for labels. A file in another format is refused by that format's name.
/// </summary>
public static class IdxReader
{
    /// <summary>Most bytes of values accepted, 1 GiB: a bound for small files that decompress without end.</summary>
    internal const long MaximumBytes = 1L << 30;

    /// <summary>Most bytes of labels accepted, 32 MiB: they become integers of four bytes, twice.</summary>
    internal const long MaximumLabelBytes = 1L << 25;

    private const int MagicLength = 4;

    /// <summary>Reads one file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="DataException">The file is missing, unreadable or no IDX file, has a dimension of 0 or too large, or is shorter or longer than its header says.</exception>
    public static IdxArray Read(string path) => Read(path, MaximumBytes);

    /// <summary>As the other, with at most so many bytes of values.</summary>
    internal static IdxArray Read(string path, long limit)
    {
        try
        {
            using var file = RegularFile.OpenRead(path);
            return Read(file, path, limit);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"'{path}' cannot be read: {failure.Message}", failure);
        }
    }

    /// <summary>Reads one file, compressed or not.</summary>
    /// <param name="file">The whole file as stored; must be able to seek.</param>
    /// <param name="path">For messages.</param>
    /// <param name="limit">Most bytes of values accepted.</param>
    internal static IdxArray Read(Stream file, string path, long limit = MaximumBytes)
    {
        Span<byte> start = stackalloc byte[2];
        _ = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        file.Position = 0;
        if (!GzipReader.IsGzip(start))
        {
            return Read(file, file.Length, limit, $"'{path}'", "is");
        }

        using var contents = new GzipReader(file, path);
        return Read(contents, file.Length, limit, $"'{path}'", "is gzipped and holds");
    }

    /// <param name="stream">Positioned at the magic number.</param>
    /// <param name="storedLength">Bytes of the file as stored; bounds the first allocation.</param>
    /// <param name="limit">Most bytes of values accepted.</param>
    /// <param name="name">The file, quoted.</param>
    /// <param name="holds">What the file does with its contents: the verb between its name and that of a format.</param>
    private static IdxArray Read(Stream stream, long storedLength, long limit, string name, string holds)
    {
        Span<byte> head = stackalloc byte[FileFormat.HeadLength];
        var headFound = stream.ReadAtLeast(head[..MagicLength], MagicLength, throwOnEndOfStream: false);
        var type = (IdxType)head[2];
        if (headFound < MagicLength || head[0] != 0 || head[1] != 0 || head[3] == 0 || !Enum.IsDefined(type))
        {
            headFound += stream.ReadAtLeast(head[headFound..], head.Length - headFound, throwOnEndOfStream: false);
            throw Foreign(head[..headFound], name, holds);
        }

        var dimensions = ReadDimensions(stream, head[3], IdxArray.SizeOf(type), limit, name);
        var total = dimensions.Aggregate((long)IdxArray.SizeOf(type), (product, size) => product * size);
        var shape = $"[{string.Join(", ", dimensions)}] of {type}";
        var bytes = new byte[Math.Min(total, Math.Max(65536, 16 * storedLength))];
        var found = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        while (found == bytes.Length && found < total)
        {
            Array.Resize(ref bytes, 8L * bytes.Length >= total ? (int)total : 2 * bytes.Length);
            found += stream.ReadAtLeast(bytes.AsSpan(found), bytes.Length - found, throwOnEndOfStream: false);
        }

        if (found < total)
        {
            throw new DataException($"{name} is truncated: its header {shape} needs {total} bytes of values, found {found}. Fetch it again.");
        }

        // Also what makes a gzip file show its last trailer.
        if (stream.ReadByte() >= 0)
        {
            throw new DataException($"{name} is too long: its header {shape} says {total} bytes of values, but more follow. Fetch it again.");
        }

        return new IdxArray(type, dimensions, bytes);
    }

    private static int[] ReadDimensions(Stream stream, int rank, int valueSize, long limit, string name)
    {
        Span<byte> header = stackalloc byte[4 * rank];
        var found = stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        if (found < header.Length)
        {
            throw TooShort(name, MagicLength + header.Length, MagicLength + found);
        }

        var dimensions = new int[rank];
        var total = (long)valueSize;
        for (var index = 0; index < rank; index++)
        {
            var size = BinaryPrimitives.ReadUInt32BigEndian(header[(4 * index)..]);
            if (size < 1 || total * size > limit)
            {
                throw new DataException($"{name}: dimension {index} is {size}; expected at least 1, and at most {limit} bytes of values in all.");
            }

            dimensions[index] = (int)size;
            total *= size;
        }

        return dimensions;
    }

    private static DataException Foreign(ReadOnlySpan<byte> head, string name, string holds)
    {
        if (FileFormat.Recognize(head) is { } format)
        {
            return new DataException($"{name} {holds} {format.Name}; expected an IDX file. {format.Remedy}");
        }

        return head.Length < MagicLength
            ? TooShort(name, MagicLength, head.Length)
            : new DataException(
                $"{name} is not an IDX file: expected it to begin with two zeros, a type (08, 09, 0B, 0C, 0D or 0E) and the number of dimensions, found {Convert.ToHexString(head[..MagicLength])}. "
                + "Name a file in the format of MNIST.");
    }

    private static DataException TooShort(string name, int expected, int found) =>
        new($"{name} is too short for an IDX file: its header takes {expected} bytes, found {found}. Fetch it again.");
}
