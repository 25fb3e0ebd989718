using SparseCore.Checkpoints;
using SparseCore.Data;
using SparseCore.Plans;
using SparseCore.RunFolders;

namespace SparseCore.Training;

/// <summary>
/// Makes many runs side by side, parents before children, the longest first (<see cref="RunOrder"/>). Finished runs are skipped; a failed one is isolated: what derives from it is not made, everything
/// else goes on.
/// </summary>
public static class RunGraph
{
    /// <summary>Makes all runs and everything they derive from.</summary>
    /// <param name="runs">The runs wanted.</param>
    /// <param name="executor">Makes one run.</param>
    /// <param name="jobs">Runs at a time, one thread each.</param>
    /// <param name="progress">Hears of everything.</param>
    /// <param name="cancellation">Stops all runs between two steps.</param>
    /// <returns>The runs that failed, with the reason; empty when all is well.</returns>
    /// <exception cref="PlanException">A schedule of an unfinished run never acts; nothing was made.</exception>
    /// <exception cref="OperationCanceledException">Stopped; the next call goes on.</exception>
    public static IReadOnlyList<FailedRun> Execute(
        IEnumerable<PlannedRun> runs, RunExecutor executor, int jobs, IRunProgress progress, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(jobs, 1);
        var all = PlannedRun.WithParents(runs);
        var toTrain = all.Where(run => !executor.IsFinished(run.Plan)).ToList();
        toTrain.ForEach(run => run.Plan.RequireEffect()); // before anything is trained
        var costs = toTrain.ToDictionary(run => run.Plan.Hash, run => new RunCost(run).Total, StringComparer.Ordinal);
        var waiting = RunOrder.LongestPathFirst(all, run => costs.GetValueOrDefault(run.Plan.Hash)).ToList();
        var unfinished = waiting.Select(run => run.Plan.Hash).ToHashSet(StringComparer.Ordinal);
        var failed = new Dictionary<string, FailedRun>(StringComparer.Ordinal);
        var running = 0;
        Exception? fatal = null;
        var gate = new object();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);

        var threads = Enumerable.Range(0, Math.Min(jobs, waiting.Count)).Select(index => new Thread(Work) { Name = $"run {index + 1}", IsBackground = true }).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        if (fatal is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(fatal);
        }

        cancellation.ThrowIfCancellationRequested();
        return [.. failed.Values];

        void Work()
        {
            while (Next() is { } run)
            {
                try
                {
                    executor.Execute(run.Plan, progress, stop.Token);
                    Done(run, null);
                }
                catch (Exception error) when (error is TrainingException or PlanException or RunFolderException or CheckpointException or DataException)
                {
                    Done(run, error.Message);
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

        PlannedRun? Next()
        {
            lock (gate)
            {
                while (true)
                {
                    if (stop.IsCancellationRequested || (waiting.Count == 0))
                    {
                        return null;
                    }

                    var ready = waiting.Find(run => run.Parents.All(parent => !unfinished.Contains(parent.Plan.Hash)));
                    if (ready is not null)
                    {
                        waiting.Remove(ready);
                        if (ready.Parents.FirstOrDefault(parent => failed.ContainsKey(parent.Plan.Hash)) is not { } cause)
                        {
                            running++;
                            return ready;
                        }

                        Conclude(ready, $"the run it derives from, '{cause.Plan.FolderName}', failed");
                        continue;
                    }

                    if (running == 0)
                    {
                        throw new InvalidOperationException("The graph of runs has a cycle.");
                    }

                    Monitor.Wait(gate);
                }
            }
        }

        void Done(PlannedRun run, string? error)
        {
            lock (gate)
            {
                running--;
                Conclude(run, error);
            }
        }

        void Conclude(PlannedRun run, string? error)
        {
            unfinished.Remove(run.Plan.Hash);
            if (error is not null)
            {
                failed[run.Plan.Hash] = new FailedRun(run.Plan, error);
                progress.Failed(run.Plan, error);
            }

            Monitor.PulseAll(gate);
        }

        void Stop(Exception? error)
        {
            lock (gate)
            {
                running--;
                fatal ??= error;
                stop.Cancel();
                Monitor.PulseAll(gate);
            }
        }
    }
}
