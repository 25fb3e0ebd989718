namespace SparseCore.Faults;

/// <summary>
/// A disk that knows what is certain on it. It is no kinder than POSIX asks: the flush of a file makes its contents certain and not its name, that of a folder the names in
/// it and neither their contents nor its own name, and without them everything may come to the disk or not, in any order.
/// </summary>
internal sealed class CrashDisk
{
    /// <summary>Begins with files that are certain.</summary>
    public CrashDisk(CrashTree before)
    {
        foreach (var path in before.Folders)
        {
            var (parent, name) = Find(path);
            parent[name] = new CrashFolder();
            parent.Sync();
        }

        foreach (var (path, bytes) in before.Files)
        {
            var (parent, name) = Find(path);
            parent[name] = new CrashFile(bytes);
            parent.Sync();
        }
    }

    /// <summary>The folder that holds everything; it is certain itself.</summary>
    public CrashFolder Root { get; } = new();

    /// <summary>Does an operation.</summary>
    public void Do(CrashOperation operation)
    {
        var (parent, name) = Find(operation.Path);
        switch (operation.Action)
        {
            case CrashAction.CreateFolder:
                parent[name] = new CrashFolder();
                break;
            case CrashAction.Create:
                parent[name] = new CrashFile([]);
                break;
            case CrashAction.Write:
                File(operation.Path).Write(operation.Offset, operation.Bytes);
                break;
            case CrashAction.SetLength:
                File(operation.Path).SetLength(operation.Offset);
                break;
            case CrashAction.Flush:
                File(operation.Path).Flush();
                break;
            case CrashAction.Move:
                var (target, newName) = Find(operation.Target);
                target[newName] = File(operation.Path);
                parent[name] = null;
                break;
            case CrashAction.Delete:
                parent[name] = null;
                break;
            case CrashAction.SyncFolder:
                (name == "." ? Root : (CrashFolder)parent[name]!).Sync();
                break;
            default:
                break; // marks
        }
    }

    /// <summary>A file as it is when everything is done.</summary>
    public CrashFile File(string path)
    {
        var (parent, name) = Find(path);
        return parent[name] as CrashFile ?? throw new InvalidOperationException($"The journal goes on with '{path}', which it never made.");
    }

    private (CrashFolder Parent, string Name) Find(string path)
    {
        var parts = path.Split('/');
        var folder = Root;
        foreach (var part in parts[..^1])
        {
            folder = folder[part] as CrashFolder ?? throw new InvalidOperationException($"The journal goes on in '{path}', whose folder it never made.");
        }

        return (folder, parts[^1]);
    }
}
