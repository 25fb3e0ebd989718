using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Checkpoints;

/// <summary>
/// Checkpoints in the safetensors container. Of a layer with masked weights the file has "layer.values" and "layer.momentum" (F32, active weights in
/// index order) and "layer.mask" (U8, bit i of the mask is bit i mod 8 of byte i / 8); of a layer without, "layer.weight" and "layer.momentum" in
/// the weights' shape. Biases are "layer.bias" and "layer.bias_momentum". Of a batch normalization it has "norm.weight" (the scale), "norm.bias" (the
/// shift), their "norm.weight_momentum" and "norm.bias_momentum", and "norm.running_mean" and "norm.running_var". Weights outside the mask are not stored, so they cannot be other than 0.
/// The metadata has the SHA-256 of every tensor, and first of all the content hash: the SHA-256 of the length field and the header with 64 zeros in
/// the hash's own place. Any changed byte of the file is therefore found, and named by tensor.
/// </summary>
public static class CheckpointFile
{
    private const string Format = "sparse-checkpoint-1";
    private const int HashDigits = 64;
    private const string TrainFlopsKey = "stopped_train_flops";
    private const string StoppedMetricsKey = "stopped_metrics";

    /// <summary>Every checkpoint's header begins like this; the content hash follows.</summary>
    private static readonly byte[] HeaderStart = [.. "{\"__metadata__\":{\"content_hash\":\""u8];

    /// <summary>Writes a checkpoint; the file appears under its name only when it is whole and flushed.</summary>
    /// <returns>The content hash.</returns>
    /// <exception cref="CheckpointException">The file cannot be written; a file of that name that existed before is intact.</exception>
    public static string Write(string path, Checkpoint checkpoint)
    {
        var tensors = Tensors(checkpoint);
        var (header, hash) = Header(checkpoint, tensors);
        AtomicFile.Write(path, header, tensors.Select(tensor => tensor.Bytes));
        return hash;
    }

    /// <summary>The content hash that the checkpoint has in the file that <see cref="Write"/> makes of it: a file with another one was written by something else.</summary>
    public static string ContentHash(Checkpoint checkpoint) => Header(checkpoint, Tensors(checkpoint)).Hash;

    private static (byte[] Header, string Hash) Header(
        Checkpoint checkpoint, List<(string Name, string DataType, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Bytes)> tensors)
    {
        var metadata = new List<KeyValuePair<string, string>>
        {
            new("content_hash", new string('0', HashDigits)),
            new("format", Format),
            new("network", checkpoint.Network.Name),
            new("step", checkpoint.Step.ToString(CultureInfo.InvariantCulture)),
            new("plan_hash", checkpoint.PlanHash),
            new("parents", WriteParents(checkpoint.Parents)),
            new("metrics_length", checkpoint.MetricsLength.ToString(CultureInfo.InvariantCulture)),
        };
        if (checkpoint.Stopped is { } stopped)
        {
            metadata.Add(new(TrainFlopsKey, stopped.TrainFlops.ToString("R", CultureInfo.InvariantCulture)));
            metadata.Add(new(StoppedMetricsKey, stopped.Metrics));
        }

        metadata.AddRange(checkpoint.Network.TensorsByNode.Select(node => KeyValuePair.Create("shape:" + node.Key, ShapeText(node))));
        metadata.AddRange(tensors.Select(tensor => KeyValuePair.Create("sha256:" + tensor.Name, Hex(SHA256.HashData(tensor.Bytes.Span)))));
        var header = SafetensorsFile.BuildHeader(metadata, tensors);
        var hash = Hex(SHA256.HashData(header));
        Encoding.ASCII.GetBytes(hash).CopyTo(header, SafetensorsFile.LengthBytes + HeaderStart.Length);
        return (header, hash);
    }

    /// <summary>Reads the header only and verifies it against the content hash; the tensors are not read.</summary>
    /// <exception cref="CheckpointException">The file is missing, damaged or of another format.</exception>
    public static CheckpointHeader ReadHeader(string path) => Verify(path, SafetensorsFile.ReadHeader(path));

    /// <summary>Reads a checkpoint and verifies all of it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="network">The network it must belong to.</param>
    /// <exception cref="CheckpointException">The file is missing, damaged, of another format or of another network.</exception>
    public static Checkpoint Read(string path, Network network) => Read(path, SafetensorsFile.Read(path), network);

