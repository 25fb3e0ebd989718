namespace SparseCore.Curvature.Tangents;

/// <summary>
/// One value of every unit of a node for a batch of examples, or how fast it changes. The examples of a unit lie side by side, so that a vector holds one unit of several
/// examples. Shape [units, lanes].
/// </summary>
internal sealed class LaneMap
{
    /// <summary>Examples side by side; a multiple of every vector's length.</summary>
    public const int Lanes = 256;

    private readonly float[] values;
    private readonly bool[] isLive;

    public LaneMap(int units)
    {
        values = new float[units * Lanes];
        isLive = new bool[units];
    }

    /// <summary>Number of units.</summary>
    public int Units => isLive.Length;

    /// <summary>The lanes of a unit. Those of one that is not alive mean nothing.</summary>
    public Span<float> this[int unit] => values.AsSpan(unit * Lanes, Lanes);

    /// <summary>Whether a unit may differ from 0.</summary>
    public bool IsLive(int unit) => isLive[unit];

    /// <summary>The lanes of a unit that is alive from now on.</summary>
    public Span<float> Revive(int unit)
    {
        isLive[unit] = true;
        return this[unit];
    }

    /// <summary>All units are 0.</summary>
    public void Clear() => Array.Clear(isLive);

    /// <summary>Writes zeros where nothing lives, so that every lane can be read.</summary>
    public void FillDead()
    {
        for (var unit = 0; unit < Units; unit++)
        {
            if (!isLive[unit])
            {
                this[unit].Clear();
            }
        }
    }
}
