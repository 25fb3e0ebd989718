using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Training;

/// <summary>Everything that training carries from one step to the next. Weights and momentum are exactly 0 wherever the mask is 0.</summary>
public sealed class TrainingState
{
    /// <summary>A state at step 0 with zero momentum; weights outside the masks are set to 0.</summary>
    public TrainingState(MaskSet masks, ParameterBlock parameters)
    {
        Masks = masks;
        Parameters = parameters;
        Parameters.Apply(masks);
        Momentum = new ParameterBlock(masks.Network);
        Explored = masks;
    }

    /// <summary>The network.</summary>
    public Network Network => Masks.Network;

    /// <summary>Number of steps done.</summary>
    public int Step { get; set; }

    /// <summary>Which weights exist.</summary>
    public MaskSet Masks { get; set; }

    /// <summary>Weights and biases.</summary>
    public ParameterBlock Parameters { get; }

    /// <summary>The optimizer's momentum.</summary>
    public ParameterBlock Momentum { get; }

    /// <summary>Weights that were active at any time so far (Liu et al. 2021, in-time over-parameterization).</summary>
    public MaskSet Explored { get; set; }

    /// <summary>What is remembered besides, by name: the mean of the dense gradient where updates ask for it, and whatever a mask updater keeps.</summary>
    public SortedDictionary<string, ParameterBlock> Memory { get; } = new(StringComparer.Ordinal);
}
