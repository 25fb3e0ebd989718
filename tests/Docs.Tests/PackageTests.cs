using System.IO.Compression;
using System.Xml.Linq;

namespace Docs.Tests;

/// <summary>What is in the packages.</summary>
[Collection(PackagesCollection.Name)]
public sealed class PackageTests(InstalledPackages packages)
{
    private static readonly string[] Names = ["SparseCore", "SparseCore.Analysis", "SparseCore.Cpu", "SparseCore.Datasets", "SparseCore.Tool", "SparseCore.Torch"];

    [Fact]
    public void The_solution_packs_these_packages_with_their_symbols_and_no_others() => Assert.Equal(
        Names.SelectMany(name => new[] { $"{name}.{InstalledPackages.Version}.nupkg", $"{name}.{InstalledPackages.Version}.snupkg" }).Order(StringComparer.Ordinal),
        Directory.GetFiles(packages.Feed).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));

    [Fact]
    public async Task The_same_sources_give_the_same_bytes()
    {
        var again = packages.NewFolder("feed-again");
        await InstalledPackages.PackAsync(again);
        foreach (var file in Directory.GetFiles(packages.Feed))
        {
            Assert.True(File.ReadAllBytes(file).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(again, Path.GetFileName(file)))), Path.GetFileName(file));
        }
    }

    [Fact]
    public void Every_package_has_a_license_a_readme_notices_and_what_its_users_need()
    {
        foreach (var name in Names)
        {
            using var package = ZipFile.OpenRead(Path.Combine(packages.Feed, $"{name}.{InstalledPackages.Version}.nupkg"));
            var files = package.Entries.Select(entry => entry.FullName).ToHashSet(StringComparer.Ordinal);
            Assert.Contains("README.md", files);
            Assert.Contains("THIRD-PARTY-NOTICES.md", files);
            if (name != "SparseCore.Tool")
            {
                Assert.Contains($"lib/net10.0/{name}.dll", files);
                Assert.Contains($"lib/net10.0/{name}.xml", files);
            }

            using var stream = package.GetEntry($"{name}.nuspec")!.Open();
            var metadata = XDocument.Load(stream).Descendants().Where(element => !element.HasElements).ToLookup(element => element.Name.LocalName, element => element.Value);
            Assert.Contains("MIT", metadata["license"].Single(), StringComparison.Ordinal);
            Assert.Equal(InstalledPackages.Version, metadata["version"].Single());
            Assert.True(metadata["description"].Single().Length > 40, name);
            Assert.NotEmpty(metadata["authors"].Single());

            // Built in any folder, a package is the same: its libraries name no folder of this machine.
            foreach (var entry in package.Entries.Where(entry => entry.Name.StartsWith("SparseCore", StringComparison.Ordinal) && entry.Name.EndsWith(".dll", StringComparison.Ordinal)))
            {
                using var content = entry.Open();
                using var bytes = new MemoryStream();
                content.CopyTo(bytes);
                Assert.False(bytes.ToArray().AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(Scripting.Paths.root)) >= 0, $"{name}: {entry.Name} names {Scripting.Paths.root}");
            }
        }
    }
}
