namespace SparseCore.Curvature.Tangents;

/// <summary>The terms of a sum: units and their weights.</summary>
internal sealed class TermList
{
    private int[] units = new int[64];
    private float[] weights = new float[64];
    private int count;

    public ReadOnlySpan<int> Units => units.AsSpan(0, count);

    public ReadOnlySpan<float> Weights => weights.AsSpan(0, count);

    public void Clear() => count = 0;

    public void Add(int unit, float weight)
    {
        if (count == units.Length)
        {
            Array.Resize(ref units, 2 * count);
            Array.Resize(ref weights, 2 * count);
        }

        units[count] = unit;
        weights[count++] = weight;
    }
}
