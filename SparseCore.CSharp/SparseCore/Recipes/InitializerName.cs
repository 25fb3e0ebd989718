namespace SparseCore.Recipes;

/// <summary>The three initialisations that the paper's tables compare.</summary>
public enum InitializerName
{
    /// <summary>The dense network's initialisation, Glorot uniform, then masked.</summary>
    Dense,

    /// <summary>Scaled by each layer's density (Liu et al. 2019).</summary>
    LayerScaled,

    /// <summary>Scaled by each neuron's own fan-in (the paper's Eq. 1).</summary>
    NeuronScaled,
}
