using System.Text.Json.Serialization;

namespace SparseCore.Initialization;

/// <summary>The number of connections a variance is divided by; kernel taps count as connections.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FanMode>))]
public enum FanMode
{
    /// <summary>Connections into a neuron: keeps the variance of activations in the forward pass.</summary>
    FanIn,

    /// <summary>Connections out of an input: keeps the variance of gradients in the backward pass.</summary>
    FanOut,

    /// <summary>Half the sum of both (Glorot's compromise).</summary>
    Average,
}
