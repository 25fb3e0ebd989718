using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace SparseCore.Data;

/// <summary>
/// The decompressed contents of a gzip file (RFC 1952), read once from front to back. A file may have several members, empty ones too, whose contents follow one
/// another, and zeros after the last one, as <c>gzip -t</c> accepts; anything else after it is refused. A truncated or damaged member is refused at the
/// latest when its end is read, by header checksum, CRC-32 and length. Memory does not depend on the file: a piece of 8 KiB and the window of the decoder.
/// </summary>
/// <remarks>
/// <see cref="GZipStream"/> takes a cut trailer for the end, and other bytes after the last member for nothing; hence members are walked here.
/// <see cref="DeflateStream"/> does not say how much it has read, but it reads no piece that it does not need. The end of a member is therefore known
/// exactly when the last piece was one byte. The last bytes of a file are fed one by one; only a member that ends earlier is decoded a second time, and its last
/// piece byte by byte.
/// </remarks>
internal sealed class GzipReader : Stream
{
    private const int PieceLength = 8192;
    private const int TrailerLength = 8;

    private readonly Stream file;
    private readonly string path;
    private readonly byte[] piece = new byte[PieceLength];
    private Feed? feed;
    private DeflateStream? decoder;
    private int members;
    private long memberStart;
    private long dataStart;
    private readonly Crc32 checksum = new();
    private uint length;

    /// <summary>Reads from the start of a file.</summary>
    /// <param name="file">As stored; must be able to seek. Not closed.</param>
    /// <param name="path">For messages.</param>
    public GzipReader(Stream file, string path)
    {
        this.file = file;
        this.path = path;
        file.Position = 0;
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Whether bytes begin as a gzip member does.</summary>
    public static bool IsGzip(ReadOnlySpan<byte> start) => start is [0x1F, 0x8B, ..];

    /// <inheritdoc/>
    /// <exception cref="DataException">The file is truncated or damaged, or ends in other bytes.</exception>
    public override int Read(Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            if (decoder is null && !BeginMember())
            {
                return 0;
            }

            var count = Decode(decoder!, buffer);
            if (count > 0)
            {
                checksum.Append(buffer[..count]);
                length += (uint)count; // modulo 2^32, as the trailer has it
                return count;
            }

            EndMember();
        }

        return 0;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        decoder?.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Reads a member's header; false at the end of the file.</summary>
    private bool BeginMember()
    {
        memberStart = file.Position;
        Span<byte> start = stackalloc byte[2];
        var found = file.ReadAtLeast(start, 2, throwOnEndOfStream: false);
        file.Position = memberStart;
        if (members > 0 && !IsGzip(start) && !(found == 1 && start[0] == 0x1F))
        {
            RequireZeros();
            return false;
        }

        members++;
        ReadHeader();
        dataStart = file.Position;
        checksum.Reset();
        length = 0;
        feed = new Feed(file, file.Length - TrailerLength - 1);
        decoder = new DeflateStream(feed, CompressionMode.Decompress);
        return true;
    }

    private void ReadHeader()
    {
        const int checkedHeader = 2, extraField = 4, fileName = 8, comment = 16, reserved = 0xE0;
        var headerChecksum = new Crc32();
        Span<byte> start = stackalloc byte[10];
        foreach (ref var value in start)
        {
            value = Next();
        }

        if (!IsGzip(start) || start[2] != 8 || (start[3] & reserved) != 0)
        {
            throw new DataException(
                $"'{path}' is a gzip file of an unknown kind: the header of member {members}, from byte {memberStart}, begins with {Convert.ToHexString(start[..4])}; "
                + "expected 1F8B08 and flags below 20. Compress the data with gzip.");
        }

        var flags = start[3];
        if ((flags & extraField) != 0)
        {
            for (var left = Next() | (Next() << 8); left > 0; left--)
            {
                Next();
            }
        }

        foreach (var text in (ReadOnlySpan<int>)[fileName, comment])
        {
            while ((flags & text) != 0 && Next() != 0)
            {
            }
        }

        if ((flags & checkedHeader) != 0)
        {
            var expected = (ushort)headerChecksum.GetCurrentHashAsUInt32();
            var stored = (ushort)(Next() | (Next() << 8));
            if (stored != expected)
            {
                throw Damage($"its header's checksum should be {expected:X4}, found {stored:X4}");
            }
        }

        byte Next()
        {
            var value = file.ReadByte();
            if (value < 0)
            {
                throw Truncation("its header");
            }

            headerChecksum.Append([(byte)value]);
            return (byte)value;
        }
    }

    private int Decode(DeflateStream stream, Span<byte> buffer)
    {
        try
        {
            return stream.Read(buffer);
        }
        catch (InvalidDataException) when (!feed!.IsExhausted)
        {
            throw Damage($"its compressed data cannot be decoded before byte {file.Position}");
        }
        catch (InvalidDataException)
        {
            return 0; // the decoder's word for a truncated file
        }
    }

    /// <summary>Finds the end of the member that was decoded, and compares its trailer.</summary>
    private void EndMember()
    {
        if (feed!.IsExhausted)
        {
            throw Truncation("its compressed data");
        }

        decoder!.Dispose();
        decoder = null;
        if (feed.LastPiece != 1)
        {
            feed = new Feed(file, file.Position - feed.LastPiece);
            file.Position = dataStart;
            using var again = new DeflateStream(feed, CompressionMode.Decompress);
            while (Decode(again, piece) > 0)
            {
            }
        }

        Span<byte> trailer = stackalloc byte[TrailerLength];
        if (file.ReadAtLeast(trailer, TrailerLength, throwOnEndOfStream: false) < TrailerLength)
        {
            throw Truncation("the trailer after its compressed data");
        }

        var (storedChecksum, storedLength) = (BinaryPrimitives.ReadUInt32LittleEndian(trailer), BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..]));
        if (storedChecksum != checksum.GetCurrentHashAsUInt32())
        {
            throw Damage($"its contents have the CRC-32 {checksum.GetCurrentHashAsUInt32():X8}, expected {storedChecksum:X8}");
        }

        if (storedLength != length)
        {
            throw Damage($"its contents have {length} bytes, expected {storedLength}");
        }
    }

    private void RequireZeros()
    {
        int found;
        while ((found = file.Read(piece)) > 0)
        {
            if (piece.AsSpan(0, found).ContainsAnyExcept((byte)0))
            {
                throw new DataException(
                    $"'{path}' has {file.Length - memberStart} bytes after its {members} gzip member(s), from byte {memberStart}; expected nothing, zeros or another member. Cut them off or fetch the file again.");
            }
        }
    }

    private DataException Truncation(string part) =>
        new($"'{path}' is a truncated gzip file: it ends after {file.Length} bytes, within {part} (member {members}, from byte {memberStart}). Fetch it again.");

    private DataException Damage(string finding) =>
        new($"'{path}' is a damaged gzip file (member {members}, from byte {memberStart}): {finding}. Fetch it again.");

    /// <summary>Gives the rest of a file in pieces, and from some position on one byte at a time.</summary>
    private sealed class Feed(Stream file, long singleFrom) : MemoryStream
    {
        /// <summary>Length of the last piece given.</summary>
        public int LastPiece { get; private set; }

        /// <summary>Whether more was asked for than there is.</summary>
        public bool IsExhausted { get; private set; }

        public override int Read(Span<byte> buffer)
        {
            var most = (int)Math.Clamp(singleFrom - file.Position, 1, Math.Min(PieceLength, buffer.Length));
            var count = file.Read(buffer[..most]);
            LastPiece = count;
            IsExhausted = count == 0;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    }
}
