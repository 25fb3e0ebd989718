namespace Docs.Tests;

/// <summary>The repository that these tests are built in.</summary>
internal static class Repository
{
    /// <summary>Its folder, the nearest one above the tests that holds Toolkit.sln.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Toolkit.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("This program runs inside the repository; Toolkit.sln was not found above it.");
        }

        return folder;
    }
}
