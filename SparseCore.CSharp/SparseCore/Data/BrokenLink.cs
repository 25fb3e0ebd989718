namespace SparseCore.Data;

/// <summary>Links that lead nowhere.</summary>
internal static class BrokenLink
{
    /// <summary>What a path is where it is such a link; null for everything else.</summary>
    public static string? Describe(string path)
    {
        if (new FileInfo(path).LinkTarget is not { } target || RegularFile.Describe(path, followLinks: true) is not null)
        {
            return null;
        }

        try
        {
            RegularFile.OpenHandle(path).Dispose(); // Says why it leads to nothing.
            return null;
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return $"a link to nothing ('{target}')";
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
        catch (IOException)
        {
            return "a link in a circle";
        }
    }
}
