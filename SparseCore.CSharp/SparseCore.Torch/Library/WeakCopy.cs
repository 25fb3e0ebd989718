using System.Security.Cryptography;

namespace SparseCore.Torch.Library;

/// <summary>Keeps copies of a library with a weak symbol version, one for each content of the original.</summary>
internal static class WeakCopy
{
    private const long SizeLimit = 64 << 20;

    /// <summary>Makes the copy, or finds the one that an earlier process made.</summary>
    /// <param name="source">The library.</param>
    /// <param name="version">The version that the system lacks.</param>
    /// <param name="folder">The folder of copies; made where it is missing.</param>
    /// <returns>The path of the copy.</returns>
    public static string Make(string source, string version, string folder)
    {
        try
        {
            var library = RegularFile.ReadAllBytes(source, SizeLimit);
            var content = WeakSymbolVersion.Mark(library, source, version);
            var place = Path.Combine(Path.GetFullPath(folder), Convert.ToHexStringLower(SHA256.HashData(library)));
            var path = Path.Combine(place, Path.GetFileName(source));
            if (!Holds(path, content))
            {
                Directory.CreateDirectory(place);
                Write(path, content);
            }

            return path;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new TorchException(
                $"No copy of '{source}' with weak {version} can be made in '{folder}': {exception.Message} Make room or give permission to write there. {LibtorchAdvice.NewerStandardLibrary}",
                exception);
        }
    }

    private static bool Holds(string path, byte[] content) => File.Exists(path) && RegularFile.ReadAllBytes(path, SizeLimit).AsSpan().SequenceEqual(content);

    /// <summary>Writes under a name of this process and renames, so that others see the whole file or none; who has the old one loaded keeps it.</summary>
    private static void Write(string path, byte[] content)
    {
        RegularFile.RequireReplaceable(path);
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                stream.Write(content);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
