using SparseCore.Parameters;
using SparseCore.Randomness;

namespace SparseCore.Initialization;

/// <summary>Initial values for a whole network.</summary>
public static class InitialParameters
{
    /// <summary>Weights from the initialiser, each layer from a stream of its own ("init", layer); biases 0.</summary>
    /// <param name="masks">The network and its masks.</param>
    /// <param name="initializer">How weights are drawn.</param>
    /// <param name="seed">Seed of the initialisation.</param>
    public static ParameterBlock Draw(MaskSet masks, IInitializer initializer, ulong seed)
    {
        var parameters = new ParameterBlock(masks.Network);
        for (var layer = 0; layer < masks.Count; layer++)
        {
            initializer.Fill(masks.Network.Layers[layer], masks[layer], new RandomStream(seed, "init", (ulong)layer), parameters.Weights(layer));
        }

        return parameters;
    }
}
