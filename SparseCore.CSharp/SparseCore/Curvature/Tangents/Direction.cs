namespace SparseCore.Curvature.Tangents;

/// <summary>
/// A way in which a layer's output can change, and the rows whose own change is a multiple of it: a neuron of a fully connected layer, whose weights' rows are its rate
/// of change times the unit each reads; or one weight or bias of a convolution.
/// </summary>
/// <param name="Layer">The layer.</param>
/// <param name="Output">The neuron or output channel.</param>
/// <param name="Weight">For a weight of a convolution its index, else -1.</param>
/// <param name="Rows">Rows of the matrix.</param>
/// <param name="Reads">For each row the unit of the layer's source by which the change is multiplied, or -1 for 1.</param>
internal sealed record Direction(LinearTangent Layer, int Output, int Weight, int[] Rows, int[] Reads)
{
    /// <summary>All directions of a network whose rows are given.</summary>
    /// <param name="network">The network.</param>
    /// <param name="coordinates">The rows.</param>
    public static Direction[] All(TangentNetwork network, Coordinates coordinates)
    {
        var directions = new List<Direction>();
        var row = 0;
        foreach (var layer in network.Layers.Where(layer => coordinates.Holds(layer.LayerIndex)))
        {
            var active = coordinates.Masks[layer.LayerIndex].ActiveIndices();
            var firstBias = row + active.Length;
            var biases = coordinates.HasBiases ? layer.Layer.BiasCount : 0;
            if (layer.Layer.IsConvolution)
            {
                directions.AddRange(active.Select((weight, place) => new Direction(layer, weight / layer.Layer.FanIn, weight, [row + place], [-1])));
                directions.AddRange(Enumerable.Range(0, biases).Select(bias => new Direction(layer, bias, -1, [firstBias + bias], [-1])));
            }
            else
            {
                var place = 0;
                for (var output = 0; output < layer.Layer.Outputs; output++)
                {
                    var (rows, reads) = (new List<int>(), new List<int>());
                    for (; place < active.Length && active[place] / layer.Layer.FanIn == output; place++)
                    {
                        rows.Add(row + place);
                        reads.Add(active[place] % layer.Layer.FanIn);
                    }

                    if (output < biases)
                    {
                        rows.Add(firstBias + output);
                        reads.Add(-1);
                    }

                    if (rows.Count > 0)
                    {
                        directions.Add(new Direction(layer, output, -1, [.. rows], [.. reads]));
                    }
                }
            }

            row = firstBias + biases;
        }

        return [.. directions];
    }

    /// <summary>Sets how fast the layer's output changes.</summary>
    /// <param name="values">Values of all nodes.</param>
    /// <param name="tangents">Of which the layer's is written.</param>
    public void Seed(LaneMap[] values, LaneMap[] tangents)
    {
        var target = tangents[Layer.Target];
        target.Clear();
        for (var position = 0; position < Layer.Positions; position++)
        {
            var unit = (Output * Layer.Positions) + position;
            if (Weight < 0)
            {
                target.Revive(unit).Fill(1);
            }
            else if (Layer.Read(Weight, position) is >= 0 and var read)
            {
                values[Layer.Sources[0]][read].CopyTo(target.Revive(unit));
            }
        }
    }
}
