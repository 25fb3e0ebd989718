using System.Text.Json.Serialization;

namespace SparseCore.Initialization;

/// <summary>The form of the distribution weights are drawn from. All have mean 0 and exactly the variance that the initializer asks for.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Distribution>))]
public enum Distribution
{
    /// <summary>Normal.</summary>
    Normal,

    /// <summary>Normal, redrawn beyond two deviations, then widened by 1 / 0.87962566103423978 to restore the variance (as TensorFlow's variance scaling does).</summary>
    TruncatedNormal,

    /// <summary>Uniform between plus and minus sqrt(3 variance).</summary>
    Uniform,
}
