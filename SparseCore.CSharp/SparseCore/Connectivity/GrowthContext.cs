using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Randomness;

namespace SparseCore.Connectivity;

/// <summary>What a growth score may look at.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Masks">The masks before the update.</param>
/// <param name="Parameters">Current parameters; 0 outside the masks.</param>
/// <param name="Signal">
/// The dense gradient of cross-entropy plus L2, or its exponential mean, as <see cref="IGrowthScore.Signal"/> asked; zeros for <see cref="GrowthSignal.None"/>.
/// </param>
/// <param name="Seed">The plan's seed for scores that draw.</param>
public sealed record GrowthContext(int Step, MaskSet Masks, ParameterBlock Parameters, ParameterBlock Signal, ulong Seed)
{
    /// <summary>The network.</summary>
    public Network Network => Masks.Network;

    /// <summary>For every weight of a layer, the active inputs of the neuron it leads to, before the update. Shape [weights of the layer].</summary>
    public int[] FanIns(int layer)
    {
        var inputs = Network.Layers[layer].FanIn;
        var counts = new int[Network.Layers[layer].Outputs];
        foreach (var index in Masks[layer].ActiveIndices())
        {
            counts[index / inputs]++;
        }

        var fanIns = new int[Network.Layers[layer].WeightCount];
        for (var index = 0; index < fanIns.Length; index++)
        {
            fanIns[index] = counts[index / inputs];
        }

        return fanIns;
    }

    /// <summary>Random numbers of one layer in this update: a function of seed, step and layer alone.</summary>
    public RandomStream Random(int layer) => new(Seed, "grow", ((ulong)(uint)Step << 16) | (uint)layer);
}
