using System.Text.Json;

namespace SparseCore.Networks;

/// <summary>A network named by what decides it, as it stands in plans.</summary>
/// <param name="Name">One of <see cref="KnownNames"/>.</param>
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

    /// <summary>The names <see cref="Build"/> knows.</summary>
    public static IReadOnlyList<string> KnownNames { get; } =
        ["lenet5", "lenet300", "vgg16", "vgg16-bn", "vgg16-classic", "vgg16-classic-bn", "resnet50", "resnet50-small"];

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
    public Network Build() => Name switch
    {
        "lenet5" => LeNet5.Create(Widths, Input, Classes),
        "lenet300" => LeNet300.Create(Widths, Input, Classes),
        "vgg16" => Vgg16.Create(Widths, Input, Classes, batchNorm: false),
        "vgg16-bn" => Vgg16.Create(Widths, Input, Classes, batchNorm: true),
        "vgg16-classic" => Vgg16.CreateClassic(Widths, Input, Classes, batchNorm: false),
        "vgg16-classic-bn" => Vgg16.CreateClassic(Widths, Input, Classes, batchNorm: true),
        "resnet50" => ResNet50.Create(Widths, Input, Classes, smallImages: false),
        "resnet50-small" => ResNet50.Create(Widths, Input, Classes, smallImages: true),
        _ => throw new ArgumentException($"Unknown network '{Name}'. Known networks: {string.Join(", ", KnownNames)}."),
    };
}
