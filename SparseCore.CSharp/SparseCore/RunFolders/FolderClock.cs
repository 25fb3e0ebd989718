using System.Diagnostics;

namespace SparseCore.RunFolders;

/// <summary>
/// The clock of a file system, which all machines that share it see alike, read from the time of a file that is made in the folder and deleted again. The clocks of
/// the machines do not matter.
/// </summary>
public sealed class FolderClock
{
    private readonly long read = Stopwatch.GetTimestamp();
    private readonly DateTime time;

    /// <summary>Reads the clock.</summary>
    /// <param name="folder">A folder of the file system, which can be written to.</param>
    /// <exception cref="RunFolderException">It cannot.</exception>
    public FolderClock(string folder)
    {
        var probe = ProbeIn(folder);
        try
        {
            // Empty, as there may be a name and no room for a byte on a full disk.
            using var file = new FileStream(probe, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.DeleteOnClose);
            time = File.GetLastWriteTimeUtc(probe);
            Ahead = time - DateTime.UtcNow;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new RunFolderException(
                folder, "clock", "a folder that can be written to", Checkpoints.AtomicFile.Sentence(exception), "Choose another folder for runs (runs=...).", exception);
        }
    }

    /// <summary>The time there, UTC.</summary>
    public DateTime Now => time + Stopwatch.GetElapsedTime(read);

    /// <summary>How far that clock is ahead of this machine's.</summary>
    public TimeSpan Ahead { get; }

    /// <summary>
    /// Tells whether locks hold in a folder: one is taken twice. Where both are given, the file system does not know them, or .NET was told not to use them, and two
    /// processes would make the same run without knowing.
    /// </summary>
    /// <exception cref="RunFolderException">Locks do not hold, or the folder cannot be written to.</exception>
    public static void RequireLocks(string folder)
    {
        var probe = ProbeIn(folder);
        try
        {
            using var first = new FileStream(probe, FileMode.Create, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
            try
            {
                using var second = new FileStream(probe, FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
            }
            catch (IOException)
            {
                return;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new RunFolderException(
                folder, "locks", "a folder that can be written to", Checkpoints.AtomicFile.Sentence(exception), "Choose another folder for runs (runs=...).", exception);
        }

        throw new RunFolderException(
            folder,
            "locks",
            "a file system whose locks hold",
            "one that gives the same lock twice",
            "Ask the administrator for a mount with flock (NFS: without nolock and local_lock; Lustre: flock), unset DOTNET_SYSTEM_IO_DISABLEFILELOCKING, or work on it with one process only (share=false).");
    }

    private static string ProbeIn(string folder) => Path.Combine(
        folder, FormattableString.Invariant($"probe-{Environment.ProcessId}-{Environment.CurrentManagedThreadId}.{ThisHost.Id}{Checkpoints.AtomicFile.TemporarySuffix}"));
}
