using System.Buffers.Binary;
using System.Globalization;
using SparseCore.Checkpoints;
using SparseCore.Networks;
using SparseCore.Tests.Data;

namespace SparseCore.Tests.Checkpoints;

/// <summary>Spellings and types in which other tools save networks. The files in pruned/ were made by PyTorch's own pruning tools (make.py there).</summary>
public sealed class ForeignTensorsTests : IDisposable
{
    private static readonly Network Small = LeNet300.Create([5, 4], new Shape(1, 3, 3), 3);

    private readonly TemporaryFolder folder = new();

    private static string Pruned => Path.Combine(Samples.Repository, "tests", "SparseCore.Tests", "Checkpoints", "pruned");

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("prune.safetensors")]
    [InlineData("ao.safetensors")]
    [InlineData("bitmask.safetensors")]
    public void Read_of_a_pruned_network_has_the_weights_that_PyTorch_computes_with_and_the_stored_masks(string name)
    {
        var imported = DenseImport.Read(Path.Combine(Pruned, name), Small, masksFromZeros: false);
        var expected = File.ReadAllLines(Path.Combine(Pruned, "expected.csv")).Select(line => line.Split(',')).Where(cells => cells[0] == name).ToArray();
        Assert.Equal(3, expected.Length);
        Assert.True(imported.HasStoredMasks);
        for (var layer = 0; layer < 3; layer++)
        {
            float[] weights = [.. expected[layer][2].Split(' ').Select(text => float.Parse(text, CultureInfo.InvariantCulture))];
            Assert.Equal(weights, imported.Parameters.Weights(layer).ToArray());
            if (layer < 2)
            {
                Assert.Equal(weights.Select(weight => weight != 0), Enumerable.Range(0, weights.Length).Select(index => imported.Masks[layer][index]));
            }
        }

        Assert.Equal(12, imported.Masks[2].ActiveCount);
    }

    [Fact]
    public void A_parametrized_weight_without_its_mask_is_refused_as_it_would_be_another_network() => AssertRefused(
        Path.Combine(Pruned, "ao-without-masks.safetensors"), "one mask beside it ('fc1.parametrizations.weight.0.mask'), found none", "squash_mask()");

    [Theory]
    [InlineData("F16", 2)]
    [InlineData("BF16", 2)]
    [InlineData("F64", 8)]
    public void Values_of_other_types_are_converted(string type, int size)
    {
        var file = Write([.. Tensors().Select(tensor => (tensor.Name, type, tensor.Shape, (ReadOnlyMemory<byte>)Convert(tensor.Values, type, size)))]);
        var imported = DenseImport.Read(file, Small, masksFromZeros: false);
        Assert.Equal(Tensors().Single(tensor => tensor.Name == "fc2.weight").Values, imported.Parameters.Weights(1).ToArray());
        Assert.Equal(type == "F64" ? ["6 tensors are F64; 0 of their values were rounded to single precision."] : [], imported.Notes);
    }

    [Fact]
    public void Doubles_that_floats_cannot_hold_are_rounded_and_counted()
    {
        var tensors = Tensors().Select(tensor => (tensor.Name, "F64", tensor.Shape, (ReadOnlyMemory<byte>)Convert(tensor.Values, "F64", 8))).ToArray();
        var changed = tensors[0].Item4.ToArray();
        BinaryPrimitives.WriteDoubleLittleEndian(changed, 0.1);
        tensors[0].Item4 = changed;
        var imported = DenseImport.Read(Write(tensors), Small, masksFromZeros: false);
        Assert.Equal(["6 tensors are F64; 1 of their values were rounded to single precision."], imported.Notes);
        Assert.Equal(0.1f, imported.Parameters.Weights(0)[0]);
    }

    [Theory]
    [InlineData("module.")]
    [InlineData("_orig_mod.")]
    [InlineData("model.")]
    [InlineData("model._orig_mod.module.")]
    [InlineData("a.b.c.")]
    public void A_prefix_that_all_names_have_is_taken_off(string prefix) => AssertImported(Write([.. Plain().Select(tensor => tensor with { Name = prefix + tensor.Name })]));

    [Fact]
    public void Counters_of_averaged_models_are_passed_over() =>
        AssertImported(Write([.. Plain().Select(tensor => tensor with { Name = "module." + tensor.Name }), ("n_averaged", "I64", [], new byte[8])]));

    [Fact]
    public void Other_names_are_offered_by_shape_and_order_and_taken_when_asked_for()
    {
        // As torch.nn.Sequential names them; sorted by their letters, 10 would come before 2.
        (string From, string To)[] names = [("fc1", "net.0"), ("fc2", "net.2"), ("fc3", "net.10")];
        var file = Write([.. Plain().Select(tensor => tensor with { Name = names.Aggregate(tensor.Name, (name, pair) => name.Replace(pair.From, pair.To, StringComparison.Ordinal)) })]);
        AssertRefused(
            file,
            "tensor 'fc1.weight' of network 'lenet300': expected F32 [5, 9], found none",
            "The file holds 6 tensors: 'net.0.bias' F32 [5], 'net.0.weight' F32 [5, 9]",
            "By shape and order they would be fc1 = 'net.0', fc2 = 'net.2', fc3 = 'net.10': import them so with names=order if that is right.");
        Assert.Equal(Tensors().Single(tensor => tensor.Name == "fc2.weight").Values, DenseImport.Read(file, Small, false, byOrder: true).Parameters.Weights(1).ToArray());
    }

    [Fact]
    public void Equal_shapes_are_matched_in_natural_order()
    {
        var network = LeNet300.Create([4, 4], new Shape(1, 2, 2), 4);
        var tensors = new[] { 10, 2, 9 }.SelectMany(layer => new (string Name, string DataType, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Bytes)[]
        {
            ($"l{layer}.weight", "F32", [4, 4], SafetensorsFile.ToBytes([.. Enumerable.Repeat((float)layer, 16)])),
            ($"l{layer}.bias", "F32", [4], SafetensorsFile.ToBytes(new float[4])),
        });
        var parameters = DenseImport.Read(Write([.. tensors]), network, false, byOrder: true).Parameters;
        Assert.Equal([2f, 9f, 10f], Enumerable.Range(0, 3).Select(layer => parameters.Weights(layer)[0]));
    }

    [Fact]
    public void Names_order_of_tensors_that_do_not_match_says_what_the_file_holds() => AssertRefused(
        Write([.. Plain().Skip(1).Select(tensor => tensor with { Name = "x." + tensor.Name.Replace("fc", "g", StringComparison.Ordinal) })]),
        byOrder: true,
        "expected tensors that match one to one by shape and order, found others",
        "The file holds 5 tensors");

    [Theory]
    [InlineData(2f)]
    [InlineData(0.5f)]
    [InlineData(float.NaN)]
    public void A_mask_of_other_numbers_than_0_and_1_is_refused(float value)
    {
        var mask = new float[45];
        mask[7] = value;
        AssertRefused(Masked(SafetensorsFile.ToBytes(mask), "F32", [5, 9]), "mask 'fc1.weight_mask': expected zeros and ones, found another value at 7");
    }

    [Theory]
    [InlineData("BOOL", 1)]
    [InlineData("U8", 1)]
    [InlineData("F16", 2)]
    [InlineData("BF16", 2)]
    [InlineData("I64", 8)]
    [InlineData("F64", 8)]
    public void Masks_of_every_type_are_read(string type, int size)
    {
        var ones = Enumerable.Range(0, 45).Select(index => index % 3 == 0 ? 1f : 0f).ToArray();
        var imported = DenseImport.Read(Masked(Convert(ones, type, size), type, [5, 9]), Small, masksFromZeros: false);
        Assert.Equal(Enumerable.Range(0, 15).Select(index => 3 * index), imported.Masks[0].ActiveIndices());
    }

    [Fact]
    public void A_mask_of_another_shape_is_refused() => AssertRefused(Masked(new byte[44], "U8", [4, 11]), "mask 'fc1.weight_mask': expected 45 values, one a weight, found U8 [4, 11]");

    [Theory]
    [InlineData("fc1.weight.bitmask", "a bit for each weight")]
    [InlineData("fc1.weight.compressed", "one for each bit that is set")]
    [InlineData("fc1.weight.row_offsets", "the number of weights before each row")]
    public void Parts_of_a_bitmask_that_do_not_fit_together_are_refused(string part, string expected)
    {
        var file = SafetensorsFile.Read(Path.Combine(Pruned, "bitmask.safetensors"));
        var tensors = file.Tensors.Select(tensor => (tensor.Name, tensor.DataType, tensor.Shape, (ReadOnlyMemory<byte>)file.Bytes(tensor.Name).ToArray())).ToArray();
        for (var index = 0; index < tensors.Length; index++)
        {
            if (tensors[index].Name == part)
            {
                var bytes = tensors[index].Item4.ToArray();
                tensors[index] = part.EndsWith("row_offsets", StringComparison.Ordinal)
                    ? (part, "I64", [5], (byte[])[1, .. bytes[1..]])
                    : (part, tensors[index].DataType, [bytes.Length / (part.EndsWith("compressed", StringComparison.Ordinal) ? 4 : 1) - 1], bytes[..^(part.EndsWith("compressed", StringComparison.Ordinal) ? 4 : 1)]);
            }
        }

        AssertRefused(Write(tensors), expected);
    }

    [Fact]
    public void Quantized_values_are_refused_by_their_type() => AssertRefused(
        Write([.. Plain().Select(tensor => tensor.Name == "fc1.weight" ? (tensor.Name, "F8_E4M3", tensor.Shape, new byte[45]) : tensor)]),
        "tensor 'fc1.weight': expected values of type F32, F16, BF16 or F64, found F8_E4M3 [5, 9]");

    [Fact]
    public void A_type_of_a_newer_tool_is_named_and_not_called_damage()
    {
        var header = """{"fc1.weight":{"dtype":"F3_NEW","shape":[1],"data_offsets":[0,1]}}"""u8;
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        AssertRefused(WriteBytes([.. length, .. header, 0]), "found 'F3_NEW'");
    }

    public static TheoryData<byte[], string> OtherFiles => new()
    {
        { [.. "PK\x03\x04"u8, 0, 0, 8, 8], "a zip archive, which is what torch.save writes (.pth, .pt)" },
        { [0x80, 2, .. "}q\0"u8], "a Python pickle" },
        { [.. """{"metadata": {"total_size": 5}, "weight_map": {}}"""u8], "the index of a network that is split over several files (index.json)" },
        { [.. "{}"u8], "JSON text" },
        { [.. "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"u8], "a Git LFS pointer" },
        { [.. "\n<!DOCTYPE html><html></html>"u8], "an HTML page" },
        { [0x1F, 0x8B, 8, 0], "a gzip file" },
        { [0x89, .. "HDF\r\n"u8], "an HDF5 file" },
        { [0x93, .. "NUMPY"u8, 1, 0], "a NumPy .npy array" },
        { [.. "GGUF"u8, 3, 0, 0, 0], "a GGUF file" },
        { [], "an empty file" },
    };

    [Theory]
    [MemberData(nameof(OtherFiles))]
    public void Another_kind_of_file_is_named_for_what_it_is(byte[] bytes, string found) => AssertRefused(WriteBytes(bytes), "expected a safetensors file, found " + found);

    [Fact]
    public void A_truncated_file_is_not_taken_for_another_kind_at_any_length()
    {
        var whole = File.ReadAllBytes(Path.Combine(Pruned, "prune.safetensors"));
        for (var length = 9; length < whole.Length; length += 7)
        {
            AssertRefused(WriteBytes(whole[..length]), "expected");
            Assert.DoesNotContain("a safetensors file, found", Refusal(WriteBytes(whole[..length]), false), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Control_characters_and_long_names_do_not_reach_the_message() => AssertRefused(
        Write([.. Plain(), ("\u001b[2J" + new string('x', 500), "F32", [1L], new byte[4])]), $@"tensor '\u{{1B}}[2J{new string('x', 51)}... (449 more characters)': expected only tensors");

    private static byte[] Convert(float[] values, string type, int size)
    {
        var bytes = new byte[size * values.Length];
        for (var index = 0; index < values.Length; index++)
        {
            var place = bytes.AsSpan(index * size, size);
            switch (type)
            {
                case "F16":
                    BinaryPrimitives.WriteHalfLittleEndian(place, (Half)values[index]);
                    break;
                case "BF16":
                    BinaryPrimitives.WriteUInt16LittleEndian(place, (ushort)(BitConverter.SingleToUInt32Bits(values[index]) >> 16));
                    break;
                case "F64":
                    BinaryPrimitives.WriteDoubleLittleEndian(place, values[index]);
                    break;
                default:
                    place[0] = (byte)values[index];
                    break;
            }
        }

        return bytes;
    }

    /// <summary>All tensors of the network with values that every type holds exactly.</summary>
    private static List<(string Name, IReadOnlyList<long> Shape, float[] Values)> Tensors()
    {
        (string, long[])[] shapes = [("fc1.weight", [5, 9]), ("fc1.bias", [5]), ("fc2.weight", [4, 5]), ("fc2.bias", [4]), ("fc3.weight", [3, 4]), ("fc3.bias", [3])];
        return [.. shapes.Select((entry, place) => (entry.Item1, (IReadOnlyList<long>)entry.Item2, Enumerable.Range(0, (int)entry.Item2.Aggregate((a, b) => a * b)).Select(index => (index - 3 - place) / 4f).ToArray()))];
    }

    private static IEnumerable<(string Name, string DataType, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Bytes)> Plain() =>
        Tensors().Select(tensor => (tensor.Name, "F32", tensor.Shape, (ReadOnlyMemory<byte>)SafetensorsFile.ToBytes(tensor.Values)));

    private static string Refusal(string file, bool byOrder) => Assert.Throws<CheckpointException>(() => DenseImport.Read(file, Small, false, byOrder)).Message;

    private static void AssertRefused(string file, params string[] expected) => AssertRefused(file, false, expected);

    private static void AssertRefused(string file, bool byOrder, params string[] expected)
    {
        var message = Refusal(file, byOrder);
        Assert.All(expected, text => Assert.Contains(text, message, StringComparison.Ordinal));
        Assert.DoesNotContain("damaged", message, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("delete", message, StringComparison.OrdinalIgnoreCase);
    }

    private static void AssertImported(string file) =>
        Assert.Equal(Tensors().Single(tensor => tensor.Name == "fc3.weight").Values, DenseImport.Read(file, Small, false).Parameters.Weights(2).ToArray());

    private string Masked(byte[] mask, string type, long[] shape) => Write(
    [
        .. Plain().Select(tensor => tensor.Name == "fc1.weight" ? tensor with { Name = "fc1.weight_orig" } : tensor),
        ("fc1.weight_mask", type, shape, mask),
    ]);

    private string Write(IReadOnlyList<(string Name, string DataType, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Bytes)> tensors)
    {
        var path = folder.File("written.safetensors");
        SafetensorsFile.Write(path, [], tensors);
        return path;
    }

    private string WriteBytes(byte[] bytes)
    {
        var path = folder.File("bytes.safetensors");
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
