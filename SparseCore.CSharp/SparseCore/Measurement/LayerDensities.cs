using System.Globalization;
using SparseCore.Parameters;

namespace SparseCore.Measurement;

/// <summary>How evenly masks are shared among the layers, in words.</summary>
public static class LayerDensities
{
    /// <summary>A density is far from the one asked for when it is this many times smaller or larger.</summary>
    private const double Far = 10;

    private const int NamedLayers = 5;

    /// <summary>
    /// A sentence on the layers that have no active weight, and on those whose density is a tenth of what was asked for or less, or ten times as much or more.
    /// Scores that compete over the whole network do that: SynFlow leaves shortcuts of a residual network without a weight, and no path has to be cut by it.
    /// </summary>
    /// <param name="masks">The masks.</param>
    /// <param name="asked">Fraction of active weights that was asked for over the whole network; null where each layer's own count was.</param>
    /// <returns>Null when there is no such layer.</returns>
    public static string? DescribeUnusual(MaskSet masks, double? asked)
    {
        var layers = masks.Network.Layers
            .Select((layer, index) => (layer.Name, Density: (double)masks[index].ActiveCount / layer.WeightCount))
            .ToArray();
        var empty = layers.Where(layer => layer.Density == 0).Select(layer => $"'{layer.Name}'").ToArray();
        var far = asked is { } density
            ? layers
                .Where(layer => layer.Density > 0 && (layer.Density * Far <= density || layer.Density >= density * Far))
                .Select(layer => $"'{layer.Name}' {Percent(layer.Density)}")
                .ToArray()
            : [];
        string?[] sentences =
        [
            empty.Length == 0 ? null : $"{Count(empty.Length, layers.Length)} no active weight ({Named(empty)}).",
            far.Length == 0 ? null : $"{Count(far.Length, layers.Length)} a density far from the {Percent(asked!.Value)} asked for ({Named(far)}).",
        ];
        return empty.Length + far.Length == 0 ? null : string.Join(" ", sentences.OfType<string>());
    }

    private static string Count(int count, int of) => count == 1 ? $"1 of {of} layers has" : $"{count} of {of} layers have";

    private static string Percent(double fraction) => (100 * fraction).ToString("0.###", CultureInfo.InvariantCulture) + "%";

    private static string Named(string[] names) => string.Join(", ", names.Take(NamedLayers)) + (names.Length > NamedLayers ? ", ..." : "");
}
