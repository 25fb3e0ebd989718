using SparseCore.Plans;

namespace SparseCore.Training;

/// <summary>Tells nobody. What a run warns of stands in its run.json all the same.</summary>
internal sealed class NoProgress : IRunProgress
{
    public static NoProgress Instance { get; } = new();

    public void Started(TrainingPlan plan, int step)
    {
    }

    public void Advanced(TrainingPlan plan, int step)
    {
    }

    public void Finished(TrainingPlan plan, bool trained)
    {
    }

    public void Failed(TrainingPlan plan, string reason)
    {
    }

    public void Warned(TrainingPlan plan, string message)
    {
    }
}
