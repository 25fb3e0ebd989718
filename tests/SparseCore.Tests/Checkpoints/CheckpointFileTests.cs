using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using SparseCore.Checkpoints;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Tests.Reference;

namespace SparseCore.Tests.Checkpoints;

public class CheckpointFileTests
{
    [Fact]
    public void Read_after_Write_is_identity()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("000001.safetensors");
        Prop.ForAll<int>(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var written = SmallCheckpoints.Random(SmallCheckpoints.Network, seed);
            var hash = CheckpointFile.Write(path, written);
            var read = CheckpointFile.Read(path, SmallCheckpoints.Network);
            Assert.Equal(hash, read.ContentHash);
            Assert.Equal((written.Step, written.PlanHash, written.MetricsLength), (read.Step, read.PlanHash, read.MetricsLength));
            Assert.Equal(written.Parents, read.Parents);
            Assert.Equal(written.Masks, read.Masks);
            Assert.Equal(written.Explored, read.Explored);
            Assert.Equal(Bits(written.Parameters), Bits(read.Parameters));
            Assert.Equal(Bits(written.Momentum), Bits(read.Momentum));
            Assert.Equal(written.State.Keys.Order(), read.State.Keys.Order());
            Assert.All(written.State, entry => Assert.Equal(Bits(entry.Value), Bits(read.State[entry.Key])));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    [Fact]
    public void Read_after_Write_is_identity_with_batch_normalizations_and_names_with_dots()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("000001.safetensors");
        for (var seed = 0; seed < 20; seed++)
        {
            var written = SmallCheckpoints.Random(ResidualNetworks.Torch, seed);
            foreach (var block in written.State.Values.Append(written.Momentum))
            {
                block.Values.AsSpan(block.Network.ParameterCount).Clear(); // they have no running statistics
            }

            CheckpointFile.Write(path, written);
            var read = CheckpointFile.Read(path, ResidualNetworks.Torch);
            Assert.Equal((written.Masks, written.Explored), (read.Masks, read.Explored));
            Assert.Equal(Bits(written.Parameters), Bits(read.Parameters));
            Assert.Equal(Bits(written.Momentum), Bits(read.Momentum));
            Assert.Equal(written.State.Keys.Order(), read.State.Keys.Order());
            Assert.All(written.State, entry => Assert.Equal(Bits(entry.Value), Bits(read.State[entry.Key])));
        }
    }

    [Fact]
    public void Read_refuses_a_file_without_one_of_the_batch_normalizations_by_name()
    {
        using var folder = new TemporaryFolder();
        Network Create(string norm) => new("norms", Shape.Vector(2), [
            new Node("layer1.0.conv1", new Operation.FullyConnected(2), "input"), new Node(norm, new Operation.BatchNorm(), "layer1.0.conv1")]);
        CheckpointFile.Write(folder.File("a"), SmallCheckpoints.Random(Create("layer1.0.bn1"), 1));
        var message = Assert.Throws<CheckpointException>(() => CheckpointFile.Read(folder.File("a"), Create("layer1.0.bn2"))).Message;
        Assert.Contains("batch normalization 'layer1.0.bn2'", message);
        Assert.Contains("[2]", message);
    }

