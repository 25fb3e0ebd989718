namespace SparseCore.Faults;

/// <summary>What was done to a disk, or happened to the process that did it.</summary>
internal enum CrashAction
{
    /// <summary>A new folder.</summary>
    CreateFolder,

    /// <summary>A new empty file.</summary>
    Create,

    /// <summary>Bytes of a file.</summary>
    Write,

    /// <summary>A file was cut off, or made longer.</summary>
    SetLength,

    /// <summary>The contents of a file last.</summary>
    Flush,

    /// <summary>A file got another name.</summary>
    Move,

    /// <summary>A file went.</summary>
    Delete,

    /// <summary>The names in a folder last.</summary>
    SyncFolder,

    /// <summary>The run was made, or stopped as asked. Nothing is done to the disk.</summary>
    Returned,

    /// <summary>The process was killed; the system and what it knows of the files live on. Nothing is done to the disk.</summary>
    Killed,
}
