using SparseCore.Connectivity;
using SparseCore.Plans;
using SparseCore.RunFolders;
using SparseCore.Schedules;
using SparseCore.Training;

namespace SparseCore.Verification;

/// <summary>Which rows a run logs, and in which order: the definition that its table of metrics is held against.</summary>
internal static class MetricsOrder
{
    private static readonly string[] AtAnUpdate = ["gradient_norm_before", "gradient_norm_after", "mask_churn", "explored"];
    private static readonly string[] OfConnectivity = ["effective_active_weights", "dead_neurons"];
    private static readonly string[] AtEveryLog = ["learning_rate", "active_weights", "gradient_norm"];
    private static readonly string[] AtEveryEvaluation = ["test_loss", "test_accuracy"];
    private static readonly string[] AtTheEnd = ["train_loss", "train_accuracy", "best_test_accuracy", "inference_flops", "model_bytes"];

    /// <summary>All rows up to the end of the run, or up to the checkpoint of <paramref name="lastSave"/>.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="lastSave">Step of the last checkpoint of an unfinished run; null for a finished one.</param>
    /// <param name="logged">All rows that the table has: where pruning may log or not, only their steps are looked at.</param>
    /// <returns>Metric, step, and whether the row may be absent: pruning that removes nothing logs nothing.</returns>
    public static IEnumerable<(string Metric, int Step, bool MayBeAbsent)> Rows(TrainingPlan plan, int? lastSave, IReadOnlyList<MetricRow> logged)
    {
        var updater = plan.Connectivity;
        foreach (var step in Steps(plan, logged).TakeWhile(step => step <= (lastSave ?? plan.Steps)))
        {
            var isUpdate = step > 0 && updater.Timing == UpdateTiming.AfterStep && updater.IsUpdate(step);
            foreach (var metric in (isUpdate ? Growing(updater).Concat(updater.Metrics) : []).Concat(isUpdate || step == 0 ? OfConnectivity : []))
            {
                yield return (metric, step, isUpdate && !updater.MasksGrow);
            }

            if (plan.Saves(step))
            {
                yield return (TrainingTotals.FlopsMetric, step, false);
            }

            if (step == lastSave)
            {
                yield break;
            }

            if (plan.Logs(step))
            {
                foreach (var metric in AtEveryLog.Concat(plan.Evaluates(step) ? AtEveryEvaluation : []).Concat(step == plan.Steps ? AtTheEnd : []))
                {
                    yield return (metric, step, false);
                }
            }

            if (step < plan.Steps && updater.Timing == UpdateTiming.BeforeStep && updater.IsUpdate(step))
            {
                foreach (var metric in Growing(updater).Concat(updater.Metrics).Concat(OfConnectivity))
                {
                    yield return (metric, step, !updater.MasksGrow);
                }
            }
        }
    }

    private static string[] Growing(IMaskUpdater updater) => updater.MasksGrow ? AtAnUpdate : [];

    /// <summary>The steps at which something may be logged, ascending.</summary>
    private static IEnumerable<int> Steps(TrainingPlan plan, IReadOnlyList<MetricRow> logged) => Moments.Merge(
        Moments.Every(0, plan.Steps, plan.Logging.Interval),
        plan.SavedSteps(),
        plan.Connectivity.MasksGrow
            ? plan.Connectivity.UpdateSteps(plan.Steps)
            : logged.Where(row => OfConnectivity.Contains(row.Metric)).Select(row => row.Step).Order());
}
