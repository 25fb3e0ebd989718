using System.Diagnostics;
using SparseCore.Randomness;

namespace SparseCore.Faults;

/// <summary>Feeds readers with random and structure-aware damage. Case n of a seed is the same input on every machine.</summary>
internal static class Fuzzer
{
    private const int ReportedFailures = 5;

    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(1);

    /// <summary>Shares a number of cases among readers.</summary>
    public static IEnumerable<FuzzResult> Run(IReadOnlyList<FuzzTarget> targets, ulong seed, int cases)
    {
        var shares = targets.Sum(target => target.Share);
        return targets.Select(target => Run(target, seed, (int)Math.Ceiling((double)cases * target.Share / shares)));
    }

    /// <summary>Runs cases 0 .. cases - 1 of a seed.</summary>
    public static FuzzResult Run(FuzzTarget target, ulong seed, int cases)
    {
        var failures = new List<string>();
        var accepted = 0;
        var worstBytes = 0L;
        var worstTime = TimeSpan.Zero;
        var clock = Stopwatch.StartNew();
        Feed(target, target.CreateInput(new RandomStream(seed, target.Name, ulong.MaxValue)), out _); // first use compiles and loads
        for (var index = 0; index < cases && failures.Count < ReportedFailures; index++)
        {
            var input = target.CreateInput(new RandomStream(seed, target.Name, (ulong)index));
            var before = GC.GetAllocatedBytesForCurrentThread();
            var start = ThreadClock.Now;
            var failure = Feed(target, input, out var isAccepted);
            var time = ThreadClock.Now - start;
            var bytes = GC.GetAllocatedBytesForCurrentThread() - before;
            accepted += isAccepted ? 1 : 0;
            worstBytes = Math.Max(worstBytes, bytes);
            worstTime = time > worstTime ? time : worstTime;
            if (failure is null && bytes > target.MemoryBound(input.Length))
            {
                failure = $"{bytes} bytes allocated for an input of {input.Length}; at most {target.MemoryBound(input.Length)} are promised";
            }

            if (failure is null && time > Slow && TimeOf(target, input) is var again && again > Slow) // first uses compile
            {
                failure = $"{again.TotalSeconds:F1} s of processor time for an input of {input.Length} bytes; at most {Slow.TotalSeconds} s are promised";
            }

            if (failure is not null)
            {
                failures.Add($"{target.Name}, seed {seed}, case {index}: {failure}");
            }
        }

        return new FuzzResult(target.Name, cases, accepted, failures, worstBytes, worstTime.TotalMilliseconds, clock.Elapsed.TotalSeconds);
    }

    private static TimeSpan TimeOf(FuzzTarget target, byte[] input)
    {
        var start = ThreadClock.Now;
        Feed(target, input, out _);
        return ThreadClock.Now - start;
    }

    private static string? Feed(FuzzTarget target, byte[] input, out bool isAccepted)
    {
        isAccepted = false;
        try
        {
            isAccepted = target.Accepts(input);
            return null;
        }
        catch (Exception exception) when (target.IsDocumented(exception))
        {
            return null;
        }
        catch (Exception exception)
        {
            return exception.ToString();
        }
    }
}
