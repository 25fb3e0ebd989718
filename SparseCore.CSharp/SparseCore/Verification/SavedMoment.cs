using SparseCore.Checkpoints;
using SparseCore.Connectivity;
using SparseCore.Measurement;
using SparseCore.Plans;

namespace SparseCore.Verification;

/// <summary>What verification keeps of a checkpoint, so that the checkpoints of a large network need not be in memory together.</summary>
/// <param name="Step">Its step.</param>
/// <param name="MetricsLength">Length of the metrics file when it was saved, in bytes.</param>
/// <param name="Facts">Metrics that follow from it alone, where they are logged at its step.</param>
internal sealed record SavedMoment(int Step, long MetricsLength, IReadOnlyList<(string Metric, double Value)> Facts)
{
    /// <summary>Computes the facts of a checkpoint anew.</summary>
    public static SavedMoment Of(TrainingPlan plan, Checkpoint checkpoint)
    {
        var (step, masks) = (checkpoint.Step, checkpoint.Masks);
        var facts = new List<(string Metric, double Value)>();
        if (plan.Logs(step))
        {
            facts.Add(("active_weights", masks.ActiveCount));
        }

        // Updates before a step happen after the checkpoint, and their rows with them.
        var updater = plan.Connectivity;
        var isUpdate = step > 0 && updater.Timing == UpdateTiming.AfterStep && updater.IsUpdate(step);
        if (isUpdate || (step == 0 && updater.Timing == UpdateTiming.AfterStep))
        {
            var health = ConnectivityHealth.Measure(masks);
            facts.Add(("effective_active_weights", health.EffectiveActiveCount));
            facts.Add(("dead_neurons", health.DeadNeurons));
        }

        if (isUpdate && checkpoint.Explored is { } explored)
        {
            facts.Add(("explored", explored.ActiveCount / (double)masks.Network.Layers.Sum(layer => (long)layer.WeightCount)));
        }

        if (step == plan.Steps)
        {
            facts.Add(("inference_flops", Flops.Inference(masks)));
            facts.Add(("model_bytes", ModelSize.Bytes(masks)));
        }

        return new SavedMoment(step, checkpoint.MetricsLength, facts);
    }
}
