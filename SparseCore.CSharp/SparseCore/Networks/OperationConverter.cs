using System.Text.Json;
using System.Text.Json.Serialization;

namespace SparseCore.Networks;

/// <summary>An operation in JSON: an object whose "kind" says which, and the numbers that this kind has.</summary>
internal sealed class OperationConverter : JsonConverter<Operation>
{
    private static readonly Dictionary<string, Type> Types = new Operation[]
    {
        new Operation.Convolution(1, 1, 1), new Operation.FullyConnected(1), new Operation.Relu(), new Operation.MaxPool(1, 1),
        new Operation.GlobalAveragePool(), new Operation.Add(), new Operation.BatchNorm(), new Operation.Flatten(),
    }.ToDictionary(operation => operation.Kind, operation => operation.GetType(), StringComparer.Ordinal);

    public override Operation? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var kind = Kind(reader);
        return Types.TryGetValue(kind, out var type)
            ? (Operation?)JsonSerializer.Deserialize(ref reader, type, options)
            : throw new JsonException($"Unknown operation '{ForeignText.Show(kind)}'. Known operations: {string.Join(", ", Types.Keys)}.");
    }

    public override void Write(Utf8JsonWriter writer, Operation value, JsonSerializerOptions options) => JsonSerializer.Serialize(writer, value, value.GetType(), options);

    /// <summary>The kind, from a copy of the reader: the object is read from its beginning afterwards.</summary>
    private static string Kind(Utf8JsonReader reader)
    {
        while (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.PropertyName && reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isKind = reader.ValueTextEquals("kind"u8);
            reader.Read();
            if (isKind && reader.TokenType == JsonTokenType.String)
            {
                return reader.GetString()!;
            }

            reader.Skip();
        }

        throw new JsonException($"An operation needs a kind, one of {string.Join(", ", Types.Keys)}.");
    }
}
