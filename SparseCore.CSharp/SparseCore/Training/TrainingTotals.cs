using SparseCore.RunFolders;

namespace SparseCore.Training;

/// <summary>What a run sums up over its steps. It is read back from the metrics when a run goes on.</summary>
/// <param name="BestTestAccuracy">Best test accuracy logged so far (fraction).</param>
/// <param name="TrainFlops">
/// Floating-point operations of the training so far, counted from the masks (<see cref="Measurement.Flops"/>), gradients for growth included,
/// measurements excluded.
/// </param>
public readonly record struct TrainingTotals(double BestTestAccuracy, double TrainFlops)
{
    internal const string AccuracyMetric = "test_accuracy";
    internal const string FlopsMetric = "train_flops";

    /// <summary>The totals at the end of a table of metrics.</summary>
    /// <param name="metrics">The table.</param>
    /// <param name="trainFlops">The operations, where a run was stopped between two steps at which they are logged.</param>
    public static TrainingTotals Of(IEnumerable<MetricRow> metrics, double? trainFlops = null)
    {
        var rows = metrics.ToList();
        return new(
            rows.Where(row => row.Metric == AccuracyMetric).Select(row => row.Value).DefaultIfEmpty(0).Max(),
            trainFlops ?? rows.Where(row => row.Metric == FlopsMetric).Select(row => row.Value).LastOrDefault());
    }
}
