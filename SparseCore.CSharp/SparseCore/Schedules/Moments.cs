namespace SparseCore.Schedules;

/// <summary>Ascending steps, made one at a time: a plan may promise two thousand million of them, of which few are looked at.</summary>
internal static class Moments
{
    /// <summary>first, first + interval, ..., up to and including last where it is hit.</summary>
    public static IEnumerable<int> Every(int first, int last, int interval)
    {
        for (var step = (long)first; step <= last; step += interval)
        {
            yield return (int)step;
        }
    }

    /// <summary>All steps of ascending sequences, ascending and without repeats.</summary>
    public static IEnumerable<int> Merge(params IEnumerable<int>[] sequences)
    {
        var next = new PriorityQueue<IEnumerator<int>, int>();
        foreach (var sequence in sequences)
        {
            Advance(sequence.GetEnumerator());
        }

        var last = -1;
        while (next.TryDequeue(out var steps, out var step))
        {
            if (step > last)
            {
                yield return last = step;
            }

            Advance(steps);
        }

        void Advance(IEnumerator<int> steps)
        {
            if (steps.MoveNext())
            {
                next.Enqueue(steps, steps.Current);
            }
        }
    }
}
