using SparseCore.Plans;
using SparseCore.Training;

namespace SparseCore.Faults;

/// <summary>Does something once when a run has reached a step.</summary>
/// <param name="run">The run to watch.</param>
/// <param name="step">The step; negative for never.</param>
/// <param name="action">What to do.</param>
internal sealed class Watcher(TrainingPlan run, int step, Action action) : IRunProgress
{
    private bool isDone;

    public void Started(TrainingPlan plan, int step)
    {
        // Only steps are watched.
    }

    public void Advanced(TrainingPlan plan, int done)
    {
        if (!isDone && done == step && plan.Hash == run.Hash)
        {
            isDone = true;
            action();
        }
    }

    public void Finished(TrainingPlan plan, bool trained)
    {
        // Only steps are watched.
    }

    public void Failed(TrainingPlan plan, string reason)
    {
        // The graph lists it.
    }

    public void Warned(TrainingPlan plan, string message)
    {
        // Warnings change nothing.
    }
}
