using System.Runtime.InteropServices;

namespace SparseCore;

/// <summary>
/// The only way in which files of runs are written. What a method promises to be on the disk when it returns survives a loss of power: contents are flushed by
/// <see cref="DiskFile.Flush"/>, names by <see cref="SyncFolder"/>, which the other methods call where a name has to last.
/// </summary>
internal static partial class Disk
{
    private const int NoAccess = 13; // EACCES

    private static readonly AsyncLocal<IDiskJournal?> Journal = new();

    /// <summary>Hears of every operation of this flow of work; null for nobody. For tests of what a crash may leave.</summary>
    public static IDiskJournal? Observer
    {
        get => Journal.Value;
        set => Journal.Value = value;
    }

    /// <summary>Makes a folder and those above it that are missing; their names last, also that of the first one that is there: a process may have been killed when it had just made it.</summary>
    public static void CreateFolder(string path)
    {
        path = Path.GetFullPath(Path.TrimEndingDirectorySeparator(path));
        var parent = Path.GetDirectoryName(path);
        if (!Directory.Exists(path))
        {
            if (parent is not null)
            {
                CreateFolder(parent);
            }

            Observer?.CreateFolder(path);
            Directory.CreateDirectory(path);
        }

        if (parent is not null)
        {
            SyncFolder(parent);
        }
    }

    /// <summary>Makes a new file; its name lasts only after <see cref="SyncFolder"/>.</summary>
    /// <exception cref="IOException">A file of that name exists.</exception>
    public static DiskFile Create(string path, FileShare share = FileShare.None)
    {
        var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, share, bufferSize: 1 << 16);
        Observer?.Create(path);
        return new DiskFile(path, stream);
    }

    /// <summary>Opens an existing file to go on with it.</summary>
    public static DiskFile Open(string path, FileShare share) => new(path, new FileStream(path, FileMode.Open, FileAccess.Write, share, bufferSize: 0));

    /// <summary>Puts a file in the place of another in one step; the new name lasts.</summary>
    public static void Move(string from, string to)
    {
        Observer?.Move(from, to);
        File.Move(from, to, overwrite: true);
        SyncFolder(Path.GetDirectoryName(Path.GetFullPath(to))!);
    }

    /// <summary>Takes a file away, if it is there. After a crash it may be there again.</summary>
    public static void Delete(string path)
    {
        if (Observer is { } observer && File.Exists(path))
        {
            observer.Delete(path);
        }

        File.Delete(path);
    }

    /// <summary>Waits until the names in a folder are on the disk. Windows keeps them with the files.</summary>
    /// <exception cref="IOException">The disk says that they are not.</exception>
    public static void SyncFolder(string path)
    {
        Observer?.SyncFolder(path);
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        const int readOnly = 0;
        var folder = OpenFolder(path, readOnly);
        if (folder < 0)
        {
            if (Marshal.GetLastPInvokeError() == NoAccess)
            {
                return; // may be written to and not looked into: the system flushes it when it likes
            }

            throw new IOException($"'{path}' cannot be opened: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        var result = Sync(folder);
        var error = Marshal.GetLastPInvokeError();
        _ = Close(folder);
        if (result != 0 && !IsWithoutSync(error))
        {
            throw new IOException($"'{path}' cannot be flushed: {Marshal.GetPInvokeErrorMessage(error)}", error);
        }
    }

    /// <summary>Some file systems (shared ones above all) write names at once and know no flushing of folders: EINVAL, or EBADF of older ones.</summary>
    private static bool IsWithoutSync(int error) => error is 22 or 9;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFolder(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int file);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);
}
