namespace SparseCore.Curvature.Tangents;

/// <summary>A fixed weighted sum of units: a residual's addition, a mean over positions, and a flattening, which only renames units.</summary>
internal sealed class SumTangent : TangentStep
{
    private readonly (int Source, int Unit)[][] terms;
    private readonly float weight;

    /// <summary>A sum.</summary>
    /// <param name="units">Units of the target.</param>
    /// <param name="terms">For each the terms: which of the sources, and which of its units.</param>
    /// <param name="weight">By which every term is multiplied.</param>
    public SumTangent(int units, Func<int, IEnumerable<(int Source, int Unit)>> terms, float weight)
    {
        this.terms = [.. Enumerable.Range(0, units).Select(unit => terms(unit).ToArray())];
        this.weight = weight;
    }

    public override void Forward(LaneMap[] values)
    {
        for (var unit = 0; unit < values[Target].Units; unit++)
        {
            var target = values[Target].Revive(unit);
            target.Clear();
            foreach (var (source, read) in terms[unit])
            {
                LaneMath.Add(values[Sources[source]][read], weight, target);
            }
        }
    }

    public override void Push(LaneMap[] values, LaneMap[] tangents, TermList scratch)
    {
        for (var unit = 0; unit < tangents[Target].Units; unit++)
        {
            foreach (var (source, read) in terms[unit])
            {
                if (tangents[Sources[source]].IsLive(read))
                {
                    if (!tangents[Target].IsLive(unit))
                    {
                        tangents[Target].Revive(unit).Clear();
                    }

                    LaneMath.Add(tangents[Sources[source]][read], weight, tangents[Target][unit]);
                }
            }
        }
    }

    public override void Pull(LaneMap[] values, LaneMap[] adjoints)
    {
        for (var unit = 0; unit < adjoints[Target].Units; unit++)
        {
            foreach (var (source, read) in terms[unit])
            {
                LaneMath.Add(adjoints[Target][unit], weight, adjoints[Sources[source]][read]);
            }
        }
    }
}
