namespace SparseCore.RunFolders;

/// <summary>How far a run came.</summary>
public enum RunStatus
{
    /// <summary>Training, or interrupted while it did.</summary>
    Running,

    /// <summary>All steps are done and saved.</summary>
    Finished,

    /// <summary>Stopped by an error that starting it again would meet again.</summary>
    Failed,
}
