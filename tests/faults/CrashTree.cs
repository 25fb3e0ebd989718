namespace SparseCore.Faults;

/// <summary>Folders and files with their bytes, by paths with '/'.</summary>
/// <param name="Folders">Every folder after the one that holds it.</param>
/// <param name="Files">All files.</param>
internal sealed record CrashTree(IReadOnlyList<string> Folders, SortedDictionary<string, byte[]> Files)
{
    /// <summary>Nothing.</summary>
    public static CrashTree Empty { get; } = new([], []);

    /// <summary>What there is below a folder.</summary>
    public static CrashTree Read(string root) => new(
        [.. Directory.EnumerateDirectories(root, "*", SearchOption.AllDirectories).Select(path => Relative(root, path)).Order(StringComparer.Ordinal)],
        new SortedDictionary<string, byte[]>(
            Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).ToDictionary(path => Relative(root, path), File.ReadAllBytes), StringComparer.Ordinal));

    /// <summary>What there is on a disk, when of every uncertain name and file one is chosen.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="name">Chooses what a name leads to, from what it certainly did to what it may.</param>
    /// <param name="contents">Chooses the contents of a file; asked once for each.</param>
    public static CrashTree Choose(CrashDisk disk, Func<IReadOnlyList<CrashNode?>, CrashNode?> name, Func<CrashFile, byte[]> contents)
    {
        var folders = new List<string>();
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        var chosen = new Dictionary<CrashFile, byte[]>();
        Visit(disk.Root, "");
        return new CrashTree(folders, files);

        void Visit(CrashFolder folder, string path)
        {
            foreach (var (entry, nodes) in folder.Names)
            {
                switch (nodes.Count == 1 ? nodes[0] : name(nodes))
                {
                    case CrashFolder inner:
                        folders.Add(path + entry);
                        Visit(inner, $"{path}{entry}/");
                        break;
                    case CrashFile file:
                        if (!chosen.TryGetValue(file, out var bytes))
                        {
                            chosen.Add(file, bytes = contents(file));
                        }

                        files.Add(path + entry, bytes);
                        break;
                    default:
                        break; // the name is not there
                }
            }
        }
    }

    /// <summary>Everything done.</summary>
    public static CrashTree Done(CrashDisk disk) => Choose(disk, nodes => nodes[^1], file => file.Current);

    /// <summary>Everything lost that is not certain.</summary>
    public static CrashTree Certain(CrashDisk disk) => Choose(disk, nodes => nodes[0], file => file.Certain);

    /// <summary>Makes a folder hold this and nothing else.</summary>
    public void Write(string root)
    {
        if (Directory.Exists(root))
        {
            Directory.Delete(root, recursive: true);
        }

        Directory.CreateDirectory(root);
        foreach (var path in Folders)
        {
            Directory.CreateDirectory(Path.Combine(root, path));
        }

        foreach (var (path, bytes) in Files)
        {
            File.WriteAllBytes(Path.Combine(root, path), bytes);
        }
    }

    private static string Relative(string root, string path) => Path.GetRelativePath(root, path).Replace('\\', '/');
}
