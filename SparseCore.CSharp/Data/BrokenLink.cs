namespace SparseCore.Data;

/// <summary>Links that lead nowhere.</summary>
internal static class BrokenLink
{
    /// <summary>What a path is where it is such a link; null for everything else.</summary>
    public static string? Describe(string path)
    {
        if (new FileInfo(path).LinkTarget is not { } target || Directory.Exists(path))
        {
            return null;
        }

        try
        {
            File.OpenHandle(path).Dispose(); // File.Exists says that the link exists.
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
