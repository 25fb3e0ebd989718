namespace SparseCore.Parameters;

/// <summary>Exact selection: as many elements as asked for, whatever the scores; ties go to the lower index.</summary>
public static class TopK
{
    private const int DigitBits = 11;
    private const int DigitCount = 1 << DigitBits;

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

        for (var index = 0; index < scores.Length; index++)
        {
            if (float.IsNaN(scores[index]))
            {
                throw new ArgumentException($"Score {index} of {scores.Length} is NaN; scores must be numbers.");
            }
        }

        var selected = new int[count];
        if (count == 0)
        {
            return selected;
        }

        var (threshold, ties) = Threshold(scores, count);
        var found = 0;
        for (var index = 0; index < scores.Length && found < count; index++)
        {
            var key = Key(scores[index]);
            if (key > threshold)
            {
                selected[found++] = index;
            }
            else if (key == threshold && ties > 0)
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
    /// <exception cref="ArgumentOutOfRangeException">The sparsity is outside [0, 1).</exception>
    public static int KeepCount(double sparsity, int length)
    {
        if (!(sparsity >= 0 && sparsity < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(sparsity), sparsity, "A sparsity must be at least 0 and below 1.");
        }

        // The conversion to decimal keeps 15 digits, so that 1 - 0.95 is 0.05 and not 0.050000000000000044.
        return (int)Math.Round((decimal)(1 - sparsity) * length, MidpointRounding.AwayFromZero);
    }

    /// <summary>The key of the count-th highest score, and how many scores equal to it are selected: a radix selection from the highest digit.</summary>
    private static (uint Threshold, int Ties) Threshold(ReadOnlySpan<float> scores, int count)
    {
        Span<int> histogram = stackalloc int[DigitCount];
        var shift = 32 - DigitBits;
        foreach (var score in scores)
        {
            histogram[(int)(Key(score) >> shift)]++;
        }

        var wanted = count;
        var prefix = Digit(histogram, DigitCount - 1, ref wanted);

        // Only the scores that share the first digit of the one looked for stay in the race.
        var candidates = new uint[histogram[(int)prefix]];
        var found = 0;
        foreach (var score in scores)
        {
            var key = Key(score);
            if (key >> shift == prefix)
            {
                candidates[found++] = key;
            }
        }

        while (shift > 0)
        {
            var above = shift;
            shift = Math.Max(0, shift - DigitBits);
            var highest = (1u << (above - shift)) - 1;
            histogram.Clear();
            foreach (var key in candidates)
            {
                if (key >> above == prefix)
                {
                    histogram[(int)((key >> shift) & highest)]++;
                }
            }

            prefix = (prefix << (above - shift)) | Digit(histogram, (int)highest, ref wanted);
        }

        return (prefix, wanted);
    }

    /// <summary>The digit of the wanted-th highest score; afterwards, how many are wanted of those that have it.</summary>
    private static uint Digit(ReadOnlySpan<int> histogram, int highest, ref int wanted)
    {
        var digit = highest;
        while (histogram[digit] < wanted)
        {
            wanted -= histogram[digit--];
        }

        return (uint)digit;
    }

    /// <summary>An unsigned integer in the order of the numbers; -0 and +0 share one.</summary>
    private static uint Key(float score)
    {
        var bits = BitConverter.SingleToUInt32Bits(score + 0f);
        return (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
    }
}