    [Fact]
    public void DenseExport_of_a_residual_network_has_the_names_of_PyTorchs_state()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = SmallCheckpoints.Random(ResidualNetworks.Torch, 3);
        DenseExport.Write(folder.File("dense.safetensors"), checkpoint);
        var (_, tensors) = IndependentRead(File.ReadAllBytes(folder.File("dense.safetensors")));
        string[] norm = ["weight", "bias", "running_mean", "running_var"];
        string[] expected = ["conv1.weight", "fc.weight", "fc.bias", .. norm.Select(part => "bn1." + part)];
        string[] blocks = ["layer1.0", "layer1.1"];
        expected = [.. expected, .. blocks.SelectMany(block => Enumerable.Range(1, 3).SelectMany(index => norm.Select(part => $"{block}.bn{index}.{part}").Prepend($"{block}.conv{index}.weight")))];
        expected = [.. expected, "layer1.0.downsample.0.weight", .. norm.Select(part => "layer1.0.downsample.1." + part)];
        Assert.Equal(expected.Order(StringComparer.Ordinal), tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Write_of_equal_checkpoints_gives_equal_bytes_and_of_different_ones_different_hashes()
    {
        using var folder = new TemporaryFolder();
        var first = CheckpointFile.Write(folder.File("a"), SmallCheckpoints.Random(SmallCheckpoints.Network, 1));
        var second = CheckpointFile.Write(folder.File("b"), SmallCheckpoints.Random(SmallCheckpoints.Network, 1));
        var third = CheckpointFile.Write(folder.File("c"), SmallCheckpoints.Random(SmallCheckpoints.Network, 2));
        Assert.Equal(File.ReadAllBytes(folder.File("a")), File.ReadAllBytes(folder.File("b")));
        Assert.Equal(first, second);
        Assert.NotEqual(first, third);
        Assert.Equal(3, Directory.GetFiles(folder.Root).Length); // no temporary file is left
    }

    [Fact]
    public void Write_layout_is_what_an_independent_reader_expects()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("000007.safetensors");
        var (metadata, tensors) = IndependentRead(Written(path));

        // conv: weights 1 and 6 of 8 are active: bits 0100 0010, least significant first. fc: all. out: only weight 4 of 6.
        Assert.Equal(
            ["conv.values F32 [2]", "conv.momentum F32 [2]", "conv.bias F32 [2]", "conv.bias_momentum F32 [2]",
             "fc.weight F32 [3,2]", "fc.momentum F32 [3,2]", "fc.bias F32 [3]", "fc.bias_momentum F32 [3]",
             "out.values F32 [1]", "out.momentum F32 [1]", "conv.mask U8 [1]", "out.mask U8 [1]"],
            tensors.Select(tensor => $"{tensor.Name} {tensor.Type} {tensor.Shape}"));
        Assert.Equal([0b0100_0010], tensors.Single(tensor => tensor.Name == "conv.mask").Bytes);
        Assert.Equal([0b0001_0000], tensors.Single(tensor => tensor.Name == "out.mask").Bytes);
        Assert.Equal([2f, 7f], Floats("conv.values")); // the block counts 1, 2, 3, ...
        Assert.Equal([-2f, -7f], Floats("conv.momentum"));
        Assert.Equal([9f, 10f], Floats("conv.bias"));
        Assert.Equal([11f, 12f, 13f, 14f, 15f, 16f], Floats("fc.weight"));
        Assert.Equal([24f], Floats("out.values"));
        Assert.Equal(
            ("7", "small", SmallCheckpoints.PlanHash, "123"),
            (metadata["step"], metadata["network"], metadata["plan_hash"], metadata["metrics_length"]));

        float[] Floats(string name) => [.. tensors.Single(tensor => tensor.Name == name).Bytes.Chunk(4).Select(bytes => BitConverter.ToSingle(bytes))];
    }

    [Fact]
    public void Write_content_hash_is_the_header_with_zeros_in_its_place_and_the_header_has_every_tensors_hash()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("000007.safetensors");
        var bytes = Written(path);
        var (metadata, tensors) = IndependentRead(bytes);
        var headerLength = 8 + (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        var blank = Encoding.Latin1.GetString(bytes, 0, headerLength).Replace(metadata["content_hash"], new string('0', 64));
        Assert.Equal(metadata["content_hash"], Convert.ToHexStringLower(SHA256.HashData(Encoding.Latin1.GetBytes(blank))));
        Assert.All(tensors, tensor => Assert.Equal(metadata["sha256:" + tensor.Name], Convert.ToHexStringLower(SHA256.HashData(tensor.Bytes))));
        Assert.Equal(0, headerLength % 8);
    }

