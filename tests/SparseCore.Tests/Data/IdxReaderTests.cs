using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using SparseCore.Data;

namespace SparseCore.Tests.Data;

public sealed class IdxReaderTests : IDisposable
{
    private readonly string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    public void Dispose() => File.Delete(path);

    public static TheoryData<string, byte[], string> ForeignFiles => new()
    {
        { "nothing", [], "is an empty file" },
        { "web page", Encoding.ASCII.GetBytes("\n<!DOCTYPE html><html><head><title>404</title>"), "is an HTML page" },
        { "web page with a mark", [0xEF, 0xBB, 0xBF, .. "<html lang=\"en\">"u8], "is an HTML page" },
        { "answer of a store", [.. "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>"u8], "is an XML document" },
        { "zip", Zip("train-images-idx3-ubyte"), "is a zip archive" },
        { "npz", Zip("arr_0.npy"), "is a NumPy .npz archive" },
        { "npy", [0x93, .. "NUMPY"u8, 1, 0, 118, 0], "is a NumPy .npy array" },
        { "mat", [.. "MATLAB 5.0 MAT-file, Platform: GLNXA64"u8], "is a MATLAB .mat file" },
        { "hdf", [0x89, .. "HDF\r\n"u8, 0x1A, 0x0A], "is an HDF5 file" },
        { "tar", Tar("train-images-idx3-ubyte"), "is a tar archive" },
        { "tar.gz", Samples.Gzip(Tar("train-images-idx3-ubyte")), "is gzipped and holds a tar archive" },
        { "gzip twice", Samples.Gzip(Samples.Gzip(Samples.Idx([1], [1]))), "is gzipped and holds a gzip file" },
        { "web page, gzipped", Samples.Gzip([.. "<html>"u8]), "is gzipped and holds an HTML page" },
        { "pickle, gzipped", Samples.Gzip([0x80, 2, 0x28, 0x63]), "is gzipped and holds a Python pickle" },
        { "pointer", [.. "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a"u8], "is a Git LFS pointer" },
        { "png", [0x89, .. "PNG\r\n"u8, 0x1A, 0x0A], "is a PNG image" },
        { "jpeg", [0xFF, 0xD8, 0xFF, 0xE0, 0, 16], "is a JPEG image" },
        { "bzip2", [.. "BZh91AY&SY"u8], "is a bzip2 file" },
        { "xz", [0xFD, .. "7zXZ"u8, 0, 0, 4], "is an xz file" },
        { "zstd", [0x28, 0xB5, 0x2F, 0xFD, 4, 0], "is a Zstandard file" },
        { "parquet", [.. "PAR1"u8, 0x15, 4], "is a Parquet table" },
        { "csv", [.. "label,pixel0,pixel1\n5,0,0\n"u8], "is a text file that begins with \"label,pixel0,pixel1\"" },
        { "text that is cut within a character", Encoding.UTF8.GetBytes("x" + new string('\u20AC', 300)), "is a text file that begins with \"x\u20AC" },
        { "reversed", [1, 8, 0, 0, 2, 0, 0, 0, 7, 9], "is an IDX file with its bytes in reverse (little-endian)" },
        { "zeros", new byte[100], "is a file that begins with zeros only" },
        { "noise", [0xD3, 0x1A, 0xFF, 0x00, 0x9C], "is not an IDX file: expected it to begin with two zeros, a type (08, 09, 0B, 0C, 0D or 0E) and the number of dimensions, found D31AFF00" },
        { "unknown type", [0, 0, 10, 1, 0, 0, 0, 1, 7], "found 00000A01" },
        { "no dimensions", [0, 0, 8, 0, 7], "found 00000800" },
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Read_returns_dimensions_and_values_plain_or_gzipped(bool gzipped)
    {
        byte[] values = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
        var bytes = Samples.Idx([2, 3, 2], values);
        File.WriteAllBytes(path, gzipped ? Samples.Gzip(bytes) : bytes);

        var array = IdxReader.Read(path);

        Assert.Equal([2, 3, 2], array.Dimensions);
        Assert.Equal(values, array.Bytes);
    }

    [Theory]
    [InlineData(IdxType.UnsignedByte, "0000080100000002 00 FF", 0, 255)]
    [InlineData(IdxType.SignedByte, "0000090100000002 80 7F", -128, 127)]
    [InlineData(IdxType.Int16, "00000B0100000002 8000 0102", -32768, 258)]
    [InlineData(IdxType.Int32, "00000C0100000002 FFFFFFFE 01020304", -2, 16909060)]
    [InlineData(IdxType.Single, "00000D0100000002 3F800000 C0490FDB", 1, -3.1415927410125732)]
    [InlineData(IdxType.Double, "00000E0100000002 3FB999999999999A C000000000000000", 0.1, -2)]
    public void Read_takes_every_type_with_the_highest_byte_first(IdxType type, string file, double first, double second)
    {
        File.WriteAllBytes(path, Convert.FromHexString(file.Replace(" ", "")));
        var array = IdxReader.Read(path);
        Assert.Equal((type, 2), (array.Type, array.Count));
        Assert.Equal((first, second), (array[0], array[1]));
    }

    [Fact]
    public void Read_takes_every_number_of_dimensions()
    {
        for (var rank = 1; rank <= 255; rank++)
        {
            int[] dimensions = [2, .. Enumerable.Repeat(1, rank - 1)];
            File.WriteAllBytes(path, Samples.Idx(IdxType.Int16, dimensions, [7, -7]));
            var array = IdxReader.Read(path);
            Assert.Equal(dimensions, array.Dimensions);
            Assert.Equal(-7, array[1]);
        }
    }

    [Theory]
    [MemberData(nameof(ForeignFiles))]
    public void Read_says_in_words_what_else_a_file_is(string what, byte[] bytes, string sentence)
    {
        _ = what;
        Refuses(bytes, sentence);
    }

    [Fact]
    public void Read_calls_no_foreign_file_damaged()
    {
        foreach (var row in ForeignFiles)
        {
            File.WriteAllBytes(path, (byte[])row[1]);
            Assert.DoesNotContain("damaged", Assert.Throws<DataException>(() => IdxReader.Read(path)).Message);
        }
    }

    [Fact]
    public void Read_reads_far_more_values_than_the_compressed_file_has_bytes()
    {
        var values = new byte[3_000_000]; // zeros: about 13 KB compressed, so that the buffer has to grow several times
        values[^1] = 7;
        File.WriteAllBytes(path, Samples.Gzip(Samples.Idx([values.Length], values)));

        Assert.Equal(values, IdxReader.Read(path).Bytes);
    }

    [Fact]
    public void Read_refuses_every_truncation()
    {
        var whole = Samples.Idx([2, 2], [1, 2, 3, 4]);
        for (var length = 0; length < whole.Length; length++)
        {
            Refuses(whole[..length], length switch
            {
                0 => "is an empty file",
                < 12 => $"found {length}",
                _ => $"found {length - 12}",
            });
        }
    }

    [Fact]
    public void Read_refuses_every_truncation_of_a_gzipped_file()
    {
        var whole = Samples.Gzip(Samples.Idx([300], Squares(300)));
        for (var length = 2; length < whole.Length; length++)
        {
            Refuses(whole[..length], "truncated");
        }
    }

    [Fact]
    public void Read_refuses_a_damaged_gzip_body()
    {
        var bytes = Samples.Gzip(Samples.Idx([300], Squares(300)));
        bytes[bytes.Length / 2] ^= 0x10;
        Refuses(bytes, "damaged");
    }

    [Fact]
    public void Read_refuses_bytes_after_the_last_value() => Refuses(Samples.Idx([2, 2], [1, 2, 3, 4, 5]), "too long");

    [Theory]
    [InlineData(0, 1)]
    [InlineData(-1, 1)]
    [InlineData(40_000, 40_000)]
    public void Read_refuses_impossible_dimensions(int first, int second) => Refuses(Samples.Idx([first, second], [1]), "dimension");

    [Fact]
    public void Read_allocates_little_for_a_header_that_lies()
    {
        var bytes = Samples.Idx([1 << 30], [1, 2, 3]);
        File.WriteAllBytes(path, bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<DataException>(() => IdxReader.Read(path));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Read_names_a_missing_file() => Assert.Contains(path, Assert.Throws<DataException>(() => IdxReader.Read(path)).Message);

    private static byte[] Squares(int count) => [.. Enumerable.Range(0, count).Select(index => (byte)(index * index))];

    private static byte[] Zip(string name)
    {
        using var memory = new MemoryStream();
        using (var archive = new ZipArchive(memory, ZipArchiveMode.Create))
        {
            using var entry = archive.CreateEntry(name).Open();
            entry.Write(new byte[100]);
        }

        return memory.ToArray();
    }

    private static byte[] Tar(string name)
    {
        using var memory = new MemoryStream();
        using (var archive = new TarWriter(memory))
        {
            archive.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream([1, 2, 3]) });
        }

        return memory.ToArray();
    }

    private void Refuses(byte[] bytes, params string[] fragments)
    {
        File.WriteAllBytes(path, bytes);
        var message = Assert.Throws<DataException>(() => IdxReader.Read(path)).Message;
        Assert.Contains(path, message);
        Assert.All(fragments, fragment => Assert.Contains(fragment, message));
    }

    /// <summary>128 MiB of zeros in 130 kB.</summary>
    [Fact]
    public void Read_of_a_small_file_that_holds_much_takes_one_and_a_half_times_what_it_holds()
    {
        const int total = 1 << 27;
        using (var file = new GZipStream(File.Create(path), CompressionLevel.Fastest))
        {
            file.Write(Samples.Idx([2, 1 << 13, 1 << 13], []));
            var zeros = new byte[1 << 20];
            for (var written = 0; written < total; written += zeros.Length)
            {
                file.Write(zeros);
            }
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(total, IdxReader.Read(path).Count);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, total, total + (total / 2) + (1 << 20));
    }
}
