namespace SparseCore.Torch;

/// <summary>Which statistics the batch normalizations of a pass take.</summary>
internal enum NormStatistics
{
    /// <summary>Those of the batch, toward which the running ones move.</summary>
    BatchAndUpdate,

    /// <summary>Those of the batch; the running ones stay.</summary>
    Batch,

    /// <summary>The running ones.</summary>
    Running,
}
