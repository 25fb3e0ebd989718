using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Curvature;

/// <summary>
/// The parameters that are a matrix's rows and columns: the weights of some masks, and biases, scales and shifts where asked for. They need not be the masks that a
/// network was trained under: with full masks a row belongs to every weight, even to one that is 0.
/// </summary>
public sealed class Coordinates
{
    private readonly bool[] isLayerIn;

    private Coordinates(MaskSet masks, bool hasBiases, string? layer)
    {
        Masks = masks;
        HasBiases = hasBiases;
        Layer = layer;
        isLayerIn = [.. masks.Network.Layers.Select(candidate => layer is null || candidate.Name == layer)];
        Positions = [.. Rows(new ParameterBlock(masks.Network))];
    }

    /// <summary>Which weights are rows.</summary>
    public MaskSet Masks { get; }

    /// <summary>Whether biases, and the scales and shifts of batch normalizations, are rows too.</summary>
    public bool HasBiases { get; }

    /// <summary>The only layer with rows, or null for all.</summary>
    public string? Layer { get; }

    /// <summary>
    /// The parameter behind each row, as a position in the parameter block: layer by layer the weights, then the biases; after them for every batch normalization the
    /// scales, then the shifts.
    /// </summary>
    public IReadOnlyList<int> Positions { get; }

    /// <summary>Number of rows.</summary>
    public int Count => Positions.Count;

    /// <summary>The active weights and, unless told otherwise, all biases, scales and shifts: 2,446 rows for LeNet5 at 95%.</summary>
    /// <param name="masks">The masks.</param>
    /// <param name="biases">Whether biases, scales and shifts are rows.</param>
    public static Coordinates Active(MaskSet masks, bool biases = true) => new(masks, biases, null);

    /// <summary>All weights, as if no mask were there.</summary>
    /// <param name="network">The network.</param>
    /// <param name="biases">Whether biases, scales and shifts are rows.</param>
    public static Coordinates All(Network network, bool biases = true) => new(MaskSet.Full(network), biases, null);

    /// <summary>Those of one layer.</summary>
    /// <param name="name">A layer's name, such as "conv1".</param>
    /// <exception cref="ArgumentException">The network has no such layer; the message lists those it has.</exception>
    public Coordinates Of(string name) => Masks.Network.Layers.Any(layer => layer.Name == name)
        ? new Coordinates(Masks, HasBiases, name)
        : throw new ArgumentException(
            $"Network '{Masks.Network.Name}' has no layer '{ForeignText.Show(name)}'. Its layers: {string.Join(", ", Masks.Network.Layers.Select(layer => layer.Name))}.");

    /// <summary>Whether weights of a layer can be rows.</summary>
    internal bool Holds(int layer) => isLayerIn[layer];

    /// <summary>The weights that must be looked at: those that are rows, and those that are not 0.</summary>
    internal MaskSet WithNonZero(ParameterBlock parameters) => new(
        parameters.Network,
        [.. Enumerable.Range(0, Masks.Count).Select(layer => Masks[layer].Union(NonZero(parameters.Weights(layer))))]);

    private static Mask NonZero(ReadOnlySpan<float> weights)
    {
        var indices = new List<int>();
        for (var index = 0; index < weights.Length; index++)
        {
            if (weights[index] != 0)
            {
                indices.Add(index);
            }
        }

        return Mask.FromIndices(weights.Length, [.. indices]);
    }

    private IEnumerable<int> Rows(ParameterBlock layout)
    {
        for (var layer = 0; layer < Masks.Count; layer++)
        {
            if (!Holds(layer))
            {
                continue;
            }

            foreach (var index in Masks[layer].ActiveIndices())
            {
                yield return layout.WeightOffset(layer) + index;
            }

            for (var bias = 0; HasBiases && bias < Masks.Network.Layers[layer].BiasCount; bias++)
            {
                yield return layout.BiasOffset(layer) + bias;
            }
        }

        for (var norm = 0; HasBiases && Layer is null && norm < Masks.Network.Norms.Count; norm++)
        {
            for (var value = 0; value < 2 * Masks.Network.Norms[norm].Channels; value++)
            {
                yield return layout.ScaleOffset(norm) + value;
            }
        }
    }
}
