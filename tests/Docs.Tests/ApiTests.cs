using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.FSharp.Core;

namespace Docs.Tests;

/// <summary>What the packages promise: an approved list of every public type and member, each with a comment.</summary>
public sealed class ApiTests
{
    private static readonly Lazy<IReadOnlyDictionary<string, Library>> Libraries =
        new(() => Docs.Packages.names.Select(name => Docs.Packages.read(name.Item1, name.Item2)).ToDictionary(library => library.Name, StringComparer.Ordinal));

    /// <summary>The packages with an API.</summary>
    public static TheoryData<string> Names => [.. Docs.Packages.names.Select(name => name.Item1)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Public_API_is_the_approved_one(string name)
    {
        var found = string.Join('\n', Api.lines(Libraries.Value[name])) + "\n";
        var path = Path.Combine(Scripting.Paths.root, "tests", "Docs.Tests", "approved", name + ".txt");
        if (Environment.GetEnvironmentVariable("APPROVE_API") == "1")
        {
            File.WriteAllText(path, found);
        }

        var approved = File.ReadAllText(path).Split('\n');
        var now = found.Split('\n');
        Assert.True(approved.SequenceEqual(now),
            $"The public API of {name} is not the approved one.\nNew:\n{string.Join('\n', now.Except(approved))}\nGone:\n{string.Join('\n', approved.Except(now))}\n"
            + "Where that is meant: APPROVE_API=1 dotnet test tests/Docs.Tests --filter ApiTests, and a line in CHANGELOG.md.");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Everything_public_has_a_comment(string name)
    {
        var bare = Api.undocumented(Libraries.Value[name]);
        Assert.True(bare.IsEmpty, $"Without a comment:\n{string.Join('\n', bare)}");
    }

    /// <summary>The compilers' view of a library is compared with the runtime's, so that no type can be missing in the reference without a word.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void No_public_type_is_missing(string name)
    {
        var shown = Libraries.Value[name].Types.Select(type => type.Id[(type.Id.IndexOf(':', StringComparison.Ordinal) + 1)..]).ToHashSet(StringComparer.Ordinal);
        var types = Assembly.LoadFrom(Docs.Packages.path(name)).GetExportedTypes().Where(IsOfTheSources).ToArray();
        Assert.NotEmpty(types);
        var missing = types.Select(type => type.FullName!.Replace('+', '.')).Where(type => !shown.Contains(type)).ToArray();
        Assert.Empty(missing);
    }

    /// <summary>Whether somebody wrote it: not the cases of unions, which are shown as members, nor what a compiler adds.</summary>
    private static bool IsOfTheSources(Type type) =>
        type.GetCustomAttribute<CompilerGeneratedAttribute>() is null
        && !(type.DeclaringType is { } owner && owner.GetCustomAttribute<CompilationMappingAttribute>() is { } mapping
            && (mapping.SourceConstructFlags & SourceConstructFlags.KindMask) == SourceConstructFlags.SumType)
        && !type.FullName!.StartsWith("<StartupCode", StringComparison.Ordinal);
}
