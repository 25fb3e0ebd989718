namespace SparseCore.RunFolders;

/// <summary>A run that another process is making. It is no failure: that process finishes it, or the run is free again when it has ended.</summary>
public sealed class RunBusyException : RunFolderException
{
    internal RunBusyException(string path, RunHolder? holder, string found, string remedy, Exception? inner = null)
        : base(path, "lock", "a run that no other process is training", found, remedy, inner) => Holder = holder;

    /// <summary>Who makes it; null when it did not say.</summary>
    public RunHolder? Holder { get; }
}
