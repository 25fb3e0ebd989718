using SparseCore.Checkpoints;
using SparseCore.RunFolders;
using SparseCore.Training;

namespace SparseCore.Verification;

/// <summary>Collects what a run produces between two checkpoints, compares the second one and stops the run there.</summary>
/// <param name="to">The checkpoint to be reached, or null for the end of the run.</param>
/// <param name="agreement">When numbers agree.</param>
/// <param name="stop">Stops the run.</param>
internal sealed class ReplaySink(Checkpoint? to, Agreement agreement, CancellationTokenSource stop) : ITrainingSink
{
    /// <summary>Subject, expected (computed now) and found (saved) of everything that differs.</summary>
    public List<(string Subject, string Expected, string Found)> Differences { get; } = [];

    /// <summary>Metrics up to the checkpoint.</summary>
    public List<MetricRow> Rows { get; } = [];

    /// <summary>What was said up to the checkpoint.</summary>
    public HashSet<string> Warnings { get; } = [];

    public void Metric(string metric, int step, double value)
    {
        if (!stop.IsCancellationRequested)
        {
            Rows.Add(new MetricRow(metric, step, value));
        }
    }

    public void Save(TrainingState state)
    {
        if (stop.IsCancellationRequested)
        {
            return;
        }

        if (to is null || state.Step != to.Step)
        {
            Differences.Add(("step", to is null ? "no further checkpoint" : $"{to.Step}", $"{state.Step}"));
        }
        else
        {
            StateComparison.Compare(state, to, agreement, Report);
            foreach (var name in state.Memory.Keys.Union(to.State.Keys).Order(StringComparer.Ordinal))
            {
                StateComparison.Blocks(name.Replace('-', ' '), state.Memory.GetValueOrDefault(name), to.State.GetValueOrDefault(name), agreement, Report);
            }

            if (agreement.IsExact && to.Explored is { } explored && !explored.Equals(state.Explored))
            {
                Report("explored weights", $"{state.Explored.ActiveCount}", $"{explored.ActiveCount}, or others");
            }
        }

        stop.Cancel();
    }

    public void Stop(TrainingState state, TrainingTotals totals)
    {
        // A replay begins anew.
    }

    public void Warn(int step, string message)
    {
        if (!stop.IsCancellationRequested)
        {
            Warnings.Add(message);
        }
    }

    public void Advance(int step)
    {
        // Nobody waits for a replay step by step.
    }

    private void Report(string subject, string expected, string found) => Differences.Add((subject, expected, found));
}
