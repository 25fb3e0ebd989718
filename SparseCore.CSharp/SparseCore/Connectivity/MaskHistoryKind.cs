namespace SparseCore.Connectivity;

/// <summary>How the masks of a run follow one another.</summary>
public enum MaskHistoryKind
{
    /// <summary>They never change.</summary>
    Fixed,

    /// <summary>A masked weight never becomes active.</summary>
    Nested,

    /// <summary>They change at updates only, in any way.</summary>
    Changing,
}