    [Fact]
    public void Read_refuses_every_flipped_byte_by_the_files_name()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("000007.safetensors");
        var good = Written(path);
        for (var position = 0; position < good.Length; position++)
        {
            foreach (var flip in new byte[] { (byte)(1 << (position % 8)), 0x20, 0xff })
            {
                var bad = good.AsSpan().ToArray();
                bad[position] ^= flip;
                File.WriteAllBytes(path, bad);
                var exception = Assert.Throws<CheckpointException>(() => CheckpointFile.Read(path, SmallCheckpoints.Network));
                Assert.StartsWith(path + ": ", exception.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Read_names_the_tensor_whose_bytes_changed()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("000007.safetensors");
        var bytes = Written(path);
        bytes[^1] ^= 1; // the mask of "out" comes last
        File.WriteAllBytes(path, bytes);
        var exception = Assert.Throws<CheckpointException>(() => CheckpointFile.Read(path, SmallCheckpoints.Network));
        Assert.Contains("tensor 'out.mask': SHA-256: expected ", exception.Message);
    }

    [Fact]
    public void Read_refuses_every_truncation_and_any_longer_file()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("000007.safetensors");
        var good = Written(path);
        for (var length = 0; length < good.Length; length++)
        {
            File.WriteAllBytes(path, good[..length]);
            Assert.Throws<CheckpointException>(() => CheckpointFile.Read(path, SmallCheckpoints.Network));
        }

        File.WriteAllBytes(path, [.. good, 0]);
        Assert.Throws<CheckpointException>(() => CheckpointFile.Read(path, SmallCheckpoints.Network));
    }

    [Fact]
    public void Read_of_another_networks_checkpoint_names_layer_and_both_shapes()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("000007.safetensors");
        Written(path);
        var exception = Assert.Throws<CheckpointException>(() => CheckpointFile.Read(path, SmallCheckpoints.Create("wide", 4)));
        Assert.Contains("layer 'fc' of network 'wide': expected weights [4, 2], found weights [3, 2]", exception.Message);
        exception = Assert.Throws<CheckpointException>(() => CheckpointFile.Read(path, LeNet5.Create(LeNet5.PaperWidths, new Shape(1, 28, 28), 10)));
        Assert.Contains("layer 'conv1' of network 'lenet5': expected weights [6, 1, 5, 5], found no such layer", exception.Message);
        exception = Assert.Throws<CheckpointException>(() => CheckpointFile.Read(path, SmallCheckpoints.Create("twin", 3)));
        Assert.Contains("network: expected 'twin', found 'small'", exception.Message);
    }

