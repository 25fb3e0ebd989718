using SparseCore.Checkpoints;

namespace SparseCore.RunFolders;

/// <summary>
/// That one process makes a run. On one machine, and wherever locks of files reach from machine to machine, a lock decides, which ends with its process however that
/// ends. Where locks do not reach, a holder that gives a sign of life every 20 seconds decides: it is respected for 120 seconds after the last one. Should two
/// processes ever hold one run, the one that was overtaken notices at its next saving, and what both write is the same.
/// </summary>
internal sealed class RunLock : IDisposable
{
    /// <summary>Time between two signs of life.</summary>
    public static readonly TimeSpan Beat = TimeSpan.FromSeconds(20);

    /// <summary>A holder that has been silent for so long has died: five missed signs, with a minute for what file systems remember of a file's time.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(120);

    private readonly string folder;
    private readonly FileStream file;
    private readonly byte[] own;
    private readonly Timer timer;

    private RunLock(string folder, FileStream file)
    {
        this.folder = folder;
        this.file = file;
        own = RunHolder.Start().ToBytes();
        // Not flushed: after a loss of power nobody holds it.
        var temporary = AtomicFile.TemporaryName(HolderIn(folder));
        try
        {
            File.Delete(temporary); // a new file cannot be a link that leads elsewhere
            using (var written = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0))
            {
                written.Write(own);
            }

            File.Move(temporary, HolderIn(folder), overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            File.Delete(temporary); // on a full disk there is a name, and no room for what it holds
            throw;
        }

        timer = new Timer(_ => GiveSign(), null, Beat, Beat);
    }

    /// <summary>Where a folder says who holds it.</summary>
    public static string HolderIn(string folder) => Path.Combine(folder, RunFolder.HolderName);

    /// <summary>Takes a folder.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="lockName">Name of the file that is locked. It is never deleted: a process that has just opened it could otherwise lock a name that no longer exists.</param>
    /// <exception cref="RunBusyException">Another process has it.</exception>
    public static RunLock Take(string folder, string lockName)
    {
        FileStream file;
        try
        {
            file = new FileStream(Path.Combine(folder, lockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
        }
        catch (IOException exception) when (IsSharingViolation(exception))
        {
            var holder = RunHolder.Read(HolderIn(folder));
            throw new RunBusyException(
                folder,
                holder,
                holder is null ? "one that another process has taken" : $"one that another process has taken ({holder.Worker})",
                "Wait until that process has ended, or stop it, and start the same command again; or let both share the work (share=true).",
                exception);
        }

        try
        {
            // A lock of this machine's kernel ends with its process. Of another machine only the silence tells.
            if (RunHolder.Read(HolderIn(folder)) is { IsHere: false } other && new FolderClock(folder).Now is var now && other.IsAlive(now))
            {
                var silence = now - other.LastSign;
                throw new RunBusyException(
                    folder,
                    other,
                    FormattableString.Invariant($"one that another machine has taken ({other.Worker}; last sign of life {Math.Max(0, silence.TotalSeconds):F0} s ago)"),
                    FormattableString.Invariant($"Wait until it has ended; if it is gone, the run is free in {(Silence - silence).TotalSeconds:F0} s."));
            }

            return new RunLock(folder, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Whether this process is still the holder. It is not after another one has waited in vain for a sign of life, while this machine slept for example.</summary>
    public bool IsHeld
    {
        get
        {
            try
            {
                return File.Exists(HolderIn(folder)) && RegularFile.ReadAllBytes(HolderIn(folder), 2L * own.Length).AsSpan().SequenceEqual(own);
            }
            catch (IOException)
            {
                return false;
            }
        }
    }

    /// <summary>Gives the folder back.</summary>
    public void Dispose()
    {
        timer.Dispose();
        try
        {
            if (IsHeld)
            {
                File.Delete(HolderIn(folder));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It falls silent instead.
        }

        file.Dispose();
    }

    /// <summary>EWOULDBLOCK of flock (11 on Linux, 35 on macOS), or ERROR_SHARING_VIOLATION on Windows.</summary>
    private static bool IsSharingViolation(IOException exception) => exception.HResult is 11 or 35 or unchecked((int)0x80070020);

    /// <summary>Writes the first byte again, which is the same for every holder: the file system sets the time, by its own clock.</summary>
    private void GiveSign()
    {
        try
        {
            using var holder = new FileStream(HolderIn(folder), FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            holder.Write(own.AsSpan(0, 1));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Another try in 20 seconds; whether the run is still held is asked before anything is saved.
        }
    }
}
