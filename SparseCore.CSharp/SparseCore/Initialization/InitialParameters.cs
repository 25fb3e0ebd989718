using SparseCore.Parameters;
using SparseCore.Randomness;

namespace SparseCore.Initialization;

/// <summary>Initial values for a whole network.</summary>
public static class InitialParameters
{
    /// <summary>Weights from the initializer, each layer from a stream of its own ("init", layer); biases 0; batch normalizations at their initial scale, shift and mean 0, variance 1.</summary>
    /// <param name="masks">The network and its masks.</param>
    /// <param name="initializer">How weights are drawn.</param>
    /// <param name="seed">Seed of the initialization.</param>
    public static ParameterBlock Draw(MaskSet masks, IInitializer initializer, ulong seed)
    {
        var parameters = new ParameterBlock(masks.Network);
        for (var layer = 0; layer < masks.Count; layer++)
        {
            initializer.Fill(masks.Network.Layers[layer], masks[layer], new RandomStream(seed, "init", (ulong)layer), parameters.Weights(layer));
        }

        for (var norm = 0; norm < masks.Network.Norms.Count; norm++)
        {
            parameters.Scales(norm).Fill((float)masks.Network.Norms[norm].InitialScale);
            parameters.Variances(norm).Fill(1f);
        }

        return parameters;
    }
}
