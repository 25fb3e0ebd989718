using System.Diagnostics;

namespace SparseCore.Faults;

/// <summary>A file system in memory of a chosen size (Linux, with the right to mount).</summary>
internal sealed class SmallDisk : IDisposable
{
    private SmallDisk(string path) => Path = path;

    /// <summary>Where it is mounted.</summary>
    public string Path { get; }

    /// <summary>Mounts one.</summary>
    /// <exception cref="InvalidOperationException">This process may not mount.</exception>
    public static SmallDisk Mount(string path, int kilobytes)
    {
        Run("mount", "-t", "tmpfs", "-o", $"size={kilobytes}k", "tmpfs", path);
        return new SmallDisk(path);
    }

    /// <summary>Changes its size.</summary>
    public void Resize(int kilobytes) => Run("mount", "-o", $"remount,size={kilobytes}k", Path);

    /// <summary>Makes it read-only, or writable again.</summary>
    public void SetReadOnly(bool isReadOnly) => Run("mount", "-o", isReadOnly ? "remount,ro" : "remount,rw", Path);

    public void Dispose() => Run("umount", Path);

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {errors.Trim()}. This scenario needs the right to mount (root).");
        }
    }
}
