using System.Globalization;
using SparseCore.Checkpoints;
using SparseCore.RunFolders;

namespace SparseCore.Faults;

/// <summary>What had been saved in a folder of runs when it was last looked at.</summary>
internal sealed class SavedWork
{
    private Dictionary<string, string> checkpoints = new(StringComparer.Ordinal);
    private Dictionary<string, int> steps = new(StringComparer.Ordinal);

    /// <summary>Looks again.</summary>
    /// <param name="root">The folder of runs.</param>
    /// <returns>
    /// Checkpoints that are gone or different, and runs that would go on from an earlier step than before. Where a run was stopped is no loss once the
    /// run has come as far: it goes with the next checkpoint.
    /// </returns>
    public int CountLost(string root)
    {
        var hashes = RunFiles.Hashes(root).Where(entry => IsSavedByPlan(entry.Key)).ToDictionary(StringComparer.Ordinal);
        var reached = RunFiles.Checkpoints(root)
            .GroupBy(path => Path.GetRelativePath(root, path).Split(Path.DirectorySeparatorChar)[0], StepOf, StringComparer.Ordinal)
            .ToDictionary(run => run.Key, run => run.Max(), StringComparer.Ordinal);
        var lost = checkpoints.Count(entry => hashes.GetValueOrDefault(entry.Key) != entry.Value)
            + steps.Count(entry => reached.GetValueOrDefault(entry.Key, -1) < entry.Value);
        (checkpoints, steps) = (hashes, reached);
        return lost;
    }

    private static bool IsSavedByPlan(string path) => path.EndsWith(".safetensors", StringComparison.Ordinal) && Path.GetFileName(path) != RunFolder.StoppedName;

    private static int StepOf(string path)
    {
        if (IsSavedByPlan(path))
        {
            return int.Parse(Path.GetFileNameWithoutExtension(path), CultureInfo.InvariantCulture);
        }

        try
        {
            return CheckpointFile.ReadHeader(path).Step;
        }
        catch (CheckpointException)
        {
            return -1; // nothing goes on from it
        }
    }
}