    /// <summary>Verifies a file that was read, and makes the checkpoint.</summary>
    internal static Checkpoint Read(string path, SafetensorsFile file, Network network)
    {
        var header = Verify(path, file);
        foreach (var tensor in file.Tensors)
        {
            var expected = file.Metadata.GetValueOrDefault("sha256:" + tensor.Name, "one in the metadata");
            var found = Hex(SHA256.HashData(file.Bytes(tensor.Name)));
            if (expected != found)
            {
                throw Refuse(path, $"tensor '{tensor.Name}': SHA-256", expected, found);
            }
        }

        var used = new HashSet<string>(StringComparer.Ordinal);
        CheckShapes(path, file, header, network);
        var masks = new MaskSet(network, [.. network.Layers.Select(layer => ReadMask(path, file, used, layer))]);
        var parameters = new ParameterBlock(network);
        var momentum = new ParameterBlock(network);
        var layers = 0;
        foreach (var tensor in network.TensorsByNode.SelectMany(node => node))
        {
            if (tensor.Tensor.IsMasked)
            {
                var (mask, isDense) = (masks[layers++], file.Find(MaskName(tensor.Node)) is null);
                ReadWeights(path, file, used, tensor, isDense ? tensor.Name : ValuesName(tensor), isDense, mask, parameters.Of(tensor));
                ReadWeights(path, file, used, tensor, MomentumName(tensor), isDense, mask, momentum.Of(tensor));
                continue;
            }

            ReadFloats(path, file, used, tensor, tensor.Name, parameters.Of(tensor));
            if (tensor.Tensor.IsTrained)
            {
                ReadFloats(path, file, used, tensor, MomentumName(tensor), momentum.Of(tensor));
            }
        }

        var explored = network.Layers.Count > 0 && file.Find(ExploredName(network.Layers[0].Name)) is not null
            ? new MaskSet(network, [.. network.Layers.Select(layer => ReadBits(path, file, used, layer, ExploredName(layer.Name)))])
            : null;
        var state = ReadState(path, file, used, network);
        if (file.Tensors.FirstOrDefault(tensor => !used.Contains(tensor.Name)) is { } extra)
        {
            throw Refuse(path, $"tensor '{extra.Name}'", $"only tensors of network '{network.Name}'", $"{extra}");
        }

        return new Checkpoint(header.Step, header.PlanHash, header.Parents, masks, parameters, momentum, header.MetricsLength)
        {
            Explored = explored,
            State = state,
            Stopped = ReadStopped(path, file),
            ContentHash = header.ContentHash,
        };
    }

    private static List<(string Name, string DataType, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Bytes)> Tensors(Checkpoint checkpoint)
    {
        var floats = new List<(string Name, string DataType, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Bytes)>();
        var bits = new List<(string Name, string DataType, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Bytes)>();
        var network = checkpoint.Network;
        var layers = 0;
        foreach (var tensor in network.TensorsByNode.SelectMany(node => node))
        {
            if (!tensor.Tensor.IsMasked)
            {
                AddWhole(tensor, tensor.Name, checkpoint.Parameters);
                if (tensor.Tensor.IsTrained)
                {
                    AddWhole(tensor, MomentumName(tensor), checkpoint.Momentum);
                }

                continue;
            }

            var (layer, mask) = (layers, checkpoint.Masks[layers]);
            layers++;
            if (mask.ActiveCount == mask.Length)
            {
                AddWhole(tensor, tensor.Name, checkpoint.Parameters);
                AddWhole(tensor, MomentumName(tensor), checkpoint.Momentum);
            }
            else
            {
                AddFloats(ValuesName(tensor), [mask.ActiveCount], Active(mask, checkpoint.Parameters.Of(tensor)));
                AddFloats(MomentumName(tensor), [mask.ActiveCount], Active(mask, checkpoint.Momentum.Of(tensor)));
                AddBits(MaskName(tensor.Node), mask);
            }

            if (checkpoint.Explored is { } explored)
            {
                AddBits(ExploredName(tensor.Node), explored[layer]);
            }
        }

        foreach (var (name, block) in checkpoint.State.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            foreach (var tensor in Trained(network))
            {
                AddWhole(tensor, StateName(name, tensor), block);
            }
        }

        // Floats first: readers that view the buffer in place need them aligned.
        return [.. floats, .. bits];

        void AddWhole(NetworkTensor tensor, string name, ParameterBlock block) => AddFloats(name, Shape(tensor), block.Of(tensor));

        void AddFloats(string name, IReadOnlyList<long> shape, ReadOnlySpan<float> values) =>
            floats.Add((name, "F32", shape, SafetensorsFile.ToBytes(values)));

        void AddBits(string name, Mask mask)
        {
            var bytes = mask.ToBytes();
            bits.Add((name, "U8", [bytes.Length], bytes));
        }
    }

