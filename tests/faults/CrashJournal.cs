namespace SparseCore.Faults;

/// <summary>Writes down everything that a flow of work does to the files of a folder.</summary>
/// <param name="folder">The folder. What is done elsewhere is not written down.</param>
internal sealed class CrashJournal(string folder) : IDiskJournal
{
    private readonly List<CrashOperation> operations = [];

    /// <summary>What was done, in this order.</summary>
    public IReadOnlyList<CrashOperation> Operations => operations;

    /// <summary>Does work, and listens to it and to the threads that it starts.</summary>
    public void Listen(Action work)
    {
        Disk.Observer = this;
        try
        {
            work();
        }
        finally
        {
            Disk.Observer = null;
        }

        operations.Add(new CrashOperation(CrashAction.Returned, "."));
    }

    public void CreateFolder(string path) => Add(CrashAction.CreateFolder, path);

    public void Create(string path) => Add(CrashAction.Create, path);

    public void Write(string path, long offset, ReadOnlySpan<byte> bytes) => Add(new CrashOperation(CrashAction.Write, Relative(path), "", offset, bytes.ToArray()));

    public void SetLength(string path, long length) => Add(new CrashOperation(CrashAction.SetLength, Relative(path), "", length, []));

    public void Flush(string path) => Add(CrashAction.Flush, path);

    public void Move(string from, string to) => Add(new CrashOperation(CrashAction.Move, Relative(from), Relative(to), 0, []));

    public void Delete(string path) => Add(CrashAction.Delete, path);

    public void SyncFolder(string path) => Add(CrashAction.SyncFolder, path);

    private void Add(CrashAction action, string path) => Add(new CrashOperation(action, Relative(path)));

    private void Add(CrashOperation operation)
    {
        if (operation.Path != ".." && !operation.Path.StartsWith("../", StringComparison.Ordinal))
        {
            operations.Add(operation);
        }
    }

    private string Relative(string path) => Path.GetRelativePath(folder, Path.GetFullPath(path)).Replace('\\', '/');
}
