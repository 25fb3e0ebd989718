namespace SparseCore.Recipes;

/// <summary>
/// The three initializations that the paper's tables compare, by the names of settings and tables. A recipe draws them with the scale of its preset; any other name is
/// looked up in <see cref="Initialization.Initializers"/>.
/// </summary>
public static class InitializerNames
{
    /// <summary>The dense network's initialization, then masked.</summary>
    public const string Dense = "dense";

    /// <summary>Scaled by each layer's density (Liu et al. 2019).</summary>
    public const string LayerScaled = "layer-scaled";

    /// <summary>Scaled by each neuron's own fan-in (the paper's Eq. 1).</summary>
    public const string NeuronScaled = "neuron-scaled";

    /// <summary>All that a recipe can draw: the paper's three first, then those that a script has registered.</summary>
    public static IReadOnlyList<string> All => Initialization.Initializers.Registry.Names;
}