    /// <summary>What a step changes by its gradient, in the order of files.</summary>
    private static IEnumerable<NetworkTensor> Trained(Network network) =>
        network.TensorsByNode.SelectMany(node => node).Where(tensor => tensor.Tensor.IsTrained);

    private static string ValuesName(NetworkTensor weights) => weights.Node + ".values";

    private static string MaskName(string layer) => layer + ".mask";

    private static string ExploredName(string layer) => layer + ".explored";

    private static string MomentumName(NetworkTensor tensor) => tensor.Tensor.IsMasked ? tensor.Node + ".momentum" : tensor.Name + "_momentum";

    private static string StateName(string state, NetworkTensor tensor) => $"state.{state}.{tensor.Name}";

    private static float[] Active(Mask mask, ReadOnlySpan<float> weights)
    {
        var indices = mask.ActiveIndices();
        var values = new float[indices.Length];
        for (var index = 0; index < indices.Length; index++)
        {
            values[index] = weights[indices[index]];
        }

        return values;
    }

    private static CheckpointHeader Verify(string path, SafetensorsFile file)
    {
        if (!file.Header.AsSpan(SafetensorsFile.LengthBytes).StartsWith(HeaderStart))
        {
            throw Refuse(path, "header", $"a checkpoint of this toolkit (the content hash first, format {Format})", "another safetensors file");
        }

        var stored = file.Metadata.GetValueOrDefault("content_hash", "none");
        var header = file.Header.AsSpan().ToArray();
        var place = header.AsSpan(SafetensorsFile.LengthBytes + HeaderStart.Length);
        place[..Math.Min(HashDigits, place.Length)].Fill((byte)'0');
        var actual = Hex(SHA256.HashData(header));
        if (stored != actual)
        {
            throw Refuse(path, "content hash", stored, actual);
        }

        var format = Field(path, file, "format");
        if (format != Format)
        {
            throw new CheckpointException(path, "format", Format, format, "The file was written by another version of the toolkit; use that version.");
        }

        return new CheckpointHeader(
            Field(path, file, "network"),
            (int)Number(path, file, "step", int.MaxValue),
            Field(path, file, "plan_hash"),
            ReadParents(path, Field(path, file, "parents")),
            Number(path, file, "metrics_length", long.MaxValue),
            stored);
    }

    private static string Field(string path, SafetensorsFile file, string key) =>
        file.Metadata.GetValueOrDefault(key) ?? throw Refuse(path, $"metadata '{key}'", "an entry", "none");

    private static long Number(string path, SafetensorsFile file, string key, long limit)
    {
        var text = Field(path, file, key);
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= limit
            ? number
            : throw Refuse(path, $"metadata '{key}'", $"a whole number from 0 to {limit}", $"'{text}'");
    }

    private static StoppedRun? ReadStopped(string path, SafetensorsFile file)
    {
        if (file.Metadata.GetValueOrDefault(TrainFlopsKey) is not { } text)
        {
            return null;
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) && number >= 0
            ? new StoppedRun(number, Field(path, file, StoppedMetricsKey))
            : throw Refuse(path, $"metadata '{TrainFlopsKey}'", "a number, 0 or more", $"'{text}'");
    }

    private static readonly JsonSerializerOptions ParentsOptions = new() { TypeInfoResolver = new DefaultJsonTypeInfoResolver() };

    private static string WriteParents(IReadOnlyList<ParentReference> parents) => JsonSerializer.Serialize(
        parents.Select(parent => new object[] { parent.Role, parent.PlanHash, parent.Step, parent.ContentHash }), ParentsOptions);

