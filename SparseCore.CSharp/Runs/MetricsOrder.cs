using SparseCore.Training;

namespace SparseCore.Runs;

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
    /// <returns>Metric, step, and whether the row may be absent: pruning that removes nothing logs nothing.</returns>
    public static IEnumerable<(string Metric, int Step, bool MayBeAbsent)> Rows(TrainingPlan plan, int? lastSave)
    {
        for (var step = 0; step <= (lastSave ?? plan.Steps); step++)
        {
            var isUpdate = plan.Connectivity is ConnectivityPlan.DropAndGrow dynamic && dynamic.Updates.IsUpdate(step);
            foreach (var metric in (isUpdate ? AtAnUpdate : []).Concat(isUpdate || step == 0 ? OfConnectivity : []))
            {
                yield return (metric, step, false);
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

            if (step < plan.Steps && plan.Connectivity is ConnectivityPlan.GradualPruning { Sparsity: var schedule } && schedule.IsUpdate(step))
            {
                foreach (var metric in OfConnectivity)
                {
                    yield return (metric, step, true);
                }
            }
        }
    }
}
