using SparseCore.Data;

namespace SparseCore.Tests.Data;

public sealed class IdxReaderTests : IDisposable
{
    private readonly string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    public void Dispose() => File.Delete(path);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Read_returns_dimensions_and_values_plain_or_gzipped(bool gzipped)
    {
        byte[] values = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
        var bytes = Samples.Idx([2, 3, 2], values);
        File.WriteAllBytes(path, gzipped ? Samples.Gzip(bytes) : bytes);

        var array = IdxReader.Read(path, 3);

        Assert.Equal([2, 3, 2], array.Dimensions);
        Assert.Equal(values, array.Values);
    }

    [Fact]
    public void Read_reads_far_more_values_than_the_compressed_file_has_bytes()
    {
        var values = new byte[3_000_000]; // zeros: about 13 KB compressed, so that the buffer has to grow several times
        values[^1] = 7;
        File.WriteAllBytes(path, Samples.Gzip(Samples.Idx([values.Length], values)));

        Assert.Equal(values, IdxReader.Read(path, 1).Values);
    }

    [Fact]
    public void Read_refuses_every_truncation()
    {
        var whole = Samples.Idx([2, 2], [1, 2, 3, 4]);
        for (var length = 0; length < whole.Length; length++)
        {
            Refuses(whole[..length], 2, length < 12 ? $"found {length}" : $"found {length - 12}");
        }
    }

    [Fact]
    public void Read_refuses_every_truncation_of_a_gzipped_file()
    {
        var whole = Samples.Gzip(Samples.Idx([300], [.. Enumerable.Range(0, 300).Select(index => (byte)(index * index))]));
        for (var length = 2; length < whole.Length; length++)
        {
            Refuses(whole[..length], 1);
        }
    }

    [Fact]
    public void Read_refuses_a_damaged_gzip_body()
    {
        var bytes = Samples.Gzip(Samples.Idx([300], [.. Enumerable.Range(0, 300).Select(index => (byte)(index * index))]));
        bytes[bytes.Length / 2] ^= 0x10;
        Refuses(bytes, 1);
    }

    [Fact]
    public void Read_refuses_bytes_after_the_last_value() => Refuses(Samples.Idx([2, 2], [1, 2, 3, 4, 5]), 2, "too long");

    [Theory]
    [InlineData(0x00000D01u)] // floats
    [InlineData(0x00000803u)] // images where labels are wanted
    [InlineData(0x01080000u)] // little-endian
    [InlineData(0xFFFFFFFFu)]
    public void Read_refuses_another_magic_number_and_names_both(uint magic)
    {
        var bytes = Samples.Idx([4], [1, 2, 3, 4]);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes, magic);
        Refuses(bytes, 1, "0x00000801", $"0x{magic:X8}");
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(-1, 1)]
    [InlineData(40_000, 40_000)]
    public void Read_refuses_impossible_dimensions(int first, int second) => Refuses(Samples.Idx([first, second], [1]), 2, "dimension");

    [Fact]
    public void Read_allocates_little_for_a_header_that_lies()
    {
        var bytes = Samples.Idx([1 << 30], [1, 2, 3]);
        File.WriteAllBytes(path, bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<DataException>(() => IdxReader.Read(path, 1));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Read_names_a_missing_file() => Assert.Contains(path, Assert.Throws<DataException>(() => IdxReader.Read(path, 1)).Message);

    private void Refuses(byte[] bytes, int rank, params string[] fragments)
    {
        File.WriteAllBytes(path, bytes);
        var message = Assert.Throws<DataException>(() => IdxReader.Read(path, rank)).Message;
        Assert.Contains(path, message);
        Assert.All(fragments, fragment => Assert.Contains(fragment, message));
    }
}
