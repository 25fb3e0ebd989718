using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using SparseCore.Allocation;
using SparseCore.Connectivity;
using SparseCore.Initialization;
using SparseCore.Schedules;
using SparseCore.Scores;

namespace SparseCore.Plans;

/// <summary>How plans are written and read: fixed order, indentation and number format, nothing that is not known, no key twice.</summary>
internal static class PlanJson
{
    private static readonly Type[] PartTypes =
        [typeof(IAllocation), typeof(IInitializer), typeof(IPruningScore), typeof(IMaskUpdater), typeof(LearningRateSchedule), typeof(DropFractionSchedule)];

    /// <summary>The options of all plans. Registered kinds are looked up when they are met.</summary>
    public static JsonSerializerOptions Options { get; } = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowDuplicateProperties = false,
        MaxDepth = 16,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { LeaveOutWhatFollows } },
        Converters =
        {
            new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false),
            new PartConverter<IAllocation>(Allocations.Registry),
            new PartConverter<IInitializer>(Initializers.Registry),
            new PartConverter<IPruningScore>(PruningScores.Registry),
            new PartConverter<IMaskUpdater>(MaskUpdaters.Registry),
            new PartConverter<LearningRateSchedule>(LearningRates.Registry),
            new PartConverter<DropFractionSchedule>(DropFractions.Registry),
        },
    };

    /// <summary>Of registered records a plan holds what their constructor takes and what can be set besides; everything else follows from that.</summary>
    private static void LeaveOutWhatFollows(JsonTypeInfo info)
    {
        if (info.Kind != JsonTypeInfoKind.Object || !PartTypes.Any(part => part.IsAssignableFrom(info.Type)))
        {
            return;
        }

        var parameters = info.Type.GetConstructors().SelectMany(constructor => constructor.GetParameters()).Select(parameter => parameter.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        for (var index = info.Properties.Count - 1; index >= 0; index--)
        {
            var property = info.Properties[index];
            if (property.Set is null && property.AttributeProvider is MemberInfo member && !parameters.Contains(member.Name))
            {
                info.Properties.RemoveAt(index);
            }
        }
    }
}
