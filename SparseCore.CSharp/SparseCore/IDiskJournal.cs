namespace SparseCore;

/// <summary>Hears of operations on a disk in their order, by full paths.</summary>
internal interface IDiskJournal
{
    /// <summary>A new folder.</summary>
    void CreateFolder(string path);

    /// <summary>A new empty file.</summary>
    void Create(string path);

    /// <summary>Bytes of a file.</summary>
    void Write(string path, long offset, ReadOnlySpan<byte> bytes);

    /// <summary>A file's length.</summary>
    void SetLength(string path, long length);

    /// <summary>The contents of a file have to last from here on.</summary>
    void Flush(string path);

    /// <summary>A file gets another name, also that of another file.</summary>
    void Move(string from, string to);

    /// <summary>A file goes.</summary>
    void Delete(string path);

    /// <summary>The names in a folder have to last from here on.</summary>
    void SyncFolder(string path);
}
