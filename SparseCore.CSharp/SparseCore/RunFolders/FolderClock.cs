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
        try
        {
            // Empty, as there may be a name and no room for a byte on a full disk.
            using var probe = Probe(folder, FileShare.ReadWrite | FileShare.Delete);
            time = File.GetLastWriteTimeUtc(probe.Name);
            Ahead = time - DateTime.UtcNow;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw RunFolderException.Unwritable(folder, "clock", exception);
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
        try
        {
            using var first = Probe(folder, FileShare.None);
            try
            {
                using var second = new FileStream(first.Name, FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
            }
            catch (IOException)
            {
                return;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw RunFolderException.Unwritable(folder, "locks", exception);
        }

        throw new RunFolderException(
            folder,
            "locks",
            "a file system whose locks hold",
            "one that gives the same lock twice",
            "Ask the administrator for a mount with flock (NFS: without nolock and local_lock; Lustre: flock), unset DOTNET_SYSTEM_IO_DISABLEFILELOCKING, or work on it with one process only (share=false).");
    }

    /// <summary>A file that is new, so that its time is and so that it is no link that leads elsewhere, and that goes when it is closed.</summary>
    private static FileStream Probe(string folder, FileShare share)
    {
        var name = FormattableString.Invariant($"probe-{Environment.ProcessId}-{Environment.CurrentManagedThreadId}");
        var path = Checkpoints.AtomicFile.TemporaryName(Path.Combine(folder, name));
        File.Delete(path);
        return new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, share, bufferSize: 0, FileOptions.DeleteOnClose);
    }
}
