namespace SparseCore.Checkpoints;

/// <summary>
/// Writes files that are either whole or absent: a temporary name in the same folder, flushed to the disk, then renamed, and the folder
/// flushed: what was written is there after a loss of power. No link is written through: one at the
/// file's name is itself replaced, one at the temporary name deleted.
/// </summary>
internal static class AtomicFile
{
    /// <summary>What a file that was never finished ends with. Such files are never read; whoever owns the folder deletes them.</summary>
    public const string TemporarySuffix = ".tmp";

    /// <summary>The name that a file has while this machine writes it; other machines that share the folder use others, so that nobody takes away what another writes.</summary>
    public static string TemporaryName(string path) => $"{path}.{ThisHost.Id}{TemporarySuffix}";

    /// <summary>The name that a file would have got: without what <see cref="TemporaryName"/> adds, or older versions did; the name itself of any other file.</summary>
    public static string TargetOf(string name)
    {
        if (!name.EndsWith(TemporarySuffix, StringComparison.Ordinal))
        {
            return name;
        }

        var target = name[..^TemporarySuffix.Length];
        return target.LastIndexOf('.') is >= 0 and var dot && ThisHost.IsId(target[(dot + 1)..]) ? target[..dot] : target;
    }

    /// <summary>Replaces <paramref name="path"/> in one step.</summary>
    /// <exception cref="CheckpointException">
    /// The folder is missing or read-only, the disk is full, or no file stands there but a folder, pipe or device; what was there is untouched.
    /// </exception>
    public static void Write(string path, ReadOnlySpan<byte> start, IEnumerable<ReadOnlyMemory<byte>> rest)
    {
        var temporary = TemporaryName(path);
        try
        {
            RegularFile.RequireReplaceable(path);
            Disk.Delete(temporary); // What a killed process left; and a new file cannot be a link that leads elsewhere.
            using (var file = Disk.Create(temporary))
            {
                file.Write(start);
                foreach (var part in rest)
                {
                    file.Write(part.Span);
                }

                file.Flush();
            }

            Disk.Move(temporary, path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            TryDelete(temporary);
            throw new CheckpointException(
                path,
                "writing",
                "a writable folder with room for the file",
                Sentence(exception),
                "Free the space or the permission and start the same command again; everything saved before is intact.",
                exception);
        }
    }

    /// <summary>Replaces <paramref name="path"/> by a small file in one step.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content) => Write(path, content, []);

    /// <summary>An exception's message without its full stop, to be used inside a sentence.</summary>
    public static string Sentence(Exception exception) => $"\"{ErrorText.Of(exception).TrimEnd('.')}\"";

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The first error is the one to report; a leftover temporary file is never read.
        }
    }
}
