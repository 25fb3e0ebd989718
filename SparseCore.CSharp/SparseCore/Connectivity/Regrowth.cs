namespace SparseCore.Connectivity;

/// <summary>What becomes of a weight that one mask update drops and grows again (Evci et al. 2020, Algorithm 1, leaves it open).</summary>
public enum Regrowth
{
    /// <summary>It keeps its value and its momentum, as in the authors' code: only its mask was looked at.</summary>
    Keep,

    /// <summary>It starts at 0 like every other grown weight: Algorithm 1 read literally.</summary>
    Reset,
}
