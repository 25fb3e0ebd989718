using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Measurement;

/// <summary>
/// What masks leave of a network's paths. A path leads from the input through active weights to the output; neurons of a convolution are its channels, so
/// that one active tap connects two channels wherever it lies. Through a sum a path comes from either side.
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
        var layers = network.Layers.Select((layer, index) => (layer.Name, Index: index)).ToDictionary(pair => pair.Name, pair => pair.Index, StringComparer.Ordinal);
        var taps = network.Layers.Select((layer, index) => Taps(layer, masks[index])).ToArray();
        var reached = Reached(network, layers, taps);
        var needed = Needed(network, layers, taps);

        var effective = new int[masks.Count];
        var dead = new int[masks.Count];
        foreach (var node in network.Nodes)
        {
            if (!layers.TryGetValue(node.Name, out var layer))
            {
                continue;
            }

            var (source, outputs, inputs) = (reached[node.Inputs[0]], network.Layers[layer].Outputs, network.Layers[layer].Inputs);
            for (var output = 0; output < outputs; output++)
            {
                if (!needed[node.Name][output])
                {
                    continue;
                }

                var row = taps[layer].AsSpan(output * inputs, inputs);
                for (var input = 0; input < row.Length; input++)
                {
                    effective[layer] += source[input] ? row[input] : 0;
                }
            }

            dead[layer] = reached[node.Name].Zip(needed[node.Name]).Count(unit => !(unit.First && unit.Second));
        }

        return new ConnectivityHealth(effective, dead, Cut(network, layers, reached));
    }

    /// <summary>The first layer after the last node that something reaches; a residual network goes on past a block that is cut.</summary>
    private static string? Cut(Network network, Dictionary<string, int> layers, Dictionary<string, bool[]> reached)
    {
        string? cut = null;
        foreach (var node in network.Nodes)
        {
            cut = reached[node.Name].Contains(true) ? null : cut ?? (layers.ContainsKey(node.Name) ? node.Name : null);
        }

        return cut;
    }

    /// <summary>Active taps between every output and input channel. Shape [outputs, inputs].</summary>
    private static ushort[] Taps(Layer layer, Mask mask)
    {
        var taps = new ushort[layer.Outputs * layer.Inputs];
        if (mask.ActiveCount == mask.Length)
        {
            Array.Fill(taps, checked((ushort)layer.KernelArea));
            return taps;
        }

        foreach (var index in mask.ActiveIndices())
        {
            taps[index / layer.KernelArea]++;
        }

        return taps;
    }

    /// <summary>For every node, the channels that some path from the input leads to.</summary>
    private static Dictionary<string, bool[]> Reached(Network network, Dictionary<string, int> layers, ushort[][] taps)
    {
        var inputs = new bool[network.Input.Channels];
        Array.Fill(inputs, true);
        var reached = new Dictionary<string, bool[]>(StringComparer.Ordinal) { [Network.InputName] = inputs };
        foreach (var node in network.Nodes)
        {
            var units = new bool[network.ShapeOf(node.Name).Channels];
            foreach (var read in node.Inputs)
            {
                var source = reached[read];
                if (node.Operation.Connections == ChannelConnections.Weights)
                {
                    var weights = taps[layers[node.Name]];
                    for (var output = 0; output < units.Length; output++)
                    {
                        units[output] |= Leads(weights.AsSpan(output * source.Length, source.Length), source);
                    }
                }
                else
                {
                    var repeats = Repeats(node, units, source);
                    for (var unit = 0; unit < units.Length; unit++)
                    {
                        units[unit] |= source[unit / repeats];
                    }
                }
            }

            reached[node.Name] = units;
        }

        return reached;
    }

    /// <summary>For every node, the channels from which some path leads to the output.</summary>
    private static Dictionary<string, bool[]> Needed(Network network, Dictionary<string, int> layers, ushort[][] taps)
    {
        var needed = network.Nodes.ToDictionary(node => node.Name, node => new bool[network.ShapeOf(node.Name).Channels], StringComparer.Ordinal);
        needed[Network.InputName] = new bool[network.Input.Channels];
        Array.Fill(needed[network.Nodes[^1].Name], true);
        foreach (var node in network.Nodes.Reverse())
        {
            var units = needed[node.Name];
            foreach (var read in node.Inputs)
            {
                var source = needed[read];
                var weights = node.Operation.Connections == ChannelConnections.Weights ? taps[layers[node.Name]] : null;
                var repeats = weights is null ? Repeats(node, units, source) : 0;
                for (var unit = 0; unit < units.Length; unit++)
                {
                    if (!units[unit])
                    {
                        continue;
                    }

                    if (weights is not null)
                    {
                        MarkSources(weights.AsSpan(unit * source.Length, source.Length), source);
                    }
                    else
                    {
                        source[unit / repeats] = true;
                    }
                }
            }
        }

        return needed;
    }

    /// <summary>Neighboring channels of the output that come from one channel of an input.</summary>
    private static int Repeats(Node node, bool[] outputs, bool[] inputs) => node.Operation.Connections switch
    {
        ChannelConnections.SameChannel => 1,
        ChannelConnections.Positions => outputs.Length / inputs.Length,
        var other => throw new ArgumentException($"The paths through node '{node.Name}' are not known: {node.Operation.Kind} connects its channels in the way {other}."),
    };

    private static bool Leads(ReadOnlySpan<ushort> row, bool[] source)
    {
        for (var input = 0; input < row.Length; input++)
        {
            if (row[input] > 0 && source[input])
            {
                return true;
            }
        }

        return false;
    }

    private static void MarkSources(ReadOnlySpan<ushort> row, bool[] source)
    {
        for (var input = 0; input < row.Length; input++)
        {
            source[input] |= row[input] > 0;
        }
    }
}
