using System.Diagnostics;
using System.Runtime.ExceptionServices;
using SparseCore.Checkpoints;
using SparseCore.Data;
using SparseCore.Plans;
using SparseCore.RunFolders;

namespace SparseCore.Training;

/// <summary>
/// Makes many runs side by side, parents before children, the longest first (<see cref="RunOrder"/>). Finished runs are skipped; a failed one is isolated: what derives
/// from it is not made, everything else goes on. Where the folder is shared (<see cref="RunExecutor.Shared"/>), a run that another process makes is left to it and looked
/// at again, and what derives from it waits.
/// </summary>
public sealed class RunGraph
{
    /// <summary>Time after which a run that another process makes is looked at again; longer every time, so that many that wait ask the file system little.</summary>
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1), LongestPause = TimeSpan.FromSeconds(15);

    private readonly RunExecutor executor;
    private readonly IRunProgress progress;
    private readonly object gate = new();
    private readonly List<(PlannedRun Run, double Path)> waiting;
    private readonly HashSet<string> unfinished;
    private readonly Dictionary<string, FailedRun> failed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Elsewhere> elsewhere = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource stop;
    private int running;
    private long lastEnd = Stopwatch.GetTimestamp();
    private Exception? fatal;

    private RunGraph(IEnumerable<PlannedRun> runs, RunExecutor executor, IRunProgress progress, CancellationTokenSource stop)
    {
        this.executor = executor;
        this.progress = progress;
        this.stop = stop;
        var all = PlannedRun.WithParents(runs);
        var toTrain = all.Where(run => !executor.IsFinished(run.Plan)).ToList();
        toTrain.ForEach(run => run.Plan.RequireEffect()); // before anything is trained
        var costs = toTrain.ToDictionary(run => run.Plan.Hash, run => new RunCost(run).Total, StringComparer.Ordinal);
        waiting = [.. RunOrder.WithPaths(all, run => costs.GetValueOrDefault(run.Plan.Hash))];
        unfinished = waiting.Select(entry => entry.Run.Plan.Hash).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Makes all runs and everything they derive from.</summary>
    /// <param name="runs">The runs wanted.</param>
    /// <param name="executor">Makes one run.</param>
    /// <param name="jobs">Runs at a time, one thread each.</param>
    /// <param name="progress">Hears of everything.</param>
    /// <param name="cancellation">Stops all runs between two steps.</param>
    /// <returns>The runs that failed, with the reason; empty when all is well. Where the folder is shared, also those that others are still making.</returns>
    /// <exception cref="PlanException">A schedule of an unfinished run never acts; nothing was made.</exception>
    /// <exception cref="RunFolderException">The folder is shared with another version of the toolkit.</exception>
    /// <exception cref="OperationCanceledException">Stopped; the next call goes on.</exception>
    public static IReadOnlyList<FailedRun> Execute(
        IEnumerable<PlannedRun> runs, RunExecutor executor, int jobs, IRunProgress progress, CancellationToken cancellation)
    {
        var outcome = Share(runs, executor, jobs, progress, cancellation);
        return [.. outcome.Failed, .. outcome.Busy];
    }

    /// <summary>As <see cref="Execute"/>, and tells failed runs from those that others are still making.</summary>
    public static SharedOutcome Share(IEnumerable<PlannedRun> runs, RunExecutor executor, int jobs, IRunProgress progress, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(jobs, 1);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var graph = new RunGraph(runs, executor, progress, stop);
        var threads = Enumerable.Range(0, Math.Min(jobs, graph.waiting.Count))
            .Select(index => new Thread(graph.Work) { Name = $"run {index + 1}", IsBackground = true })
            .ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        if (graph.fatal is { } fatal)
        {
            ExceptionDispatchInfo.Throw(fatal);
        }

        cancellation.ThrowIfCancellationRequested();
        return new SharedOutcome([.. graph.failed.Values], [.. graph.waiting.Select(entry => graph.StillBusy(entry.Run))]);
    }

    private void Work()
    {
        while (Next() is { } run)
        {
            try
            {
                executor.Execute(run.Run.Plan, progress, stop.Token);
                Done(run.Run, null);
            }
            catch (RunBusyException busy) when (executor.Shared is not null)
            {
                PutBack(run, busy);
            }
            catch (Exception error) when (error is TrainingException or PlanException or RunFolderException or CheckpointException or DataException)
            {
                Done(run.Run, error.Message);
            }
            catch (OperationCanceledException)
            {
                Stop(null);
            }
            catch (Exception error)
            {
                Stop(error); // a bug: do not go on as if nothing had happened
            }
        }
    }

    private (PlannedRun Run, double Path)? Next()
    {
        lock (gate)
        {
            while (true)
            {
                if (stop.IsCancellationRequested || waiting.Count == 0)
                {
                    return null;
                }

                if (FindReady() is { } ready)
                {
                    waiting.Remove(ready);
                    if (ready.Run.Parents.FirstOrDefault(parent => failed.ContainsKey(parent.Plan.Hash)) is not { } cause)
                    {
                        running++;
                        return ready;
                    }

                    Conclude(ready.Run, $"the run it derives from, '{cause.Plan.FolderName}', failed");
                    continue;
                }

                if (running > 0)
                {
                    Monitor.Wait(gate, FirstPause);
                    continue;
                }

                if (elsewhere.Count == 0)
                {
                    throw new InvalidOperationException("The graph of runs has a cycle.");
                }

                if (Stopwatch.GetElapsedTime(lastEnd) >= executor.Shared!.Wait)
                {
                    return null;
                }

                Monitor.Wait(gate, TimeSpan.FromMilliseconds(200));
            }
        }
    }

    /// <summary>
    /// The first run whose parents have come to an end. Of equal ones, where others work on the folder too, any: they would all try the same one otherwise.
    /// </summary>
    private (PlannedRun Run, double Path)? FindReady()
    {
        var now = Stopwatch.GetTimestamp();
        var first = waiting.FindIndex(IsReady);
        if (first < 0)
        {
            return null;
        }

        if (executor.Shared is null)
        {
            return waiting[first];
        }

        var equal = waiting.Where(entry => entry.Path == waiting[first].Path && IsReady(entry)).ToList();
        return equal[Random.Shared.Next(equal.Count)];

        bool IsReady((PlannedRun Run, double Path) entry) =>
            !(elsewhere.TryGetValue(entry.Run.Plan.Hash, out var other) && other.Again > now)
            && entry.Run.Parents.All(parent => !unfinished.Contains(parent.Plan.Hash));
    }

    /// <summary>Leaves a run to the process that makes it.</summary>
    private void PutBack((PlannedRun Run, double Path) entry, RunBusyException busy)
    {
        try
        {
            SharedWork.RequireVersionOf(busy);
        }
        catch (RunFolderException error)
        {
            Stop(error);
            return;
        }

        lock (gate)
        {
            running--;
            var hash = entry.Run.Plan.Hash;
            var before = elsewhere.GetValueOrDefault(hash);
            var pause = before is null ? FirstPause : TimeSpan.FromTicks(Math.Min(before.Pause.Ticks * 3 / 2, LongestPause.Ticks));
            elsewhere[hash] = new Elsewhere(busy.Message, pause, Stopwatch.GetTimestamp() + (long)(pause.TotalSeconds * Stopwatch.Frequency));
            waiting.Insert(waiting.FindIndex(other => other.Path < entry.Path) is >= 0 and var place ? place : waiting.Count, entry);
            if (before is null)
            {
                progress.Busy(entry.Run.Plan, busy.Holder is { } holder ? $"made by {holder.Worker}" : "made by another process");
            }

            Monitor.PulseAll(gate);
        }
    }

    private FailedRun StillBusy(PlannedRun run) => elsewhere.TryGetValue(run.Plan.Hash, out var other)
        ? new FailedRun(run.Plan, other.Reason)
        : new FailedRun(run.Plan, $"waits for '{run.Parents.First(parent => unfinished.Contains(parent.Plan.Hash)).Plan.FolderName}'");

    private void Done(PlannedRun run, string? error)
    {
        lock (gate)
        {
            running--;
            Conclude(run, error);
        }
    }

    private void Conclude(PlannedRun run, string? error)
    {
        unfinished.Remove(run.Plan.Hash);
        elsewhere.Remove(run.Plan.Hash);
        lastEnd = Stopwatch.GetTimestamp();
        if (error is not null)
        {
            failed[run.Plan.Hash] = new FailedRun(run.Plan, error);
            progress.Failed(run.Plan, error);
        }

        Monitor.PulseAll(gate);
    }

    private void Stop(Exception? error)
    {
        lock (gate)
        {
            running--;
            fatal ??= error;
            stop.Cancel();
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>A run that another process makes.</summary>
    /// <param name="Reason">Who, in a sentence.</param>
    /// <param name="Pause">Time between the last look and the next one.</param>
    /// <param name="Again">When the next look is due, a timestamp.</param>
    private sealed record Elsewhere(string Reason, TimeSpan Pause, long Again);
}
