using System.Globalization;

namespace Docs.Tests;

/// <summary>
/// The packages of this repository in a feed of their own, and the tool installed from it, in a folder outside of the repository: what somebody has who never
/// cloned it. Other packages come from the repository's cache, where they were restored for the build.
/// </summary>
public sealed class InstalledPackages : IAsyncLifetime
{
    private readonly string root = Directory.CreateTempSubdirectory("sparsecore-user-").FullName;

    /// <summary>The version that is in Directory.Build.props.</summary>
    public static string Version { get; } = typeof(InstalledPackages).Assembly.GetName().Version!.ToString(3);

    /// <summary>The folder with the packages.</summary>
    public string Feed => Path.Combine(root, "feed");

    /// <summary>The tool's command.</summary>
    public string Tool => Path.Combine(root, "bin", "sparsecore");

    /// <summary>The tool's command is on the path, and a package is never taken from an earlier run.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["PATH"] = Path.Combine(root, "bin") + Path.PathSeparator + System.Environment.GetEnvironmentVariable("PATH"),
        ["NUGET_PACKAGES"] = Path.Combine(root, "packages"),
        ["NUGET_FALLBACK_PACKAGES"] = Path.Combine(Scripting.Paths.root, "artifacts", "packages"),
        ["DOTNET_CLI_HOME"] = Path.Combine(root, "home"),
    };

    /// <summary>An empty folder.</summary>
    public string NewFolder(string name) => Directory.CreateDirectory(Path.Combine(root, name)).FullName;

    /// <summary>Packs the whole solution, as it was built, into a folder.</summary>
    public static async Task PackAsync(string feed) => await RequireAsync("dotnet",
        ["pack", "Toolkit.sln", "-c", "Release", "--no-build", "-nologo", "-v:quiet", $"-p:PackageOutputPath={feed}"], Scripting.Paths.root, null);

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        await PackAsync(Feed);
        await File.WriteAllTextAsync(Path.Combine(root, "nuget.config"), string.Create(CultureInfo.InvariantCulture,
            $"""<configuration><packageSources><add key="feed" value="{Feed}" /></packageSources></configuration>"""));
        await RequireAsync("dotnet", ["tool", "install", "SparseCore.Tool", "--version", Version, "--tool-path", Path.Combine(root, "bin")], root, Environment);
    }

    /// <inheritdoc/>
    public Task DisposeAsync()
    {
        Directory.Delete(root, true);
        return Task.CompletedTask;
    }

    private static async Task RequireAsync(string program, string[] arguments, string folder, IReadOnlyDictionary<string, string>? environment)
    {
        var (code, output) = await Commands.RunAsync(program, arguments, folder, environment);
        if (code != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: exit code {code}\n{output}");
        }
    }
}

/// <summary>Tests that share one installation.</summary>
[CollectionDefinition(Name)]
public sealed class PackagesCollection : ICollectionFixture<InstalledPackages>
{
    /// <summary>The collection's name.</summary>
    public const string Name = "packages";
}
