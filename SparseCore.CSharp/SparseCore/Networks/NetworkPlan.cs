using System.Text.Json;

namespace SparseCore.Networks;

/// <summary>A network named by what decides it, as it stands in plans.</summary>
/// <param name="Name">A name of <see cref="NetworkFamilies"/>.</param>
/// <param name="Widths">Channels and neurons of the hidden layers.</param>
/// <param name="Input">Shape of one example.</param>
/// <param name="Classes">Number of classes.</param>
public sealed record NetworkPlan(string Name, IReadOnlyList<int> Widths, Shape Input, int Classes)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowDuplicateProperties = false,
        MaxDepth = 16,
    };

    /// <summary>The names of <see cref="NetworkFamilies"/>, in the order of registration.</summary>
    public static IReadOnlyList<string> KnownNames => NetworkFamilies.Registry.Names;

    /// <summary>The network of a training plan, read without the rest of the plan: what the analysis needs of it.</summary>
    /// <param name="planJson">The text of plan.json.</param>
    /// <exception cref="ArgumentException">The text holds no such description.</exception>
    public static NetworkPlan OfPlanJson(string planJson)
    {
        try
        {
            using var document = JsonDocument.Parse(planJson, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return document.RootElement.GetProperty("network").Deserialize<NetworkPlan>(Options) ?? throw new JsonException("The network is null.");
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new ArgumentException($"The plan names no network: expected \"network\" with name, widths, input and classes, found: {error.Message}", error);
        }
    }

    /// <summary>The network's description.</summary>
    /// <exception cref="ArgumentException">The name is unknown, or the widths do not fit the network.</exception>
    public Network Build() => NetworkFamilies.Registry.Find(Name).Build(this);
}
