using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace SparseCore;

/// <summary>
/// The only way in which files are opened for reading. A named pipe would be waited for, a device can be read without end, and replacing either destroys
/// it; so everything but a regular file, or a link that leads to one, is refused before it is opened. All refusals are <see cref="IOException"/>s.
/// </summary>
/// <remarks>
/// .NET does not say of what kind a file is on Unix, so its own native library is asked, which hides that structures differ between systems.
/// On Windows, named pipes and devices have no names inside folders, and nothing is asked.
/// </remarks>
public static partial class RegularFile
{
    /// <summary>What <see cref="Describe"/> calls a regular file.</summary>
    public const string FileKind = "a file";

    /// <summary>What <see cref="Describe"/> calls a folder.</summary>
    public const string FolderKind = "a folder";

    /// <summary>More than the status structure of any system takes; the mode is its second 32-bit number.</summary>
    private const int StatusBytes = 512;

    private const int ModeIndex = 1, KindMask = 0xF000;

    /// <summary>Opens a file for reading; others may write, replace and delete it meanwhile.</summary>
    /// <param name="path">The file, or a link to it.</param>
    /// <param name="bufferSize">Bytes of the stream's buffer; 0 for none.</param>
    public static FileStream OpenRead(string path, int bufferSize = 4096)
    {
        RequireRegular(path);
        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize);
    }

    /// <summary>As <see cref="OpenRead"/>, for reads at given places.</summary>
    public static SafeFileHandle OpenHandle(string path, FileOptions options = FileOptions.None)
    {
        RequireRegular(path);
        return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, options);
    }

    /// <summary>Reads a whole file that has at most so many bytes; memory is what the file has.</summary>
    /// <exception cref="IOException">Also when the file is larger.</exception>
    public static byte[] ReadAllBytes(string path, long limit)
    {
        using var stream = OpenLimited(path, limit);
        var bytes = new byte[stream.Length];
        var found = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return found == bytes.Length ? bytes : bytes[..found];
    }

    /// <summary>As <see cref="ReadAllBytes"/>, for bytes that are looked at once: they stand in memory that the next file takes too.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limit">Most bytes that it may have.</param>
    /// <param name="use">Makes something of the bytes, and keeps none of them.</param>
    internal static T Read<T>(string path, long limit, Func<ReadOnlySpan<byte>, T> use)
    {
        using var stream = OpenLimited(path, limit);
        var length = (int)stream.Length;
        var bytes = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            return use(bytes.AsSpan(0, stream.ReadAtLeast(bytes.AsSpan(0, length), length, throwOnEndOfStream: false)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>As <see cref="ReadAllBytes"/>, for text in UTF-8, or in what a byte order mark says.</summary>
    public static string ReadAllText(string path, long limit)
    {
        using var reader = new StreamReader(new MemoryStream(ReadAllBytes(path, limit)));
        return reader.ReadToEnd();
    }

    /// <summary>The lines of a text file in UTF-8, one at a time; memory is that of the longest line.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limit">Most characters of a line.</param>
    /// <exception cref="IOException">Also when a line is longer.</exception>
    public static IEnumerable<string> ReadLines(string path, int limit)
    {
        using var reader = new StreamReader(OpenRead(path));
        var line = new StringBuilder();
        var number = 1;
        var buffer = ArrayPool<char>.Shared.Rent(4096);
        try
        {
            for (int found; (found = reader.Read(buffer)) > 0;)
            {
                for (var start = 0; start < found;)
                {
                    var end = Array.IndexOf(buffer, '\n', start, found - start);
                    line.Append(buffer, start, (end < 0 ? found : end) - start);
                    if (line.Length > limit)
                    {
                        throw new IOException($"Line {number} of '{path}' has more than {limit} characters; expected a shorter line");
                    }

                    if (end < 0)
                    {
                        break;
                    }

                    yield return Take();
                    start = end + 1;
                }
            }
        }
        finally
        {
            ArrayPool<char>.Shared.Return(buffer);
        }

        if (line.Length > 0)
        {
            yield return Take();
        }

        string Take()
        {
            var length = line.Length > 0 && line[^1] == '\r' ? line.Length - 1 : line.Length;
            var text = line.ToString(0, length);
            line.Clear();
            number++;
            return text;
        }
    }

    /// <summary>Refuses to put a file where something stands that is neither a file nor a link to one; what is not there can be made.</summary>
    /// <exception cref="IOException">Says what stands there.</exception>
    public static void RequireReplaceable(string path)
    {
        if (Describe(path, followLinks: true) is { } found && found != FileKind)
        {
            throw new IOException($"'{path}' is {found}; expected a file that can be replaced, or nothing");
        }
    }

    /// <summary>What stands at a path: <see cref="FileKind"/>, <see cref="FolderKind"/>, "a link to '...'", "a named pipe" and so on; null for nothing that can be seen.</summary>
    /// <param name="path">The path.</param>
    /// <param name="followLinks">Whether a link counts as what it leads to; one that leads to nothing is nothing then.</param>
    public static unsafe string? Describe(string path, bool followLinks)
    {
        if (!followLinks && new FileInfo(path).LinkTarget is { } target)
        {
            return $"a link to '{target}'";
        }

        if (OperatingSystem.IsWindows())
        {
            return Directory.Exists(path) ? FolderKind : File.Exists(path) ? FileKind : null;
        }

        var status = stackalloc int[StatusBytes / sizeof(int)];
        return Status(path, status) != 0 ? null : (status[ModeIndex] & KindMask) switch
        {
            0x8000 => FileKind,
            0x4000 => FolderKind,
            0x1000 => "a named pipe",
            0xC000 => "a socket",
            _ => "a device",
        };
    }

    private static FileStream OpenLimited(string path, long limit)
    {
        var stream = OpenRead(path, bufferSize: 0);
        if (stream.Length is var length && length > limit)
        {
            stream.Dispose();
            throw new IOException($"'{path}' has {length} bytes; expected at most {limit}");
        }

        return stream;
    }

    private static void RequireRegular(string path)
    {
        if (Describe(path, followLinks: true) is { } found && found != FileKind)
        {
            throw new IOException($"'{path}' is {found}; expected a file");
        }
    }

    [LibraryImport("libSystem.Native", EntryPoint = "SystemNative_Stat", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Status(string path, int* status);
}
