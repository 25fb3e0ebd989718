namespace SparseCore.Curvature.Tangents;

/// <summary>max(x, 0); the derivative at 0 is 0.</summary>
internal sealed class ReluTangent : TangentStep
{
    public override void Forward(LaneMap[] values)
    {
        for (var unit = 0; unit < values[Target].Units; unit++)
        {
            var source = values[Sources[0]][unit];
            LaneMath.Gate(source, source, values[Target].Revive(unit));
        }
    }

    public override void Push(LaneMap[] values, LaneMap[] tangents, TermList scratch)
    {
        var source = tangents[Sources[0]];
        for (var unit = 0; unit < source.Units; unit++)
        {
            if (source.IsLive(unit))
            {
                LaneMath.Gate(values[Target][unit], source[unit], tangents[Target].Revive(unit));
            }
        }
    }

    public override void Pull(LaneMap[] values, LaneMap[] adjoints)
    {
        Span<float> passed = stackalloc float[LaneMap.Lanes];
        for (var unit = 0; unit < values[Target].Units; unit++)
        {
            LaneMath.Gate(values[Target][unit], adjoints[Target][unit], passed);
            LaneMath.Add(passed, 1, adjoints[Sources[0]][unit]);
        }
    }
}
