namespace SparseCore.RunFolders;

/// <summary>Tells whether something of a run was written since it was last looked at.</summary>
/// <param name="Folder">When an entry of the folder was last made, renamed or taken away, UTC.</param>
/// <param name="Contents">A hash of the lengths and times of its files.</param>
/// <param name="Written">When something of the run was last written, signs of life not counted, UTC; <see cref="DateTime.MinValue"/> where there is nothing.</param>
public readonly record struct RunStamp(DateTime Folder, int Contents, DateTime Written);
