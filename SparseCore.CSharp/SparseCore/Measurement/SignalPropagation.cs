using SparseCore.Engine;
using SparseCore.Parameters;

namespace SparseCore.Measurement;

/// <summary>How a signal survives the way through a network at initialization (the paper's Figure 1c).</summary>
public static class SignalPropagation
{
    /// <summary>
    /// Standard deviation (population) of the last layer's outputs over examples and units together, for examples of independent standard normals.
    /// Batch normalizations take their running statistics, which before training leave the signal as it is (times their scale).
    /// </summary>
    /// <param name="masks">The network and its masks.</param>
    /// <param name="parameters">Initial values.</param>
    /// <param name="engines">Makes engines.</param>
    /// <param name="examples">Number of examples, 1 or more.</param>
    /// <param name="reluAfterLast">Whether a ReLU follows the last layer, as in the paper's code; the caption says pre-softmax output.</param>
    /// <param name="seed">Seed of the examples.</param>
    public static double OutputDeviation(MaskSet masks, ParameterBlock parameters, IEngineFactory engines, int examples, bool reluAfterLast, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(examples, 1);
        using var engine = engines.Create(masks.Network, masks, Math.Min(examples, 128));
        engine.Load(parameters);
        var outputs = new float[examples * masks.Network.Output.Count];
        engine.Logits(new NormalDataset(masks.Network.Input, masks.Network.Output.Count, examples, seed), 0, examples, outputs);

        var (sum, squares) = (0.0, 0.0);
        foreach (var output in outputs)
        {
            var value = reluAfterLast ? Math.Max(0.0, output) : output;
            sum += value;
            squares += value * value;
        }

        var mean = sum / outputs.Length;
        return Math.Sqrt(Math.Max(0, (squares / outputs.Length) - (mean * mean)));
    }
}
