using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SparseCore.Benchmarks;

/// <summary>Times of one piece of work, in microseconds.</summary>
internal sealed class Times
{
    private readonly List<double> values = [];

    /// <summary>The middle one.</summary>
    public double Median => values.Order().ElementAt(values.Count / 2);

    /// <summary>The smallest.</summary>
    public double Minimum => values.Min();

    /// <summary>All together.</summary>
    public double Sum => values.Sum();

    /// <summary>Adds one time in microseconds.</summary>
    public void Add(double microseconds) => values.Add(microseconds);
}

/// <summary>Takes turns between pieces of work, so that a busy machine slows all of them and not one.</summary>
internal static class Measurement
{
    /// <summary>Runs every piece of work in every round, in order.</summary>
    /// <param name="rounds">Number of rounds; one more is run first and not counted.</param>
    /// <param name="work">Each gets the list to add its times to.</param>
    public static Times[] Interleave(int rounds, params ReadOnlySpan<Action<Times>> work)
    {
        var times = new Times[work.Length];
        for (var index = 0; index < work.Length; index++)
        {
            work[index](new Times());
            times[index] = new Times();
        }

        for (var round = 0; round < rounds; round++)
        {
            for (var index = 0; index < work.Length; index++)
            {
                work[index](times[index]);
            }
        }

        return times;
    }

    /// <summary>Runs an action several times, each timed on its own.</summary>
    public static void Repeat(Times times, int count, Action action)
    {
        for (var index = 0; index < count; index++)
        {
            var start = Stopwatch.GetTimestamp();
            action();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }
    }

    /// <summary>Multiply-adds a second of one core: the best of many short loops of independent fused multiply-adds in registers.</summary>
    public static double Peak()
    {
        var times = new Times();
        var wide = Vector512.IsHardwareAccelerated;
        Repeat(times, 300, () => _ = wide ? FusedMultiplyAdds(4000) : NarrowFusedMultiplyAdds(4000));
        return 4000 * 12 * (wide ? 16 : 8) / times.Minimum * 1e6;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float NarrowFusedMultiplyAdds(int trips)
    {
        var factor = Vector256.Create(0.5f);
        var s0 = factor;
        var s1 = factor;
        var s2 = factor;
        var s3 = factor;
        var s4 = factor;
        var s5 = factor;
        var s6 = factor;
        var s7 = factor;
        var s8 = factor;
        var s9 = factor;
        var s10 = factor;
        var s11 = factor;
        for (var trip = 0; trip < trips; trip++)
        {
            s0 = Vector256.FusedMultiplyAdd(s0, factor, factor);
            s1 = Vector256.FusedMultiplyAdd(s1, factor, factor);
            s2 = Vector256.FusedMultiplyAdd(s2, factor, factor);
            s3 = Vector256.FusedMultiplyAdd(s3, factor, factor);
            s4 = Vector256.FusedMultiplyAdd(s4, factor, factor);
            s5 = Vector256.FusedMultiplyAdd(s5, factor, factor);
            s6 = Vector256.FusedMultiplyAdd(s6, factor, factor);
            s7 = Vector256.FusedMultiplyAdd(s7, factor, factor);
            s8 = Vector256.FusedMultiplyAdd(s8, factor, factor);
            s9 = Vector256.FusedMultiplyAdd(s9, factor, factor);
            s10 = Vector256.FusedMultiplyAdd(s10, factor, factor);
            s11 = Vector256.FusedMultiplyAdd(s11, factor, factor);
        }

        return (s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11).ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float FusedMultiplyAdds(int trips)
    {
        var factor = Vector512.Create(0.5f);
        var s0 = factor;
        var s1 = factor;
        var s2 = factor;
        var s3 = factor;
        var s4 = factor;
        var s5 = factor;
        var s6 = factor;
        var s7 = factor;
        var s8 = factor;
        var s9 = factor;
        var s10 = factor;
        var s11 = factor;
        for (var trip = 0; trip < trips; trip++)
        {
            s0 = Vector512.FusedMultiplyAdd(s0, factor, factor);
            s1 = Vector512.FusedMultiplyAdd(s1, factor, factor);
            s2 = Vector512.FusedMultiplyAdd(s2, factor, factor);
            s3 = Vector512.FusedMultiplyAdd(s3, factor, factor);
            s4 = Vector512.FusedMultiplyAdd(s4, factor, factor);
            s5 = Vector512.FusedMultiplyAdd(s5, factor, factor);
            s6 = Vector512.FusedMultiplyAdd(s6, factor, factor);
            s7 = Vector512.FusedMultiplyAdd(s7, factor, factor);
            s8 = Vector512.FusedMultiplyAdd(s8, factor, factor);
            s9 = Vector512.FusedMultiplyAdd(s9, factor, factor);
            s10 = Vector512.FusedMultiplyAdd(s10, factor, factor);
            s11 = Vector512.FusedMultiplyAdd(s11, factor, factor);
        }

        return (s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11).ToScalar();
    }
}
