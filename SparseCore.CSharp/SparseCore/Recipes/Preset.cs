namespace SparseCore.Recipes;

/// <summary>Where the paper's text and its published code disagree (shared notes, sections 3 and 4), which of them runs follow.</summary>
public enum Preset
{
    /// <summary>
    /// The text: neuron-scaled and layer-scaled initialization with scale 2 (Eq. 1), random starting masks for SET and RigL, growth by the gradient of the
    /// batch just trained on.
    /// </summary>
    Paper,

    /// <summary>
    /// The published runs: scale 1, the pruning solution's mask as starting mask of SET and RigL, growth by the gradient of training examples 1000 to 1999.
    /// </summary>
    PaperCode,
}
