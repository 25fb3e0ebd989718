namespace SparseCore.Parameters;

/// <summary>Exact selection: as many elements as asked for, whatever the scores; ties go to the lower index.</summary>
public static class TopK
{
    /// <summary>Indices of the <paramref name="count"/> highest scores, in ascending order of index.</summary>
    /// <param name="scores">Shape [n]; -0 and +0 are equal, infinities are allowed.</param>
    /// <param name="count">How many to select, 0 to n.</param>
    /// <exception cref="ArgumentException">A score is NaN, or the count is outside 0..n.</exception>
    public static int[] Select(ReadOnlySpan<float> scores, int count)
    {
        if (count < 0 || count > scores.Length)
        {
            throw new ArgumentException($"Cannot select {count} of {scores.Length} scores.");
        }

        var keys = new float[scores.Length];
        for (var index = 0; index < scores.Length; index++)
        {
            if (float.IsNaN(scores[index]))
            {
                throw new ArgumentException($"Score {index} of {scores.Length} is NaN; scores must be numbers.");
            }

            keys[index] = scores[index] + 0f; // -0 becomes +0, so that both are one value
        }

        var selected = new int[count];
        if (count == 0)
        {
            return selected;
        }

        Array.Sort(keys);
        var threshold = keys[^count];
        var above = keys.Length - 1 - Array.FindLastIndex(keys, key => key <= threshold);
        var ties = count - above;
        var found = 0;
        for (var index = 0; index < scores.Length && found < count; index++)
        {
            if (scores[index] > threshold)
            {
                selected[found++] = index;
            }
            else if (scores[index] == threshold && ties > 0)
            {
                selected[found++] = index;
                ties--;
            }
        }

        return selected;
    }

    /// <summary>The number of weights kept at a sparsity: round((1 - sparsity) * n), half away from zero.</summary>
    /// <param name="sparsity">Fraction of zeros, in [0, 1).</param>
    /// <param name="length">Number of weights n.</param>
    public static int KeepCount(double sparsity, int length) => (int)Math.Round((decimal)(1 - sparsity) * length, MidpointRounding.AwayFromZero);
}
