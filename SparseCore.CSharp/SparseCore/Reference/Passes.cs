using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SparseCore.Reference;

/// <summary>What the passes through a network have computed so far, for some groups of eight examples side by side.</summary>
internal sealed class Passes
{
    /// <summary>Examples in one vector.</summary>
    public const int Lanes = 8;

    private readonly BufferPool pool = new();

    /// <summary>Nothing yet.</summary>
    /// <param name="counts">Values of one example: of the input, then of every step.</param>
    public Passes(int[] counts)
    {
        Values = new BufferSet(counts, pool);
        Tangents = new BufferSet(counts, pool);
        Gradients = new BufferSet(counts, pool);
        GradientTangents = new BufferSet(counts, pool);
    }

    /// <summary>Examples at hand; the lanes past the last one hold numbers without meaning.</summary>
    public int Examples { get; private set; }

    /// <summary>Groups of eight examples, the last one perhaps not full.</summary>
    public int Groups => pool.Groups;

    /// <summary>What every step gives.</summary>
    public BufferSet Values { get; }

    /// <summary>The values' derivatives in the direction of a vector of parameters.</summary>
    public BufferSet Tangents { get; }

    /// <summary>The loss's derivatives by the values; exactly 0 in the lanes past the last example.</summary>
    public BufferSet Gradients { get; }

    /// <summary>The gradients' derivatives in the direction of the vector; exactly 0 in the lanes past the last example.</summary>
    public BufferSet GradientTangents { get; }

    /// <summary>Forgets everything and makes room for other examples.</summary>
    public void Begin(int examples)
    {
        Values.ReleaseAll();
        Tangents.ReleaseAll();
        Gradients.ReleaseAll();
        GradientTangents.ReleaseAll();
        Examples = examples;
        pool.Resize((examples + Lanes - 1) / Lanes);
    }

    /// <summary>Lanes of a group that hold examples.</summary>
    public int LanesOf(int group) => Math.Min(Lanes, Examples - (group * Lanes));

    /// <summary>All bits set in the lanes of a group that hold examples, 0 in the others.</summary>
    public Vector512<double> MaskOf(int group) =>
        Vector512.LessThan(Vector512.Create(0.0, 1, 2, 3, 4, 5, 6, 7), Vector512.Create((double)LanesOf(group)));

    /// <summary>Sum over eight examples in one fixed order; Vector512.Sum leaves the order to the machine.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Total(Vector512<double> vector)
    {
        var four = vector.GetLower() + vector.GetUpper();
        var two = four.GetLower() + four.GetUpper();
        return two.ToScalar() + two.GetElement(1);
    }
}
