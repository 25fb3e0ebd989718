using SparseCore.Plans;
using SparseCore.RunFolders;

namespace SparseCore.Faults;

/// <summary>What was done to a disk while a run was made, and what of it has to last.</summary>
/// <param name="Run">The run, which lies in <see cref="RunsName"/>.</param>
/// <param name="Before">What was certain on the disk at the beginning.</param>
/// <param name="Operations">What was done.</param>
/// <param name="SavedBefore">Checkpoints that had been saved at the beginning, by their paths.</param>
internal sealed record CrashRecording(PlannedRun Run, CrashTree Before, IReadOnlyList<CrashOperation> Operations, IReadOnlyCollection<string> SavedBefore)
{
    /// <summary>The folder of runs.</summary>
    public const string RunsName = "runs";

    private const string CheckpointSuffix = ".safetensors";

    /// <summary>The run's folder.</summary>
    public string RunPath => $"{RunsName}/{Run.Plan.FolderName}";

    /// <summary>Whether a path is that of a checkpoint.</summary>
    public static bool IsCheckpoint(string path) => path.EndsWith(CheckpointSuffix, StringComparison.Ordinal) && Path.GetFileName(Path.GetDirectoryName(path)) == "checkpoints";

    /// <summary>The disk after so many operations.</summary>
    public CrashDisk DiskAfter(int count)
    {
        var disk = new CrashDisk(Before);
        for (var index = 0; index < count; index++)
        {
            disk.Do(Operations[index]);
        }

        return disk;
    }

    /// <summary>Checkpoints whose saving had returned after so many operations, by their paths: nothing may lose them any more.</summary>
    public SortedSet<string> SavedAfter(int count) =>
        new(SavedBefore.Concat(Operations.Where((operation, index) => IsCheckpoint(operation.Target) && HasReturned(index, count)).Select(move => move.Target)), StringComparer.Ordinal);

    /// <summary>Whether the run's record said after so many operations, its saving having returned, that it was finished.</summary>
    public bool IsFinishedAfter(int count)
    {
        for (var index = count - 1; index >= 0; index--)
        {
            if (Operations[index].Target == $"{RunPath}/run.json" && HasReturned(index, count))
            {
                return RunRecord.Parse(DiskAfter(index).File(Operations[index].Path).Current).Status == RunStatus.Finished;
            }
        }

        return false;
    }

    /// <summary>Saving ends with a move and the flush of the folder. Whoever has done something afterwards has returned from it, flushed or not.</summary>
    private bool HasReturned(int move, int count) => move + 1 < count && Operations[move + 1].Action != CrashAction.Killed;
}
