using System.Text.Json;
using System.Text.Json.Serialization;

namespace SparseCore.Plans;

/// <summary>Writes a registered record as an object whose first property, "kind", is its name; reads it by that name.</summary>
internal sealed class PartConverter<TBase>(PartRegistry<TBase> registry) : JsonConverter<TBase>
    where TBase : class
{
    private const string Kind = "kind";

    public override TBase? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var element = JsonSerializer.Deserialize<JsonElement>(ref reader, options);
        if (element.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        var first = element.ValueKind == JsonValueKind.Object ? element.EnumerateObject().FirstOrDefault() : default;
        if (element.ValueKind != JsonValueKind.Object || first.Value.ValueKind != JsonValueKind.String || first.Name != Kind)
        {
            throw new JsonException($"expected an object whose first property is \"{Kind}\", one of {string.Join(", ", registry.Names)}; found {ForeignText.Show(element.GetRawText())}.");
        }

        var type = registry.TypeOf(first.Value.GetString()!);
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (var property in element.EnumerateObject().Skip(1))
            {
                property.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        return (TBase?)JsonSerializer.Deserialize(buffer.ToArray(), type, options);
    }

    public override void Write(Utf8JsonWriter writer, TBase value, JsonSerializerOptions options)
    {
        var name = registry.NameOf(value.GetType()) ?? throw new PlanException(registry.Unregistered(value.GetType()));
        writer.WriteStartObject();
        writer.WriteString(Kind, name);
        foreach (var property in JsonSerializer.SerializeToElement(value, value.GetType(), options).EnumerateObject())
        {
            property.WriteTo(writer);
        }

        writer.WriteEndObject();
    }
}