    [Fact]
    public void ReadHeader_gives_the_same_facts_as_Read_and_refuses_a_changed_header()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("x.safetensors");
        var written = SmallCheckpoints.Random(SmallCheckpoints.Network, 5);
        var hash = CheckpointFile.Write(path, written);
        var header = CheckpointFile.ReadHeader(path);
        Assert.Equal(
            ("small", written.Step, written.PlanHash, written.MetricsLength, hash),
            (header.NetworkName, header.Step, header.PlanHash, header.MetricsLength, header.ContentHash));
        Assert.Equal(written.Parents, header.Parents);
        var text = Encoding.Latin1.GetString(File.ReadAllBytes(path)).Replace("\"network\":\"small\"", "\"network\":\"smell\"");
        File.WriteAllBytes(path, Encoding.Latin1.GetBytes(text));
        Assert.Equal("content hash", Assert.Throws<CheckpointException>(() => CheckpointFile.ReadHeader(path)).Subject);
    }

    [Fact]
    public void Read_of_an_export_says_that_it_is_no_checkpoint()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("dense.safetensors");
        DenseExport.Write(path, SmallCheckpoints.Random(SmallCheckpoints.Network, 1));
        var exception = Assert.Throws<CheckpointException>(() => CheckpointFile.Read(path, SmallCheckpoints.Network));
        Assert.Contains("expected a checkpoint of this toolkit", exception.Message);
    }

    [Fact]
    public void Constructor_refuses_a_masked_value_that_is_not_zero_by_layer_index_and_value()
    {
        var network = SmallCheckpoints.Network;
        var masks = new MaskSet(network, [Mask.FromIndices(8, [1]), Mask.Full(6), Mask.Full(6)]);
        var zeros = new ParameterBlock(network);
        var weights = new ParameterBlock(network);
        weights.Weights(0)[3] = 0.25f;
        var exception = Assert.Throws<ArgumentException>(() => new Checkpoint(9, SmallCheckpoints.PlanHash, [], masks, weights, zeros, 0));
        Assert.Equal("Step 9: layer 'conv': weight 3 is masked: expected 0, found 0.25.", exception.Message);
        Assert.Throws<ArgumentException>(() => new Checkpoint(9, SmallCheckpoints.PlanHash, [], masks, zeros, weights, 0));
    }

    [Fact]
    public void Write_into_a_missing_folder_says_so_and_leaves_nothing()
    {
        using var folder = new TemporaryFolder();
        var exception = Assert.Throws<CheckpointException>(() =>
            CheckpointFile.Write(folder.File("absent/000001.safetensors"), SmallCheckpoints.Random(SmallCheckpoints.Network, 1)));
        Assert.Equal("writing", exception.Subject);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Root));
    }

    [Fact]
    public void DenseExport_has_PyTorchs_names_and_shapes_and_zeros_outside_the_mask()
    {
        using var folder = new TemporaryFolder();
        var network = LeNet5.Create(LeNet5.PaperWidths, new Shape(1, 28, 28), 10);
        var checkpoint = SmallCheckpoints.Random(network, 3);
        DenseExport.Write(folder.File("dense.safetensors"), checkpoint);
        var (_, tensors) = IndependentRead(File.ReadAllBytes(folder.File("dense.safetensors")));
        Assert.Equal(
            ["conv1.weight [6,1,5,5]", "conv1.bias [6]", "conv2.weight [16,6,5,5]", "conv2.bias [16]", "fc1.weight [120,256]", "fc1.bias [120]",
             "fc2.weight [84,120]", "fc2.bias [84]", "fc3.weight [10,84]", "fc3.bias [10]"],
            tensors.Select(tensor => $"{tensor.Name} {tensor.Shape}"));
        Assert.Equal(Bits(checkpoint.Parameters), tensors.SelectMany(tensor => tensor.Bytes.Chunk(4)).Select(bytes => BitConverter.ToInt32(bytes)));
    }

    /// <summary>A checkpoint with the values 1, 2, 3, ... and momentum -1, -2, -3, ..., sparse in two of three layers.</summary>
    private static byte[] Written(string path)
    {
        var network = SmallCheckpoints.Network;
        var masks = new MaskSet(network, [Mask.FromIndices(8, [1, 6]), Mask.Full(6), Mask.FromIndices(6, [4])]);
        var parameters = new ParameterBlock(network);
        var momentum = new ParameterBlock(network);
        for (var index = 0; index < parameters.Values.Length; index++)
        {
            parameters.Values[index] = index + 1;
            momentum.Values[index] = -(index + 1);
        }

        parameters.Apply(masks);
        momentum.Apply(masks);
        CheckpointFile.Write(path, new Checkpoint(7, SmallCheckpoints.PlanHash, [], masks, parameters, momentum, 123));
        return File.ReadAllBytes(path);
    }

    private static int[] Bits(ParameterBlock block) => [.. block.Values.Select(BitConverter.SingleToInt32Bits)];

    /// <summary>The format's own definition, without the library.</summary>
    private static (Dictionary<string, string> Metadata, List<(string Name, string Type, string Shape, byte[] Bytes)> Tensors) IndependentRead(byte[] bytes)
    {
        var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        using var header = JsonDocument.Parse(bytes.AsMemory(8, length));
        var metadata = header.RootElement.GetProperty("__metadata__").EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value.GetString()!);
        var tensors = header.RootElement.EnumerateObject().Where(entry => entry.Name != "__metadata__").Select(entry =>
        {
            var offsets = entry.Value.GetProperty("data_offsets");
            var data = bytes[(8 + length + offsets[0].GetInt32())..(8 + length + offsets[1].GetInt32())];
            return (entry.Name, entry.Value.GetProperty("dtype").GetString()!, entry.Value.GetProperty("shape").GetRawText(), data);
        });
        return (metadata, tensors.ToList());
    }
}
