using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Checkpoints;

/// <summary>
/// Reads what <see cref="DenseExport"/> writes, or any safetensors file with PyTorch's names and layouts: torchvision's ResNet-50 and VGG16 (the classic form) have the
/// names of our nodes. <see cref="ForeignTensors"/> says which other spellings and types are understood. Masks that the file stores are the network's.
/// </summary>
public static class DenseImport
{
    /// <summary>Reads all parameters of a network.</summary>
    /// <param name="path">The file.</param>
    /// <param name="network">The network it must belong to.</param>
    /// <param name="masksFromZeros">Whether weights that are exactly 0 are masked where the file stores no mask; otherwise every weight is active there.</param>
    /// <param name="byOrder">Whether tensors of other names are taken by shape and order.</param>
    /// <exception cref="CheckpointException">The file cannot be read; a tensor is missing, too many, of another type or shape; a value is not finite.</exception>
    public static ImportedTensors Read(string path, Network network, bool masksFromZeros, bool byOrder = false)
    {
        var parts = PartsOf(network);
        var wanted = parts.SelectMany(part => part.Tensors.Select(tensor => $"{part.Name}.{tensor.Name}")).ToHashSet(StringComparer.Ordinal);
        var file = ForeignTensors.Read(path, wanted);
        var stems = byOrder && !file.Names.Any(wanted.Contains)
            ? ByOrder(parts, file) ?? throw Refuse($"network '{network.Name}'", "tensors that match one to one by shape and order", "others", file.DescribeAll())
            : parts.ToDictionary(part => part.Name, part => part.Name, StringComparer.Ordinal);
        var parameters = new ParameterBlock(network);
        var used = new HashSet<string>(StringComparer.Ordinal);
        var masks = new Mask[network.Layers.Count];
        var hasStoredMasks = false;
        for (var index = 0; index < masks.Length; index++)
        {
            var layer = network.Layers[index];
            var stored = Copy(layer.Name, "weight", [.. layer.WeightShape], parameters.Weights(index));
            if (layer.HasBias)
            {
                Copy(layer.Name, "bias", [layer.Outputs], parameters.Biases(index));
            }

            hasStoredMasks |= stored is not null;
            masks[index] = stored ?? (masksFromZeros ? NonZeros(layer.Name + ".weight", parameters.Weights(index)) : Mask.Full(layer.WeightCount));
        }

        for (var index = 0; index < network.Norms.Count; index++)
        {
            var norm = network.Norms[index];
            Copy(norm.Name, "weight", [norm.Channels], parameters.Scales(index));
            Copy(norm.Name, "bias", [norm.Channels], parameters.Shifts(index));
            Copy(norm.Name, "running_mean", [norm.Channels], parameters.Means(index));
            Copy(norm.Name, "running_var", [norm.Channels], parameters.Variances(index));
            if (parameters.Variances(index).ContainsAnyInRange(float.NegativeInfinity, -float.Epsilon))
            {
                throw Refuse($"tensor '{norm.Name}.running_var'", "variances of 0 or more", "a negative one", "");
            }
        }

        if (file.Names.FirstOrDefault(name => !used.Contains(name)) is { } extra)
        {
            throw Refuse(
                $"tensor '{ForeignText.Show(extra)}'",
                $"only tensors of network '{network.Name}'",
                file.Describe(extra)!,
                $"Name the network that the file belongs to (network=...). {file.DescribeAll()}");
        }

        var set = new MaskSet(network, masks);
        parameters.Apply(set);
        return new ImportedTensors(set, parameters, hasStoredMasks, [.. file.Notes]);

        Mask? Copy(string part, string tensor, long[] shape, Span<float> destination)
        {
            var name = $"{stems[part]}.{tensor}";
            if (file.ShapeOf(name)?.SequenceEqual(shape) != true)
            {
                throw Refuse(
                    $"tensor '{name}' of network '{network.Name}'",
                    $"F32 [{string.Join(", ", shape)}]",
                    file.Describe(name) ?? "none",
                    $"Name the network, widths, input and classes that the file was saved from. {file.DescribeAll()}{Offer(parts, file)}");
            }

            used.Add(name);
            var mask = file.Copy(name, destination);
            foreach (var value in destination)
            {
                if (!float.IsFinite(value))
                {
                    throw Refuse($"tensor '{name}'", "finite numbers", $"{value}", "");
                }
            }

            return mask;
        }

        Mask NonZeros(string name, ReadOnlySpan<float> weights)
        {
            var active = new int[weights.Length];
            var count = 0;
            for (var index = 0; index < weights.Length; index++)
            {
                active[count] = index;
                count += weights[index] != 0 ? 1 : 0;
            }

            return count > 0
                ? Mask.FromIndices(weights.Length, active.AsSpan(0, count))
                : throw Refuse($"tensor '{name}'", "a weight other than 0, as masks are taken from zeros", "only zeros", "Import it with all weights active (masks=full).");
        }

        CheckpointException Refuse(string subject, string expected, string found, string remedy) => new(path, subject, expected, found, remedy);
    }

