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
        var wanted = network.Tensors.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        var file = ForeignTensors.Read(path, wanted);
        var stems = byOrder && !file.Names.Any(wanted.Contains)
            ? ByOrder(parts, file) ?? throw Refuse($"network '{network.Name}'", "tensors that match one to one by shape and order", "others", file.DescribeAll())
            : parts.ToDictionary(part => part.Name, part => part.Name, StringComparer.Ordinal);
        var parameters = new ParameterBlock(network);
        var used = new HashSet<string>(StringComparer.Ordinal);
        var masks = new List<Mask>();
        var hasStoredMasks = false;
        foreach (var tensor in network.TensorsByNode.SelectMany(node => node))
        {
            var values = parameters.Of(tensor);
            var stored = Copy(tensor, values);
            if (tensor.Tensor.IsMasked)
            {
                hasStoredMasks |= stored is not null;
                masks.Add(stored ?? (masksFromZeros ? NonZeros(tensor.Name, values) : Mask.Full(values.Length)));
            }

            if (tensor.Tensor.Role == TensorRole.RunningVariance && values.ContainsAnyInRange(float.NegativeInfinity, -float.Epsilon))
            {
                throw Refuse($"tensor '{tensor.Name}'", "variances of 0 or more", "a negative one", "");
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

        var set = new MaskSet(network, [.. masks]);
        parameters.Apply(set);
        return new ImportedTensors(set, parameters, hasStoredMasks, [.. file.Notes]);

        Mask? Copy(NetworkTensor tensor, Span<float> destination)
        {
            var name = $"{stems[tensor.Node]}.{tensor.Part}";
            if (file.ShapeOf(name)?.SequenceEqual(Shape(tensor)) != true)
            {
                throw Refuse(
                    $"tensor '{name}' of network '{network.Name}'",
                    $"F32 [{string.Join(", ", tensor.Tensor.Shape)}]",
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

    /// <summary>The nodes of a network that have parameters, in its own order, with the shapes of their tensors.</summary>
    private static List<Part> PartsOf(Network network)
    {
        var places = network.Nodes.Select((node, place) => (node.Name, place)).ToDictionary(entry => entry.Name, entry => entry.place, StringComparer.Ordinal);
        return [
            .. network.TensorsByNode
                .OrderBy(node => places[node.Key])
                .Select(node => new Part(node.Key, [.. node.Select(tensor => (tensor.Part, Text(Shape(tensor))))])),
        ];
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

    private static long[] Shape(NetworkTensor tensor) => [.. tensor.Tensor.Shape];

    private static string Text(IReadOnlyList<long> shape) => $"[{string.Join(',', shape)}]";

    /// <summary>A node with parameters: its name, and names and shapes of its tensors.</summary>
    private sealed record Part(string Name, IReadOnlyList<(string Name, string Shape)> Tensors);
}
