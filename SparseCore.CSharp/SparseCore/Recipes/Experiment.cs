using SparseCore.Connectivity;
using SparseCore.Data;
using SparseCore.Networks;

namespace SparseCore.Recipes;

/// <summary>
/// What a researcher asks for: data, a network, and whatever is to differ from what is usual for that network. Everything left null has the default that lives with
/// the network's name, see <see cref="NetworkDefaults"/>.
/// </summary>
public sealed record Experiment
{
    /// <summary>An experiment on a network of a registered family.</summary>
    public Experiment(DataSplit data, string network) => (Data, Network) = (data, network);

    /// <summary>An experiment on a network as it is described, for example by a script: a plan that holds a graph.</summary>
    public Experiment(DataSplit data, NetworkPlan network) => (Data, Network, Description) = (data, network.Name, network);

    /// <summary>The data.</summary>
    public DataSplit Data { get; }

    /// <summary>Name of the network.</summary>
    public string Network { get; }

    /// <summary>The network's whole description, where it is not to be made from its family's defaults.</summary>
    public NetworkPlan? Description { get; }

    /// <summary>Hidden widths.</summary>
    public IReadOnlyList<int>? Widths { get; init; }

    /// <summary>Layers, where the family has networks of several depths.</summary>
    public int? Depth { get; init; }

    /// <summary>Factor of the widths, where the family has one.</summary>
    public int? Widening { get; init; }

    /// <summary>Fraction of zeros of sparse networks, in [0, 1).</summary>
    public double? Sparsity { get; init; }

    /// <summary>Length of every run.</summary>
    public int? Steps { get; init; }

    /// <summary>Step K of the dense run whose weights tickets get.</summary>
    public int? RewindStep { get; init; }

    /// <summary>Which side is followed where the paper and its code disagree.</summary>
    public Preset Preset { get; init; } = Preset.Paper;

    /// <summary>Learning rate at step 0, or after the warm-up.</summary>
    public double? LearningRate { get; init; }

    /// <summary>Coefficient c of c * sum(w^2).</summary>
    public double? L2 { get; init; }

    /// <summary>Examples in a step.</summary>
    public int? BatchSize { get; init; }

    /// <summary>How sparsity is shared among layers, by the names of <see cref="SparseCore.Allocation.Allocations"/>.</summary>
    public string? Allocation { get; init; }

    /// <summary>Whether the first layer keeps all its weights.</summary>
    public bool? FirstLayerDense { get; init; }

    /// <summary>Steps between mask updates. A shorter run takes a shorter interval by default, as it would otherwise end before anything changes.</summary>
    public int? UpdateInterval { get; init; }

    /// <summary>What becomes of a weight that a mask update drops and grows again at once.</summary>
    public Regrowth Regrown { get; init; } = Regrowth.Keep;

    /// <summary>The arithmetic of the engine that is to train, see <see cref="Engine.EngineIdentity.Numerics"/>.</summary>
    public string? Numerics { get; init; }

    /// <summary>The network: its description, or that of its family with what is given here.</summary>
    /// <exception cref="Plans.PlanException">The family has no such setting.</exception>
    internal NetworkPlan Describe()
    {
        try
        {
            return Description ?? NetworkFamilies.Plan(Network, Data.Train.Shape, Data.Train.Classes, Widths, Depth, Widening);
        }
        catch (ArgumentException error)
        {
            throw new Plans.PlanException(ErrorText.Of(error), error);
        }
    }

    /// <summary>The settings of all runs of the experiment.</summary>
    /// <exception cref="Plans.PlanException">The network is unknown, or has no such setting.</exception>
    public RecipeSettings Settings()
    {
        var defaults = NetworkDefaults.Of(this);
        return Preset == Preset.Paper || defaults.HasPaperCode
            ? defaults.Settings(this)
            : throw new Plans.PlanException($"The preset paper-code follows the paper's MNIST code; for '{Network}' use the preset paper.");
    }
}