    /// <summary>The layers and batch normalisations of a network in its own order, with the shapes of their tensors.</summary>
    private static List<Part> PartsOf(Network network)
    {
        var layers = network.Layers.ToDictionary(layer => layer.Name, StringComparer.Ordinal);
        var norms = network.Norms.ToDictionary(norm => norm.Name, StringComparer.Ordinal);
        var parts = new List<Part>();
        foreach (var node in network.Nodes)
        {
            if (layers.TryGetValue(node.Name, out var layer))
            {
                parts.Add(new Part(node.Name, [("weight", Text([.. layer.WeightShape])), .. layer.HasBias ? [("bias", Text([layer.Outputs]))] : Array.Empty<(string, string)>()]));
            }
            else if (norms.TryGetValue(node.Name, out var norm))
            {
                parts.Add(new Part(node.Name, [.. new[] { "weight", "bias", "running_mean", "running_var" }.Select(tensor => (tensor, Text([norm.Channels])))]));
            }
        }

        return parts;
    }

    /// <summary>
    /// For every part of the network the file's own name of it: the first unused one, in natural order, with the same tensors of the same shapes. Null unless all match, one
    /// to one.
    /// </summary>
    private static Dictionary<string, string>? ByOrder(List<Part> parts, ForeignTensors file)
    {
        var stems = file.Names
            .Select(name => (Name: name, Dot: name.LastIndexOf('.')))
            .GroupBy(entry => entry.Dot < 0 ? "" : entry.Name[..entry.Dot], StringComparer.Ordinal)
            .Select(group => (Stem: group.Key, Tensors: Signature(group.Select(entry => (entry.Name[(entry.Dot + 1)..], Text(file.ShapeOf(entry.Name)!))))))
            .ToList();
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in parts)
        {
            var place = stems.FindIndex(stem => stem.Tensors == Signature(part.Tensors));
            if (place < 0)
            {
                return null;
            }

            found[part.Name] = stems[place].Stem;
            stems.RemoveAt(place);
        }

        return stems.Count == 0 ? found : null;
    }

    private static string Offer(List<Part> parts, ForeignTensors file)
    {
        const int listed = 8;
        if (ByOrder(parts, file) is not { } stems || stems.All(pair => pair.Key == pair.Value))
        {
            return "";
        }

        var pairs = stems.Take(listed).Select(pair => $"{pair.Key} = '{ForeignText.Show(pair.Value)}'");
        return $" By shape and order they would be {string.Join(", ", pairs)}{(stems.Count > listed ? ", ..." : "")}: import them so with names=order if that is right.";
    }

    private static string Signature(IEnumerable<(string Name, string Shape)> tensors) =>
        string.Join(' ', tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal).Select(tensor => $"{tensor.Name}{tensor.Shape}"));

    private static string Text(IReadOnlyList<long> shape) => $"[{string.Join(',', shape)}]";

    /// <summary>A layer or batch normalisation: its name, and names and shapes of its tensors.</summary>
    private sealed record Part(string Name, IReadOnlyList<(string Name, string Shape)> Tensors);
}
