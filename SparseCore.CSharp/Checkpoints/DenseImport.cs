using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Checkpoints;

/// <summary>
/// Reads what <see cref="DenseExport"/> writes, or any safetensors file with PyTorch's names and layouts: torchvision's ResNet-50 and VGG16 (the classic form) have the
/// names of our nodes. Every tensor must be F32 of the network's shape; "num_batches_tracked" is passed over, as it decides nothing.
/// </summary>
public static class DenseImport
{
    private const string Ignored = ".num_batches_tracked";

    /// <summary>Reads all parameters of a network.</summary>
    /// <param name="path">The file.</param>
    /// <param name="network">The network it must belong to.</param>
    /// <param name="masksFromZeros">Whether weights that are exactly 0 are masked; otherwise every weight is active.</param>
    /// <exception cref="CheckpointException">The file cannot be read; a tensor is missing, too many, of another type or shape; a value is not finite.</exception>
    public static (MaskSet Masks, ParameterBlock Parameters) Read(string path, Network network, bool masksFromZeros)
    {
        var file = SafetensorsFile.Read(path);
        var parameters = new ParameterBlock(network);
        var used = new HashSet<string>(StringComparer.Ordinal);
        var masks = new Mask[network.Layers.Count];
        for (var index = 0; index < masks.Length; index++)
        {
            var layer = network.Layers[index];
            Copy(layer.Name + ".weight", [.. layer.WeightShape], parameters.Weights(index));
            if (layer.HasBias)
            {
                Copy(layer.Name + ".bias", [layer.Outputs], parameters.Biases(index));
            }

            masks[index] = masksFromZeros ? NonZeros(layer.Name + ".weight", parameters.Weights(index)) : Mask.Full(layer.WeightCount);
        }

        for (var index = 0; index < network.Norms.Count; index++)
        {
            var norm = network.Norms[index];
            Copy(norm.Name + ".weight", [norm.Channels], parameters.Scales(index));
            Copy(norm.Name + ".bias", [norm.Channels], parameters.Shifts(index));
            Copy(norm.Name + ".running_mean", [norm.Channels], parameters.Means(index));
            Copy(norm.Name + ".running_var", [norm.Channels], parameters.Variances(index));
            if (parameters.Variances(index).ContainsAnyInRange(float.NegativeInfinity, -float.Epsilon))
            {
                throw Refuse($"tensor '{norm.Name}.running_var'", "variances of 0 or more", "a negative one", "");
            }
        }

        if (file.Tensors.FirstOrDefault(tensor => !used.Contains(tensor.Name) && !tensor.Name.EndsWith(Ignored, StringComparison.Ordinal)) is { } extra)
        {
            throw Refuse(
                $"tensor '{extra.Name}'", $"only tensors of network '{network.Name}'", extra.ToString(), "Name the network that the file belongs to (network=...).");
        }

        var set = new MaskSet(network, masks);
        parameters.Apply(set);
        return (set, parameters);

        void Copy(string name, long[] shape, Span<float> destination)
        {
            var found = file.Find(name);
            if (found is null || found.DataType != "F32" || !found.Shape.SequenceEqual(shape))
            {
                throw Refuse(
                    $"tensor '{name}' of network '{network.Name}'",
                    $"F32 [{string.Join(", ", shape)}]",
                    found?.ToString() ?? "none",
                    "Name the network, widths, input and classes that the file was saved from, and save it in single precision.");
            }

            used.Add(name);
            SafetensorsFile.CopyFloats(file.Bytes(name), destination);
            foreach (var value in destination)
            {
                if (!float.IsFinite(value))
                {
                    throw Refuse($"tensor '{name}'", "finite numbers", $"{value}", "");
                }
            }
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
}
