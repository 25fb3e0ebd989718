using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Measurement;

/// <summary>
/// What masks leave of a network's paths. A path leads from the input through active weights to the output; neurons of a convolution are its channels, so
/// that one active tap connects two channels wherever it lies.
/// </summary>
/// <param name="EffectiveCounts">Active weights of each layer that lie on a path. Shape [layers].</param>
/// <param name="DeadNeuronCounts">Neurons of each layer, outputs included, that lie on no path. Shape [layers].</param>
/// <param name="CutLayer">The first layer that nothing of the input reaches beyond; null when there is a path.</param>
public sealed record ConnectivityHealth(IReadOnlyList<int> EffectiveCounts, IReadOnlyList<int> DeadNeuronCounts, string? CutLayer)
{
    /// <summary>Active weights that lie on a path; the others can be removed without changing what any input does to the output.</summary>
    public int EffectiveActiveCount => EffectiveCounts.Sum();

    /// <summary>Neurons that lie on no path.</summary>
    public int DeadNeurons => DeadNeuronCounts.Sum();

    /// <summary>Follows all paths, forwards and backwards.</summary>
    public static ConnectivityHealth Measure(MaskSet masks)
    {
        var network = masks.Network;
        var connections = network.Layers.Zip(Enumerable.Range(0, masks.Count), (layer, index) => (layer.Name, Pairs: Connections(layer, masks[index])))
            .ToDictionary(pair => pair.Name, pair => pair.Pairs, StringComparer.Ordinal);
        var reached = Reached(network, connections);
        var needed = Needed(network, connections);

        var effective = new int[masks.Count];
        var dead = new int[masks.Count];
        string? cut = null;
        for (var layer = 0; layer < masks.Count; layer++)
        {
            var name = network.Layers[layer].Name;
            var source = reached[network.Nodes.First(node => node.Name == name).Inputs[0]];
            effective[layer] = connections[name].Count(pair => source[pair.Input] && needed[name][pair.Output]);
            dead[layer] = reached[name].Zip(needed[name]).Count(unit => !(unit.First && unit.Second));
            cut ??= reached[name].Contains(true) ? null : name;
        }

        return new ConnectivityHealth(effective, dead, cut);
    }

    /// <summary>Input and output channel of every active weight.</summary>
    private static (int Input, int Output)[] Connections(Layer layer, Mask mask) =>
        Array.ConvertAll(mask.ActiveIndices(), index => (index / layer.KernelArea % layer.Inputs, index / layer.FanIn));

    /// <summary>For every node, the channels that some path from the input leads to.</summary>
    private static Dictionary<string, bool[]> Reached(Network network, Dictionary<string, (int Input, int Output)[]> connections)
    {
        var inputs = new bool[network.Input.Channels];
        Array.Fill(inputs, true);
        var reached = new Dictionary<string, bool[]>(StringComparer.Ordinal) { [Network.InputName] = inputs };
        foreach (var node in network.Nodes)
        {
            var (source, units) = (reached[node.Inputs[0]], new bool[network.ShapeOf(node.Name).Channels]);
            foreach (var (input, output) in connections.TryGetValue(node.Name, out var pairs) ? pairs : PassedOn(network, node))
            {
                units[output] |= source[input];
            }

            reached[node.Name] = units;
        }

        return reached;
    }

    /// <summary>For every node, the channels from which some path leads to the output.</summary>
    private static Dictionary<string, bool[]> Needed(Network network, Dictionary<string, (int Input, int Output)[]> connections)
    {
        var needed = network.Nodes.ToDictionary(node => node.Name, node => new bool[network.ShapeOf(node.Name).Channels], StringComparer.Ordinal);
        needed[Network.InputName] = new bool[network.Input.Channels];
        Array.Fill(needed[network.Nodes[^1].Name], true);
        foreach (var node in network.Nodes.Reverse())
        {
            var (source, units) = (needed[node.Inputs[0]], needed[node.Name]);
            foreach (var (input, output) in connections.TryGetValue(node.Name, out var pairs) ? pairs : PassedOn(network, node))
            {
                source[input] |= units[output];
            }
        }

        return needed;
    }

    /// <summary>Nodes without weights keep their channels; flattening makes one channel of every position.</summary>
    private static (int Input, int Output)[] PassedOn(Network network, Node node)
    {
        var units = network.ShapeOf(node.Name).Channels;
        var repeats = units / network.ShapeOf(node.Inputs[0]).Channels;
        return [.. Enumerable.Range(0, units).Select(unit => (unit / repeats, unit))];
    }
}
