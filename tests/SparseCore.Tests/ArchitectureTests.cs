using System.Text.RegularExpressions;

namespace SparseCore.Tests;

/// <summary>
/// The rooms of the core, in layers: a room may use those above it in the table and none beside or below. Between assemblies the compiler holds the walls; inside
/// SparseCore this test does, by the namespaces that a room's sources name.
/// </summary>
public partial class ArchitectureTests
{
    /// <summary>The same table as in ARCHITECTURE.md.</summary>
    private static readonly string[][] Layers =
    [
        ["Numerics"],
        ["Randomness"],
        ["Networks"],
        ["Parameters", "Data"],
        ["Initialization", "Allocation", "Schedules", "Engine", "Reference"],
        ["Scores", "Connectivity", "Measurement", "Curvature"],
        ["Plans"],
        ["Checkpoints"],
        ["RunFolders"],
        ["Training"],
        ["Verification", "Recipes"],
    ];

    public static TheoryData<string> Rooms => [.. Layers.SelectMany(layer => layer)];

    private static string Core => Path.Combine(Data.Samples.Repository, "SparseCore.CSharp", "SparseCore");

    [Fact]
    public void Every_room_has_its_place() =>
        Assert.Equal(
            Layers.SelectMany(layer => layer).Order(),
            Directory.GetDirectories(Core).Select(Path.GetFileName).Where(name => name is not ("bin" or "obj")).Order());

    [Theory]
    [MemberData(nameof(Rooms))]
    public void A_room_uses_only_rooms_of_earlier_layers(string room)
    {
        var place = Array.FindIndex(Layers, layer => layer.Contains(room));
        var allowed = Layers.Take(place).SelectMany(layer => layer).Append(room).ToHashSet();
        foreach (var file in Directory.GetFiles(Path.Combine(Core, room), "*.cs", SearchOption.AllDirectories))
        {
            var strangers = Used(File.ReadAllText(file)).Where(used => !allowed.Contains(used)).ToArray();
            Assert.True(strangers.Length == 0, $"{Path.GetRelativePath(Core, file)} uses {string.Join(", ", strangers)}: a room may use only rooms of earlier layers.");
        }
    }

    [Fact]
    public void Kernels_know_nothing_of_the_contract_or_of_networks()
    {
        var folder = Path.Combine(Data.Samples.Repository, "SparseCore.CSharp", "SparseCore.Cpu", "Kernels");
        foreach (var file in Directory.GetFiles(folder, "*.cs", SearchOption.AllDirectories))
        {
            Assert.DoesNotMatch(@"\bSparseCore\.(Engine|Networks|Data|Parameters)\b", File.ReadAllText(file));
        }
    }

    [Fact]
    public void Programs_choose_their_engine_in_one_place()
    {
        string[] folders = ["SparseCore.CSharp/SparseCore", "Analysis.FSharp", "scripts"];
        var places = folders
            .SelectMany(folder => Directory.GetFiles(Path.Combine(Data.Samples.Repository, folder), "*.*", SearchOption.AllDirectories))
            .Where(file => Path.GetExtension(file) is ".cs" or ".fs" or ".fsx" && EngineNames().IsMatch(File.ReadAllText(file)))
            .Select(file => Path.GetRelativePath(Path.Combine(Data.Samples.Repository, "scripts"), file));

        // The example is a program of its own, which has no settings.
        Assert.Equal(["examples/program/Program.cs", "support/Engines.fs"], places.Order(StringComparer.Ordinal));
    }

    /// <summary>Rooms named in usings and in qualified names; documentation may refer to anything.</summary>
    private static IEnumerable<string> Used(string source)
    {
        var code = string.Join('\n', source.Split('\n').Where(line => !line.TrimStart().StartsWith("///", StringComparison.Ordinal)));
        return RoomNames().Matches(code).Select(match => match.Groups[1].Value).Where(name => Directory.Exists(Path.Combine(Core, name))).Distinct();
    }

    [GeneratedRegex(@"CpuEngine|TorchEngine|SparseCore\.Torch|TorchSharp")]
    private static partial Regex EngineNames();

    [GeneratedRegex(@"\bSparseCore\.([A-Z]\w*)")]
    private static partial Regex RoomNames();
}
