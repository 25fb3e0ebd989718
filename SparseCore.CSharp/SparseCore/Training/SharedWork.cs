using SparseCore.Plans;
using SparseCore.RunFolders;

namespace SparseCore.Training;

/// <summary>
/// How a process shares a folder of runs with others, on this machine and on those that share its file system. There is no coordinator: a run that another process
/// makes is left to it, whoever comes first takes the next one, and processes come and go as they like.
/// </summary>
public sealed class SharedWork
{
    /// <summary>How long a file that another machine has written may stay unseen: file systems remember for up to a minute what a folder holds.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly DateTime joined;

    /// <summary>Joins the work on a folder.</summary>
    /// <param name="root">The folder of runs; made when it does not exist.</param>
    /// <param name="wait">How long to wait while all that is left is made by others, counted from the last run that came to its end; null for as long as it takes.</param>
    /// <exception cref="RunFolderException">Locks do not hold there, or it cannot be written to.</exception>
    public SharedWork(string root, TimeSpan? wait)
    {
        Wait = wait;
        try
        {
            Disk.CreateFolder(root);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw RunFolderException.Unwritable(root, "creating", exception);
        }

        FolderClock.RequireLocks(root);
        var clock = new FolderClock(root);
        joined = clock.Now;
        ClockAhead = clock.Ahead;
    }

    /// <summary>How long to wait for others.</summary>
    public TimeSpan? Wait { get; }

    /// <summary>How far the file system's clock is ahead of this machine's.</summary>
    public TimeSpan ClockAhead { get; }

    /// <summary>Whether others of this work have found that a run fails: it failed after this process joined. It would fail here as well.</summary>
    internal RunRecord? FailureElsewhere(RunFolder folder) =>
        folder.ReadRecord() is { Status: RunStatus.Failed } record && record.Worker != Worker.Current && File.GetLastWriteTimeUtc(folder.RecordPath) > joined ? record : null;

    /// <summary>Refuses to work beside a process with another version of the toolkit: its runs would not be of one kind.</summary>
    /// <exception cref="RunFolderException">The versions differ.</exception>
    internal static void RequireVersionOf(RunBusyException busy)
    {
        if (busy.Holder is { } holder && holder.CodeVersion != RunRecord.CurrentCodeVersion)
        {
            throw new RunFolderException(
                busy.FilePath,
                "version of the toolkit",
                $"the version of this process, {RunRecord.CurrentCodeVersion}, wherever one folder of runs is worked on",
                $"{holder.CodeVersion} in {holder.Worker}",
                "Use the same checkout everywhere, or stop the others first.",
                busy);
        }
    }

    /// <summary>Waits until the parents of a run are seen, which another machine may just have finished.</summary>
    /// <exception cref="OperationCanceledException">Stopped meanwhile.</exception>
    internal static void AwaitParents(TrainingPlan plan, string root, CancellationToken cancellation)
    {
        var end = DateTime.UtcNow + Patience;
        foreach (var parent in plan.Parents)
        {
            while (!IsSeen(parent, root) && DateTime.UtcNow < end)
            {
                cancellation.WaitHandle.WaitOne(TimeSpan.FromSeconds(1));
                cancellation.ThrowIfCancellationRequested();
            }
        }
    }

    private static bool IsSeen(RunReference parent, string root)
    {
        if (!RunFolder.Exists(root, parent.Folder))
        {
            return false;
        }

        using var folder = RunFolder.Open(root, parent.Folder);
        return folder.CheckpointSteps().Contains(parent.Step); // listed, which asks the file system anew
    }
}
