using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Checkpoints;

/// <summary>
/// Checkpoints in the safetensors container. Of a layer with masked weights the file has "layer.values" and "layer.momentum" (F32, active weights in
/// index order) and "layer.mask" (U8, bit i of the mask is bit i mod 8 of byte i / 8); of a layer without, "layer.weight" and "layer.momentum" in
/// the weights' shape. Biases are "layer.bias" and "layer.bias_momentum". Of a batch normalisation it has "norm.weight" (the scale), "norm.bias" (the
/// shift), their "norm.weight_momentum" and "norm.bias_momentum", and "norm.running_mean" and "norm.running_var". Weights outside the mask are not stored, so they cannot be other than 0.
/// The metadata has the SHA-256 of every tensor, and first of all the content hash: the SHA-256 of the length field and the header with 64 zeros in
/// the hash's own place. Any changed byte of the file is therefore found, and named by tensor.
/// </summary>
public static class CheckpointFile
{
    private const string Format = "sparse-checkpoint-1";
    private const int HashDigits = 64;

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
        metadata.AddRange(checkpoint.Network.Layers.Select(layer => KeyValuePair.Create("shape:" + layer.Name, ShapeText(layer))));
        metadata.AddRange(checkpoint.Network.Norms.Select(norm => KeyValuePair.Create("shape:" + norm.Name, ShapeText(norm))));
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
        for (var index = 0; index < network.Layers.Count; index++)
        {
            var layer = network.Layers[index];
            var isDense = file.Find(layer.Name + ".mask") is null;
            ReadWeights(path, file, used, layer, layer.Name + (isDense ? ".weight" : ".values"), isDense, masks[index], parameters.Weights(index));
            ReadWeights(path, file, used, layer, layer.Name + ".momentum", isDense, masks[index], momentum.Weights(index));
            if (layer.HasBias)
            {
                ReadFloats(path, file, used, layer.Name, layer.Name + ".bias", [layer.Outputs], parameters.Biases(index));
                ReadFloats(path, file, used, layer.Name, layer.Name + ".bias_momentum", [layer.Outputs], momentum.Biases(index));
            }
        }

        for (var index = 0; index < network.Norms.Count; index++)
        {
            var norm = network.Norms[index];
            void ReadNorm(string part, Span<float> values) => ReadFloats(path, file, used, norm.Name, norm.Name + part, [norm.Channels], values);
            ReadNorm(".weight", parameters.Scales(index));
            ReadNorm(".weight_momentum", momentum.Scales(index));
            ReadNorm(".bias", parameters.Shifts(index));
            ReadNorm(".bias_momentum", momentum.Shifts(index));
            ReadNorm(".running_mean", parameters.Means(index));
            ReadNorm(".running_var", parameters.Variances(index));
        }

