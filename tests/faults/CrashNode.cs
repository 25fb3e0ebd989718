namespace SparseCore.Faults;

/// <summary>What a name on a disk leads to: a file or a folder. Both may have several names, or none any more.</summary>
internal abstract class CrashNode;
