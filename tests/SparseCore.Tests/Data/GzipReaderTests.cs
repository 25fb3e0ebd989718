using System.Buffers.Binary;
using System.IO.Compression;
using SparseCore.Data;

namespace SparseCore.Tests.Data;

public class GzipReaderTests
{
    /// <summary>The member that bgzip writes last: an extra field and no contents.</summary>
    private static readonly byte[] EmptyMember = Convert.FromHexString("1F8B08040000000000FF0600424302001B0003000000000000000000");

    private static readonly byte[] First = [.. Enumerable.Range(0, 500).Select(index => (byte)(index * index / 7))];

    private static readonly byte[] Second = [.. Enumerable.Range(0, 300).Select(index => (byte)(index % 5))];

    [Fact]
    public void Contents_of_members_follow_one_another() =>
        Assert.Equal([.. First, .. Second], Decompress([.. Samples.Gzip(First), .. Samples.Gzip(Second)]));

    [Fact]
    public void Equal_members_are_all_read() => Assert.Equal([.. First, .. First], Decompress([.. Samples.Gzip(First), .. Samples.Gzip(First)]));

    [Fact]
    public void Empty_members_add_nothing_wherever_they_are() =>
        Assert.Equal(
            [.. First, .. Second],
            Decompress([.. EmptyMember, .. Samples.Gzip(First), .. EmptyMember, .. EmptyMember, .. Samples.Gzip(Second), .. EmptyMember]));

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(100_000)]
    public void Zeros_after_the_last_member_are_no_contents(int count)
    {
        Assert.Equal(First, Decompress([.. Samples.Gzip(First), .. new byte[count]]));
        Assert.Empty(Decompress([.. EmptyMember, .. new byte[count]]));
    }

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.Fastest)]
    [InlineData(CompressionLevel.SmallestSize)]
    public void Members_longer_than_a_piece_end_where_they_end(CompressionLevel level)
    {
        foreach (var length in (int[])[8_100, 8_192, 50_000])
        {
            var stream = new SparseCore.Randomness.RandomStream(1, "gzip", (ulong)length);
            var contents = Enumerable.Range(0, length).Select(_ => (byte)stream.NextInt32(40)).ToArray();
            using var memory = new MemoryStream();
            using (var zip = new GZipStream(memory, level, leaveOpen: true))
            {
                zip.Write(contents);
            }

            Assert.Equal([.. contents, .. First, .. contents], Decompress([.. memory.ToArray(), .. Samples.Gzip(First), .. memory.ToArray(), 0, 0]));
        }
    }

    [Fact]
    public void Header_fields_are_passed_over_whatever_they_hold()
    {
        for (var flags = 0; flags < 32; flags++)
        {
            Assert.Equal([.. Second, .. Second], Decompress([.. Member(Second, flags), .. Member(Second, flags)]));
        }
    }

    [Fact]
    public void Every_truncation_of_one_member_is_refused()
    {
        var whole = Member(First, 0x1F);
        for (var length = 0; length < whole.Length; length++)
        {
            Refuses(whole[..length], "truncated");
        }
    }

    [Fact]
    public void Every_truncation_of_several_members_is_refused_unless_it_is_between_them()
    {
        var one = Member(First, 8);
        byte[] two = [.. one, .. Samples.Gzip(Second)];
        byte[] three = [.. two, .. EmptyMember];
        for (var length = 0; length < three.Length; length++)
        {
            if (length == one.Length || length == two.Length)
            {
                Assert.Equal(length == one.Length ? First : [.. First, .. Second], Decompress(three[..length]));
            }
            else
            {
                Refuses(three[..length], "truncated");
            }
        }
    }

    [Fact]
    public void Every_changed_bit_is_refused_or_changes_no_content()
    {
        byte[][] members = [Member(First, 2), Member(Second, 2), EmptyMember];
        byte[] whole = [.. members.SelectMany(member => member)];

        // Nothing covers the bits that fill the last byte of compressed data, nor a header without a checksum.
        int[] uncovered =
        [
            members[0].Length - 9, members[0].Length + members[1].Length - 9, .. Enumerable.Range(whole.Length - EmptyMember.Length, EmptyMember.Length),
        ];
        byte[] contents = [.. First, .. Second];
        for (var bit = 0; bit < 8 * whole.Length; bit++)
        {
            var damaged = whole.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                Assert.Equal(contents, Decompress(damaged));
                Assert.Contains(bit / 8, uncovered);
            }
            catch (DataException refusal)
            {
                Assert.Contains("'file'", refusal.Message);
            }
        }
    }

    [Fact]
    public void Every_changed_byte_of_a_trailer_is_refused()
    {
        byte[] whole = [.. Samples.Gzip(First), .. Samples.Gzip(Second)];
        var firstEnd = Samples.Gzip(First).Length;
        foreach (var end in (int[])[firstEnd, whole.Length])
        {
            for (var place = end - 8; place < end; place++)
            {
                var damaged = whole.ToArray();
                damaged[place] ^= 1;
                Refuses(damaged, "damaged", place < end - 4 ? "CRC-32" : "bytes");
            }
        }
    }

    [Theory]
    [InlineData(new byte[] { 7 })]
    [InlineData(new byte[] { 0, 0, 0, 7 })]
    [InlineData(new byte[] { 0x1F, 0x8C, 8 })]
    [InlineData(new byte[] { 0, 0x1F, 0x8B, 8 })]
    public void Other_bytes_after_the_last_member_are_refused(byte[] rest)
    {
        var member = Samples.Gzip(First);
        Refuses([.. member, .. rest], $"has {rest.Length} bytes after its 1 gzip member(s), from byte {member.Length}");
    }

    [Fact]
    public void A_repeated_trailer_is_no_end_of_another_member()
    {
        var member = Samples.Gzip(First);
        Refuses([.. member, 9, 9, .. member[^8..]], "has 10 bytes after");
    }

    [Theory]
    [InlineData(2, 0x07)] // another method
    [InlineData(3, 0x20)] // encrypted, once
    [InlineData(3, 0x80)]
    public void Headers_of_unknown_meaning_are_refused(int place, byte value)
    {
        var member = Samples.Gzip(First);
        member[place] = value;
        Refuses(member, "of an unknown kind", Convert.ToHexString(member[..4]));
    }

    [Fact]
    public void Memory_does_not_grow_with_members_or_contents()
    {
        byte[] many = [.. Enumerable.Repeat(EmptyMember, 2_000).SelectMany(member => member), .. Samples.Gzip(new byte[20_000_000])];
        using var reader = new GzipReader(new MemoryStream(many), "file");
        var buffer = new byte[4096];
        _ = Decompress(Samples.Gzip(First));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var total = 0L;
        for (int count; (count = reader.Read(buffer)) > 0; total += count)
        {
        }

        Assert.Equal(20_000_000, total);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000 * 1_000); // small objects of each member
    }

    private static byte[] Decompress(byte[] file)
    {
        using var reader = new GzipReader(new MemoryStream(file), "file");
        using var contents = new MemoryStream();
        var buffer = new byte[777];
        for (int count; (count = reader.Read(buffer)) > 0;)
        {
            contents.Write(buffer, 0, count);
        }

        return contents.ToArray();
    }

    /// <summary>One member with any of the optional fields: 1 text, 2 checksum of the header, 4 extra field, 8 name, 16 comment.</summary>
    private static byte[] Member(byte[] contents, int flags)
    {
        var plain = Samples.Gzip(contents);
        List<byte> header = [0x1F, 0x8B, 8, (byte)flags, 1, 2, 3, 4, 0, 3];
        header.AddRange((flags & 4) != 0 ? [5, 0, 0x1F, 0x8B, 8, 0, 0] : []);
        header.AddRange((flags & 8) != 0 ? [.. "train\u001F\u008B"u8, 0] : []);
        header.AddRange((flags & 16) != 0 ? [.. "a comment"u8, 0] : []);
        if ((flags & 2) != 0)
        {
            var checksum = new byte[2];
            BinaryPrimitives.WriteUInt16LittleEndian(checksum, (ushort)System.IO.Hashing.Crc32.HashToUInt32([.. header]));
            header.AddRange(checksum);
        }

        return [.. header, .. plain[10..]];
    }

    private static void Refuses(byte[] file, params string[] fragments)
    {
        var message = Assert.Throws<DataException>(() => Decompress(file)).Message;
        Assert.All(fragments, fragment => Assert.Contains(fragment, message));
    }
}
