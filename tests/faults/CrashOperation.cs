namespace SparseCore.Faults;

/// <summary>One operation on a disk.</summary>
/// <param name="Action">What is done.</param>
/// <param name="Path">To which file or folder, relative to the folder that is watched, with '/'; "." is that folder.</param>
/// <param name="Target">The new name of a file that is moved.</param>
/// <param name="Offset">Where bytes are written, or the new length of the file.</param>
/// <param name="Bytes">What is written.</param>
internal sealed record CrashOperation(CrashAction Action, string Path, string Target, long Offset, byte[] Bytes)
{
    /// <summary>An operation on a whole file or folder.</summary>
    public CrashOperation(CrashAction action, string path)
        : this(action, path, "", 0, [])
    {
    }
}
