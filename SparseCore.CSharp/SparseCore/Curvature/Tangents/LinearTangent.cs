using SparseCore.Networks;

namespace SparseCore.Curvature.Tangents;

/// <summary>A convolution or fully connected layer: which unit each weight reads at each position, and the weights that are not 0.</summary>
internal sealed class LinearTangent : TangentStep
{
    private readonly Shape input;
    private readonly Shape output;
    private readonly (int Stride, int Padding) window;
    private readonly float[] biases;
    private readonly (int Index, float Value)[][] weights;
    private readonly TermList terms = new();

    /// <summary>Takes the weights that are not 0.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="index">Its place among the layers.</param>
    /// <param name="operation">What the node computes.</param>
    /// <param name="input">Shape of what it reads.</param>
    /// <param name="output">Shape of what it gives.</param>
    /// <param name="values">Its weights. Shape [outputs, inputs, kernel height, kernel width].</param>
    /// <param name="biases">Its biases, or empty.</param>
    public LinearTangent(Layer layer, int index, Operation operation, Shape input, Shape output, ReadOnlySpan<float> values, ReadOnlySpan<float> biases)
    {
        Layer = layer;
        LayerIndex = index;
        this.input = input;
        this.output = output;
        window = operation is Operation.Convolution convolution ? (convolution.Stride, convolution.Padding) : (1, 0);
        this.biases = layer.HasBias ? biases.ToArray() : new float[layer.Outputs];
        weights = new (int, float)[layer.Outputs][];
        for (var channel = 0; channel < layer.Outputs; channel++)
        {
            var kept = new List<(int, float)>();
            for (var weight = channel * layer.FanIn; weight < (channel + 1) * layer.FanIn; weight++)
            {
                if (values[weight] != 0)
                {
                    kept.Add((weight, values[weight]));
                }
            }

            weights[channel] = [.. kept];
        }
    }

    /// <summary>The layer.</summary>
    public Layer Layer { get; }

    /// <summary>Its place among the layers.</summary>
    public int LayerIndex { get; }

    /// <summary>Positions at which a weight is applied.</summary>
    public int Positions => output.Height * output.Width;

    /// <summary>The unit of the source that a weight reads where it is applied to one position, or -1 in the padding.</summary>
    /// <param name="weight">Index in the layer's weights.</param>
    /// <param name="position">Position in the output, row by row.</param>
    public int Read(int weight, int position)
    {
        var inside = weight % Layer.FanIn;
        var (channel, tap) = (inside / Layer.KernelArea, inside % Layer.KernelArea);
        var row = (position / output.Width * window.Stride) + (tap / Layer.KernelWidth) - window.Padding;
        var column = (position % output.Width * window.Stride) + (tap % Layer.KernelWidth) - window.Padding;
        return row >= 0 && row < input.Height && column >= 0 && column < input.Width ? (((channel * input.Height) + row) * input.Width) + column : -1;
    }

    public override void Forward(LaneMap[] values) => Apply(values[Sources[0]], values[Target], terms, withBiases: true);

    public override void Push(LaneMap[] values, LaneMap[] tangents, TermList scratch) => Apply(tangents[Sources[0]], tangents[Target], scratch, withBiases: false);

    public override void Pull(LaneMap[] values, LaneMap[] adjoints)
    {
        var (from, to) = (adjoints[Target], adjoints[Sources[0]]);
        for (var channel = 0; channel < Layer.Outputs; channel++)
        {
            foreach (var (index, value) in weights[channel])
            {
                for (var position = 0; position < Positions; position++)
                {
                    if (Read(index, position) is >= 0 and var unit)
                    {
                        LaneMath.Add(from[(channel * Positions) + position], value, to[unit]);
                    }
                }
            }
        }
    }

    private void Apply(LaneMap source, LaneMap target, TermList scratch, bool withBiases)
    {
        for (var channel = 0; channel < Layer.Outputs; channel++)
        {
            for (var position = 0; position < Positions; position++)
            {
                scratch.Clear();
                foreach (var (index, value) in weights[channel])
                {
                    if (Read(index, position) is >= 0 and var unit && source.IsLive(unit))
                    {
                        scratch.Add(unit, value);
                    }
                }

                if (withBiases || scratch.Units.Length > 0)
                {
                    LaneMath.Combine(source, scratch.Units, scratch.Weights, withBiases ? biases[channel] : 0, target.Revive((channel * Positions) + position));
                }
            }
        }
    }
}
