namespace SparseCore.Initialization;

/// <summary>The initializers that plans can hold. A script adds its own: <c>Initializers.Registry.Add("mine", () => new MyInitializer())</c>.</summary>
public static class Initializers
{
    /// <summary>All of them.</summary>
    public static PartRegistry<IInitializer> Registry { get; } =
        new PartRegistry<IInitializer>("initializer", "initializers", "Initializers.Registry.Add(name, usual)")
            .Add("dense", () => DenseInitializer.GlorotUniform)
            .Add("layer-scaled", () => LayerScaledInitializer.HeTruncatedNormal)
            .Add("neuron-scaled", () => NeuronScaledInitializer.Paper);
}
