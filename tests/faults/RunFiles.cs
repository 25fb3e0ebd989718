using System.Security.Cryptography;
using SparseCore.Checkpoints;
using SparseCore.RunFolders;

namespace SparseCore.Faults;

/// <summary>The bytes of a folder of runs.</summary>
internal static class RunFiles
{
    /// <summary>SHA-256 of every file of a folder, by its path in it.</summary>
    public static SortedDictionary<string, string> AllHashes(string root) => new(
        Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
            .ToDictionary(path => Path.GetRelativePath(root, path), path => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)))),
        StringComparer.Ordinal);

    /// <summary>SHA-256 of every file that must be the same in equal runs: all but run.json (time, machine), the empty lock, and who held a run that was killed when it was finished.</summary>
    public static SortedDictionary<string, string> Hashes(string root)
    {
        var hashes = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories))
        {
            if (Path.GetFileName(path) is not ("run.json" or "lock" or RunFolder.HolderName))
            {
                hashes.Add(Path.GetRelativePath(root, path), Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))));
            }
        }

        return hashes;
    }

    /// <summary>Files of the first folder that are absent or different in the second, and files only the second has.</summary>
    public static IReadOnlyList<string> Differences(string expected, string found)
    {
        var (left, right) = (Hashes(expected), Hashes(found));
        return [.. left.Keys.Union(right.Keys).Where(name => left.GetValueOrDefault(name) != right.GetValueOrDefault(name))];
    }

    /// <summary>Checkpoints under their final names, wherever they are, that cannot be read in whole. There must never be one.</summary>
    public static IReadOnlyList<string> BrokenCheckpoints(string root) => [.. Checkpoints(root).Where(path =>
    {
        try
        {
            _ = CheckpointFile.ReadHeader(path);
            _ = SafetensorsFile.Read(path);
            return false;
        }
        catch (CheckpointException)
        {
            return true;
        }
    })];

    /// <summary>All checkpoints with their final names.</summary>
    public static IReadOnlyList<string> Checkpoints(string root) =>
        Directory.Exists(root) ? [.. Directory.EnumerateFiles(root, "*.safetensors", SearchOption.AllDirectories)] : [];

    /// <summary>Whether a file was being written when its process died.</summary>
    public static bool HasHalfWrittenFile(string root) => Directory.Exists(root) && Directory.EnumerateFiles(root, "*.tmp", SearchOption.AllDirectories).Any();
}
