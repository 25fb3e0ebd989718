using System.Text.Json;
using System.Text.Json.Serialization;

namespace SparseCore.Networks;

/// <summary>
/// A network by what decides it, as it stands in plans: the name of a family with its settings, or a whole graph of operations, which can be built where nobody
/// knows the name.
/// </summary>
/// <param name="Name">A name of <see cref="NetworkFamilies"/>; with a <see cref="Graph"/> any readable name of letters, digits, dots and dashes.</param>
/// <param name="Widths">Channels and neurons of the hidden layers; empty with a graph.</param>
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
        TypeInfoResolver = new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver(),
    };

    /// <summary>The names of <see cref="NetworkFamilies"/>, in the order of registration.</summary>
    public static IReadOnlyList<string> KnownNames => NetworkFamilies.Registry.Names;

    /// <summary>Layers of the network, where the family has networks of several depths; null, which is not written, elsewhere.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Depth { get; init; }

    /// <summary>Factor of the widths, where the family has one (wide residual networks); null, which is not written, elsewhere.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Widening { get; init; }

    /// <summary>All nodes of a network that is no family's, in execution order; null, which is not written, for a family's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<Node>? Graph { get; init; }

    /// <summary>The plan of a network by its graph: a run of it can be opened without whatever described it.</summary>
    /// <exception cref="ArgumentException">Its name is not fit for plans, it has no weights, or its output is no vector of classes.</exception>
    public static NetworkPlan Of(Network network)
    {
        var plan = new NetworkPlan(network.Name, [], network.Input, network.Output.Channels) { Graph = network.Nodes };
        plan.RequireGraph(network);
        return plan;
    }

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
            throw new ArgumentException($"The plan names no network: expected \"network\" with name, widths, input and classes, found: {ForeignText.OneLine(error.Message)}", error);
        }
    }

    /// <summary>The network's description.</summary>
    /// <exception cref="ArgumentException">The name is unknown, a setting does not fit the network, or the graph cannot be built; the message says which.</exception>
    public Network Build()
    {
        if (Graph is not null)
        {
            var described = new Network(RequireName(), Input, Graph);
            RequireGraph(described);
            return described;
        }

        var family = NetworkFamilies.Registry.Find(Name);
        RequireSetting("depth", Depth, family.HasDepth);
        RequireSetting("widening", Widening, family.HasWidening);
        var network = family.Build(this);
        return network.Input == Input && network.Output == Shape.Vector(Classes)
            ? network
            : throw new ArgumentException(
                $"The network '{Name}' was to be built for examples {Input} and {Classes} classes; its family built one from {network.Input} to {network.Output}. Correct the family.");
    }

    private string RequireName() => Name.Length is > 0 and <= 100 && Name[0] != '.' && Name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.')
        ? Name
        : throw new ArgumentException($"A network that is described by its graph needs a name of letters, digits, dots and dashes, found '{ForeignText.Show(Name)}'.");

    private void RequireGraph(Network network)
    {
        RequireName();
        if (Widths.Count > 0 || Depth is not null || Widening is not null)
        {
            throw new ArgumentException($"Network '{Name}' is described by its graph, which decides its widths; leave widths empty, and depth and widening out.");
        }

        if (network.Layers.Count == 0)
        {
            throw new ArgumentException($"Network '{Name}' has no weights to train; it needs a convolution or a fully connected layer.");
        }

        if (network.Output != Shape.Vector(Classes))
        {
            throw new ArgumentException($"Network '{Name}' needs an output of {Classes} classes, [{Classes}]; its last node '{network.Nodes[^1].Name}' gives {network.Output}.");
        }
    }

    private void RequireSetting(string setting, int? value, bool isExpected)
    {
        if (isExpected && value is null or < 1)
        {
            throw new ArgumentException($"Network '{Name}' needs a {setting} of 1 or more, found {value?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none"}.");
        }

        if (!isExpected && value is not null)
        {
            throw new ArgumentException($"Network '{Name}' has no {setting} to choose, found {value}. Leave it out.");
        }
    }
}