        var explored = network.Layers.Count > 0 && file.Find(network.Layers[0].Name + ".explored") is not null
            ? new MaskSet(network, [.. network.Layers.Select(layer => ReadBits(path, file, used, layer, layer.Name + ".explored"))])
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
            ContentHash = header.ContentHash,
        };
    }

    private static List<(string Name, string DataType, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Bytes)> Tensors(Checkpoint checkpoint)
    {
        var floats = new List<(string Name, string DataType, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Bytes)>();
        var bits = new List<(string Name, string DataType, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Bytes)>();
        for (var index = 0; index < checkpoint.Network.Layers.Count; index++)
        {
            var layer = checkpoint.Network.Layers[index];
            var mask = checkpoint.Masks[index];
            if (mask.ActiveCount == mask.Length)
            {
                AddFloats(layer.Name + ".weight", WeightShape(layer), checkpoint.Parameters.Weights(index));
                AddFloats(layer.Name + ".momentum", WeightShape(layer), checkpoint.Momentum.Weights(index));
            }
            else
            {
                AddFloats(layer.Name + ".values", [mask.ActiveCount], Active(mask, checkpoint.Parameters.Weights(index)));
                AddFloats(layer.Name + ".momentum", [mask.ActiveCount], Active(mask, checkpoint.Momentum.Weights(index)));
                AddBits(layer.Name + ".mask", mask);
            }

            if (layer.HasBias)
            {
                AddFloats(layer.Name + ".bias", [layer.Outputs], checkpoint.Parameters.Biases(index));
                AddFloats(layer.Name + ".bias_momentum", [layer.Outputs], checkpoint.Momentum.Biases(index));
            }

            if (checkpoint.Explored is { } explored)
            {
                AddBits(layer.Name + ".explored", explored[index]);
            }
        }

        for (var index = 0; index < checkpoint.Network.Norms.Count; index++)
        {
            var norm = checkpoint.Network.Norms[index];
            AddFloats(norm.Name + ".weight", [norm.Channels], checkpoint.Parameters.Scales(index));
            AddFloats(norm.Name + ".weight_momentum", [norm.Channels], checkpoint.Momentum.Scales(index));
            AddFloats(norm.Name + ".bias", [norm.Channels], checkpoint.Parameters.Shifts(index));
            AddFloats(norm.Name + ".bias_momentum", [norm.Channels], checkpoint.Momentum.Shifts(index));
            AddFloats(norm.Name + ".running_mean", [norm.Channels], checkpoint.Parameters.Means(index));
            AddFloats(norm.Name + ".running_var", [norm.Channels], checkpoint.Parameters.Variances(index));
        }

        foreach (var (name, block) in checkpoint.State.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            for (var index = 0; index < checkpoint.Network.Layers.Count; index++)
            {
                var layer = checkpoint.Network.Layers[index];
                AddFloats(StateName(name, layer.Name, "weight"), WeightShape(layer), block.Weights(index));
                if (layer.HasBias)
                {
                    AddFloats(StateName(name, layer.Name, "bias"), [layer.Outputs], block.Biases(index));
                }
            }

            for (var index = 0; index < checkpoint.Network.Norms.Count; index++)
            {
                var norm = checkpoint.Network.Norms[index];
                AddFloats(StateName(name, norm.Name, "weight"), [norm.Channels], block.Scales(index));
                AddFloats(StateName(name, norm.Name, "bias"), [norm.Channels], block.Shifts(index));
            }
        }

        // Floats first: readers that view the buffer in place need them aligned.
        return [.. floats, .. bits];

        void AddFloats(string name, IReadOnlyList<long> shape, ReadOnlySpan<float> values) =>
            floats.Add((name, "F32", shape, SafetensorsFile.ToBytes(values)));

        void AddBits(string name, Mask mask)
        {
            var bytes = mask.ToBytes();
            bits.Add((name, "U8", [bytes.Length], bytes));
        }
    }

    private static string StateName(string state, string layer, string part) => $"state.{state}.{layer}.{part}";

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

    private static string WriteParents(IReadOnlyList<ParentReference> parents) => JsonSerializer.Serialize(
        parents.Select(parent => new object[] { parent.Role, parent.PlanHash, parent.Step, parent.ContentHash }));

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
        foreach (var layer in network.Layers)
        {
            var found = file.Metadata.GetValueOrDefault("shape:" + layer.Name);
            if (found != ShapeText(layer))
            {
                throw new CheckpointException(
                    path,
                    $"layer '{layer.Name}' of network '{network.Name}'",
                    $"weights {ShapeText(layer)}",
                    found is null ? "no such layer" : $"weights {found}",
                    remedy);
            }
        }

        foreach (var norm in network.Norms)
        {
            var found = file.Metadata.GetValueOrDefault("shape:" + norm.Name);
            if (found != ShapeText(norm))
            {
                throw new CheckpointException(
                    path, $"batch normalisation '{norm.Name}' of network '{network.Name}'", ShapeText(norm), found ?? "no such layer", remedy);
            }
        }

        if (header.NetworkName != network.Name)
        {
            throw new CheckpointException(path, "network", $"'{network.Name}'", $"'{header.NetworkName}'", remedy);
        }
    }

    private static Mask ReadMask(string path, SafetensorsFile file, HashSet<string> used, Layer layer) =>
        file.Find(layer.Name + ".mask") is null ? Mask.Full(layer.WeightCount) : ReadBits(path, file, used, layer, layer.Name + ".mask");

    private static Mask ReadBits(string path, SafetensorsFile file, HashSet<string> used, Layer layer, string name)
    {
        RequireTensor(path, file, used, layer.Name, name, "U8", [(layer.WeightCount + 7) / 8]);
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
        string path, SafetensorsFile file, HashSet<string> used, Layer layer, string name, bool isDense, Mask mask, Span<float> destination)
    {
        if (isDense)
        {
            ReadFloats(path, file, used, layer.Name, name, WeightShape(layer), destination);
            return;
        }

        var values = new float[mask.ActiveCount];
        ReadFloats(path, file, used, layer.Name, name, [mask.ActiveCount], values);
        var indices = mask.ActiveIndices();
        for (var index = 0; index < indices.Length; index++)
        {
            destination[indices[index]] = values[index];
        }
    }

    private static void ReadFloats(
        string path, SafetensorsFile file, HashSet<string> used, string layer, string name, IReadOnlyList<long> shape, Span<float> destination)
    {
        RequireTensor(path, file, used, layer, name, "F32", shape);
        SafetensorsFile.CopyFloats(file.Bytes(name), destination);
    }

    private static void RequireTensor(
        string path, SafetensorsFile file, HashSet<string> used, string layer, string name, string dataType, IReadOnlyList<long> shape)
    {
        var found = file.Find(name);
        if (found is null || found.DataType != dataType || !found.Shape.SequenceEqual(shape))
        {
            throw Refuse(path, $"layer '{layer}': tensor '{name}'", $"{dataType} [{string.Join(", ", shape)}]", found?.ToString() ?? "none");
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
            if (network.Layers.Any(layer => file.Find(StateName(name, layer.Name, "weight")) is null))
            {
                continue; // another layer, whose name ends like the first one's; if parts are missing, the rest is refused as surplus
            }

            var block = new ParameterBlock(network);
            for (var index = 0; index < network.Layers.Count; index++)
            {
                var layer = network.Layers[index];
                ReadFloats(path, file, used, layer.Name, StateName(name, layer.Name, "weight"), WeightShape(layer), block.Weights(index));
                if (layer.HasBias)
                {
                    ReadFloats(path, file, used, layer.Name, StateName(name, layer.Name, "bias"), [layer.Outputs], block.Biases(index));
                }
            }

            for (var index = 0; index < network.Norms.Count; index++)
            {
                var norm = network.Norms[index];
                ReadFloats(path, file, used, norm.Name, StateName(name, norm.Name, "weight"), [norm.Channels], block.Scales(index));
                ReadFloats(path, file, used, norm.Name, StateName(name, norm.Name, "bias"), [norm.Channels], block.Shifts(index));
            }

            state.Add(name, block);
        }

        return state;
    }

    private static long[] WeightShape(Layer layer) => [.. layer.WeightShape];

    private static string ShapeText(Norm norm) => $"[{norm.Channels}]";

    private static string ShapeText(Layer layer) => $"[{string.Join(", ", layer.WeightShape)}]";

    private static string Hex(byte[] hash) => Convert.ToHexStringLower(hash);

    private static CheckpointException Refuse(string path, string subject, string expected, string found) =>
        new(path, subject, expected, found, "The file is damaged; restore it from a copy, or delete it to go on from the checkpoint before it.");
}
