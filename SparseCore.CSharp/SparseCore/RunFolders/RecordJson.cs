using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace SparseCore.RunFolders;

/// <summary>How records beside a run are written and read: indented, nothing that is not known, no key twice, nothing missing.</summary>
internal static class RecordJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(), // stated, since programs of one file switch it off
        Converters = { new JsonStringEnumConverter<RunStatus>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
    };

    /// <summary>A record's bytes, with a line feed at the end.</summary>
    public static byte[] ToBytes<T>(T record) => [.. JsonSerializer.SerializeToUtf8Bytes(record, Options), (byte)'\n'];

    /// <summary>The record in a file's bytes.</summary>
    /// <exception cref="JsonException">The bytes are no such record.</exception>
    public static T Parse<T>(ReadOnlySpan<byte> content)
        where T : class => JsonSerializer.Deserialize<T>(content, Options) ?? throw new JsonException("The record is null.");
}