    private static List<ParentReference> ReadParents(string path, string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 4 });
            return [.. document.RootElement.EnumerateArray().Select(parent => new ParentReference(
                parent[0].GetString()!, parent[1].GetString()!, parent[2].GetInt32(), parent[3].GetString()!))];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException or IndexOutOfRangeException)
        {
            throw new CheckpointException(
                path, "metadata 'parents'", "a list of [role, plan hash, step, content hash]", AtomicFile.Sentence(exception), "", exception);
        }
    }

    private static void CheckShapes(string path, SafetensorsFile file, CheckpointHeader header, Network network)
    {
        var remedy = $"The checkpoint belongs to network '{header.NetworkName}'; use that network's description, or another checkpoint.";
        foreach (var node in network.TensorsByNode)
        {
            var found = file.Metadata.GetValueOrDefault("shape:" + node.Key);
            var values = node.First().Tensor.IsMasked ? "weights" : "scales";
            if (found != ShapeText(node))
            {
                throw new CheckpointException(
                    path,
                    $"{Subject(node.First())} of network '{network.Name}'",
                    $"{values} {ShapeText(node)}",
                    found is null ? "no such layer" : $"{values} {found}",
                    remedy);
            }
        }

        if (header.NetworkName != network.Name)
        {
            throw new CheckpointException(path, "network", $"'{network.Name}'", $"'{header.NetworkName}'", remedy);
        }
    }

    private static Mask ReadMask(string path, SafetensorsFile file, HashSet<string> used, Layer layer) =>
        file.Find(MaskName(layer.Name)) is null ? Mask.Full(layer.WeightCount) : ReadBits(path, file, used, layer, MaskName(layer.Name));

    private static Mask ReadBits(string path, SafetensorsFile file, HashSet<string> used, Layer layer, string name)
    {
        RequireTensor(path, file, used, $"layer '{layer.Name}'", name, "U8", [(layer.WeightCount + 7) / 8]);
        try
        {
            return Mask.FromBytes(layer.WeightCount, file.Bytes(name));
        }
        catch (ArgumentException exception)
        {
            throw new CheckpointException(path, $"tensor '{name}'", $"a mask of {layer.WeightCount} weights", AtomicFile.Sentence(exception), "", exception);
        }
    }

    private static void ReadWeights(
        string path, SafetensorsFile file, HashSet<string> used, NetworkTensor tensor, string name, bool isDense, Mask mask, Span<float> destination)
    {
        if (isDense)
        {
            ReadFloats(path, file, used, tensor, name, destination);
            return;
        }

        RequireTensor(path, file, used, Subject(tensor), name, "F32", [mask.ActiveCount]);
        var values = new float[mask.ActiveCount];
        SafetensorsFile.CopyFloats(file.Bytes(name), values);
        var indices = mask.ActiveIndices();
        for (var index = 0; index < indices.Length; index++)
        {
            destination[indices[index]] = values[index];
        }
    }

    private static void ReadFloats(string path, SafetensorsFile file, HashSet<string> used, NetworkTensor tensor, string name, Span<float> destination)
    {
        RequireTensor(path, file, used, Subject(tensor), name, "F32", Shape(tensor));
        SafetensorsFile.CopyFloats(file.Bytes(name), destination);
    }

    private static void RequireTensor(
        string path, SafetensorsFile file, HashSet<string> used, string subject, string name, string dataType, IReadOnlyList<long> shape)
    {
        var found = file.Find(name);
        if (found is null || found.DataType != dataType || !found.Shape.SequenceEqual(shape))
        {
            throw Refuse(path, $"{subject}: tensor '{name}'", $"{dataType} [{string.Join(", ", shape)}]", found?.ToString() ?? "none");
        }

        used.Add(name);
    }

    private static Dictionary<string, ParameterBlock> ReadState(string path, SafetensorsFile file, HashSet<string> used, Network network)
    {
        var state = new Dictionary<string, ParameterBlock>(StringComparer.Ordinal);
        if (network.Layers.Count == 0)
        {
            return state;
        }

        var (start, end) = ("state.", $".{network.Layers[0].Name}.weight");
        foreach (var tensor in file.Tensors)
        {
            if (!tensor.Name.StartsWith(start, StringComparison.Ordinal)
                || !tensor.Name.EndsWith(end, StringComparison.Ordinal)
                || tensor.Name.Length <= start.Length + end.Length)
            {
                continue;
            }

            var name = tensor.Name[start.Length..^end.Length];
            if (network.Tensors.Any(part => part.Tensor.IsMasked && file.Find(StateName(name, part)) is null))
            {
                continue; // another layer, whose name ends like the first one's; if parts are missing, the rest is refused as surplus
            }

            var block = new ParameterBlock(network);
            foreach (var part in Trained(network))
            {
                ReadFloats(path, file, used, part, StateName(name, part), block.Of(part));
            }

            state.Add(name, block);
        }

        return state;
    }

    private static long[] Shape(NetworkTensor tensor) => [.. tensor.Tensor.Shape];

    /// <summary>Weights or scales, the first tensor, say what a node is.</summary>
    private static string ShapeText(IGrouping<string, NetworkTensor> node) => $"[{string.Join(", ", node.First().Tensor.Shape)}]";

    private static string Subject(NetworkTensor tensor) =>
        tensor.Tensor.Role is TensorRole.Weight or TensorRole.Bias ? $"layer '{tensor.Node}'" : $"batch normalization '{tensor.Node}'";

    private static string Hex(byte[] hash) => Convert.ToHexStringLower(hash);

    private static CheckpointException Refuse(string path, string subject, string expected, string found) =>
        new(path, subject, expected, found, "The file is damaged; restore it from a copy, or delete it to go on from the checkpoint before it.");
}
