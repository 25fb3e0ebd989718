using System.Text.Json.Serialization;

namespace SparseCore.Scores;

/// <summary>Which weights compete when a score ranks them.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PruningScope>))]
public enum PruningScope
{
    /// <summary>Within each layer; every layer gets the same sparsity.</summary>
    Layer,

    /// <summary>Over all layers; the network gets the sparsity.</summary>
    Global,
}
