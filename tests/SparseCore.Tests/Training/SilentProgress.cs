using SparseCore.Plans;
using SparseCore.Training;

namespace SparseCore.Tests.Training;

/// <summary>Keeps the warnings, and passes over everything else.</summary>
internal sealed class SilentProgress : IRunProgress
{
    /// <summary>What was warned of.</summary>
    public List<string> Warnings { get; } = [];

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

    public void Warned(TrainingPlan plan, string message) => Warnings.Add(message);
}
