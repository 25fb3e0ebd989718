using System.Buffers.Binary;
using System.Text;
using SparseCore.Checkpoints;

namespace SparseCore.Tests.Checkpoints;

public class SafetensorsFileTests
{
    private const string Good = """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[],"data_offsets":[8,9]}}""";

    [Fact]
    public void Read_of_a_hand_written_file_gives_its_tensors()
    {
        using var folder = new TemporaryFolder();
        var file = SafetensorsFile.Read(Save(folder, Good + "   ", [0, 0, 128, 63, 0, 0, 0, 64, 7]));
        Assert.Equal(["a F32 [2] 0 8", "b U8 [] 8 9"], file.Tensors.Select(tensor => $"{tensor.Name} {tensor} {tensor.Begin} {tensor.End}"));
        Assert.Equal([1f, 2f], file.Floats("a"));
        Assert.Equal([7], file.Bytes("b").ToArray());
        Assert.Empty(file.Metadata);
    }

    [Fact]
    public void Read_accepts_entries_in_any_order_and_empty_tensors()
    {
        using var folder = new TemporaryFolder();
        var header = """{"b":{"data_offsets":[4,5],"shape":[1],"dtype":"U8"},"e":{"dtype":"F32","shape":[0,9223372036854775807],"data_offsets":[4,4]},"a":{"dtype":"I32","shape":[1],"data_offsets":[0,4]}}""";
        Assert.Equal(["a", "e", "b"], SafetensorsFile.Read(Save(folder, header, new byte[5])).Tensors.Select(tensor => tensor.Name));
    }

    [Theory]
    [InlineData("", 0, "a JSON object that starts with '{'")]
    [InlineData(" {}", 0, "a JSON object that starts with '{'")]
    [InlineData("{", 0, "a safetensors header (JSON)")]
    [InlineData("{}{}", 0, "a safetensors header (JSON)")]
    [InlineData("{\"a\":1}", 0, "an object")]
    [InlineData("{\"__metadata__\":{\"k\":1}}", 0, "a string")]
    [InlineData("{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}", 0, "unique keys")]
    [InlineData("{\"__metadata__\":{\"k\":\"\\ud800\"}}", 0, "a safetensors header (JSON)")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1]}}", 1, "no data_offsets")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "once each")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"x\":{}}}", 1, "once each")]
    [InlineData("{\"a\":{\"dtype\":\"U9\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "'U9'")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,0]}}", 1, "two ascending data_offsets")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1,2]}}", 1, "two ascending data_offsets")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[-1],\"data_offsets\":[0,1]}}", 1, "whole numbers")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1.5],\"data_offsets\":[0,1]}}", 1, "whole numbers")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[99999999999999999999],\"data_offsets\":[0,1]}}", 1, "whole numbers")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,7]}}", 7, "expected 8 bytes, found 7 bytes")]
    [InlineData("{\"a\":{\"dtype\":\"F64\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}", 0, "a shape that fits into memory")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}", 3, "to begin at 2")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[3,5]}}", 5, "to begin at 2")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}}", 4, "unique names")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}", 1, "expected 2 bytes of tensors after the header, found 1")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}", 3, "expected 2 bytes of tensors after the header, found 3")]
    public void Read_refuses_what_breaks_a_rule_of_the_format(string header, int dataLength, string message)
    {
        using var folder = new TemporaryFolder();
        var path = Save(folder, header, new byte[dataLength]);
        var exception = Assert.Throws<CheckpointException>(() => SafetensorsFile.Read(path));
        Assert.Contains(message, exception.Message);
        Assert.StartsWith(path, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData((ulong)long.MaxValue)]
    [InlineData(100_000_001UL)]
    [InlineData(1000UL)]
    public void Read_of_a_lying_header_length_allocates_nothing_like_it(ulong length)
    {
        using var folder = new TemporaryFolder();
        var bytes = new byte[200];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        var path = folder.File("lie");
        File.WriteAllBytes(path, bytes);
        Assert.Throws<CheckpointException>(() => SafetensorsFile.Read(path)); // first use compiles
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("header length: expected at most 192 bytes", Assert.Throws<CheckpointException>(() => SafetensorsFile.Read(path)).Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Fact]
    public void Read_of_a_header_of_many_tensors_stays_within_the_stated_memory()
    {
        using var folder = new TemporaryFolder();
        var entries = Enumerable.Range(0, 20_000).Select(index => $$"""
            "{{index}}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}
            """.Trim());
        var header = "{" + string.Join(",", entries) + "}";
        var path = Save(folder, header, []);
        SafetensorsFile.Read(Save(folder, "{}", [], "empty"));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(20_000, SafetensorsFile.Read(path).Tensors.Count);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, header.Length, 16L * header.Length);
    }

    [Fact]
    public void Read_of_a_missing_file_or_a_folder_says_so()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("expected a readable file", Assert.Throws<CheckpointException>(() => SafetensorsFile.Read(folder.File("absent"))).Message);
        Assert.Contains("expected a readable file", Assert.Throws<CheckpointException>(() => SafetensorsFile.Read(folder.Root)).Message);
    }

    [Fact]
    public void Write_refuses_repeated_names_and_wrong_sizes()
    {
        using var folder = new TemporaryFolder();
        Assert.Throws<ArgumentException>(() => SafetensorsFile.Write(folder.File("x"), [], [("a", "U8", [1], new byte[1]), ("a", "U8", [1], new byte[1])]));
        Assert.Throws<ArgumentException>(() => SafetensorsFile.Write(folder.File("x"), [], [("a", "F32", [1], new byte[1])]));
        Assert.Throws<ArgumentException>(() => SafetensorsFile.Write(folder.File("x"), [], [("a", "F33", [1], new byte[4])]));
        Assert.Empty(Directory.GetFiles(folder.Root));
    }

    private static string Save(TemporaryFolder folder, string header, byte[] data, string name = "file")
    {
        var text = Encoding.UTF8.GetBytes(header);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, text.Length);
        var path = folder.File(name);
        File.WriteAllBytes(path, [.. length, .. text, .. data]);
        return path;
    }
}
