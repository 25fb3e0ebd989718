using SparseCore.Parameters;

namespace SparseCore.Connectivity;

/// <summary>The outcome of one mask update of dynamic sparse training.</summary>
/// <param name="Masks">The new masks: as many active weights in each layer as before.</param>
/// <param name="Kept">Those of them that were active before and not dropped; the others were grown.</param>
public sealed record MaskUpdate(MaskSet Masks, MaskSet Kept);
