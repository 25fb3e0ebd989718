using System.Runtime.InteropServices;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Checkpoints;

/// <summary>
/// A moment of a run: all that is needed to go on from it with the same bits. It holds nothing that differs between two equal runs.
/// The arrays are not copied.
/// </summary>
public sealed record Checkpoint
{
    /// <summary>Collects the state and checks that weights and momentum are exactly 0 wherever the mask is 0.</summary>
    /// <param name="step">Training steps done.</param>
    /// <param name="planHash">Hash of the run's plan, hexadecimal.</param>
    /// <param name="parents">Checkpoints of other runs this one derives from, in the plan's order.</param>
    /// <param name="masks">Which weights exist.</param>
    /// <param name="parameters">Weights and biases.</param>
    /// <param name="momentum">Momentum of weights and biases.</param>
    /// <param name="metricsLength">Length of the run's flushed metrics file, in bytes; a resumed run truncates the file to it.</param>
    /// <exception cref="ArgumentException">The parts belong to networks of different layout, or a masked value is not +0.</exception>
    public Checkpoint(
        int step,
        string planHash,
        IReadOnlyList<ParentReference> parents,
        MaskSet masks,
        ParameterBlock parameters,
        ParameterBlock momentum,
        long metricsLength)
    {
        if (step < 0 || metricsLength < 0)
        {
            throw new ArgumentException($"A checkpoint's step and metrics length are 0 or more; found {step} and {metricsLength}.");
        }

        RequireZerosOutside(masks, parameters, "weight", step);
        RequireZerosOutside(masks, momentum, "momentum", step);
        Step = step;
        PlanHash = planHash;
        Parents = parents;
        Masks = masks;
        Parameters = parameters;
        Momentum = momentum;
        MetricsLength = metricsLength;
    }

    /// <summary>The network the values belong to.</summary>
    public Network Network => Masks.Network;

    /// <summary>Training steps done.</summary>
    public int Step { get; }

    /// <summary>Hash of the run's plan.</summary>
    public string PlanHash { get; }

    /// <summary>Checkpoints of other runs this one derives from, in the plan's order.</summary>
    public IReadOnlyList<ParentReference> Parents { get; }

    /// <summary>Which weights exist.</summary>
    public MaskSet Masks { get; }

    /// <summary>Weights and biases; exactly 0 outside the masks.</summary>
    public ParameterBlock Parameters { get; }

    /// <summary>Momentum; exactly 0 outside the masks.</summary>
    public ParameterBlock Momentum { get; }

    /// <summary>Length of the run's metrics file at this moment, in bytes.</summary>
    public long MetricsLength { get; }

    /// <summary>Weights that were active at any time of the run, where the run keeps track of them.</summary>
    public MaskSet? Explored { get; init; }

    /// <summary>What a run that was stopped between two steps that its plan saves has not written elsewhere; null of all other checkpoints.</summary>
    public StoppedRun? Stopped { get; init; }

    /// <summary>Further state of the run by name, dense, for example "growth-momentum".</summary>
    public IReadOnlyDictionary<string, ParameterBlock> State { get; init; } = new Dictionary<string, ParameterBlock>();

    /// <summary>Content hash of the file this checkpoint was read from; null when it was not read from a file.</summary>
    public string? ContentHash { get; init; }

    private static void RequireZerosOutside(MaskSet masks, ParameterBlock block, string what, int step)
    {
        var network = masks.Network;
        if (!network.Layers.SequenceEqual(block.Network.Layers) || !network.Norms.SequenceEqual(block.Network.Norms))
        {
            throw new ArgumentException($"The masks belong to network '{network.Name}', the {what} block to '{block.Network.Name}'; their layers must be equal.");
        }

        for (var layer = 0; layer < network.Layers.Count; layer++)
        {
            var mask = masks[layer];
            var values = block.Weights(layer);
            for (var first = mask.NextInactive(0); first < values.Length;)
            {
                var end = mask.NextActive(first);
                var place = MemoryMarshal.Cast<float, int>(values[first..end]).IndexOfAnyExcept(0);
                if (place >= 0)
                {
                    throw new ArgumentException(
                        $"Step {step}: layer '{network.Layers[layer].Name}': {what} {first + place} is masked: expected 0, found {values[first + place]:R}.");
                }

                first = mask.NextInactive(end);
            }
        }
    }
}
