using SparseCore.Plans;

namespace SparseCore.Training;

/// <summary>Hears of runs while they are made, possibly from several threads at once.</summary>
public interface IRunProgress
{
    /// <summary>A run begins, or goes on from <paramref name="step"/>.</summary>
    void Started(TrainingPlan plan, int step);

    /// <summary>A run has done <paramref name="step"/> steps; called at every step.</summary>
    void Advanced(TrainingPlan plan, int step);

    /// <summary>A run is finished; <paramref name="trained"/> is false when it was finished before.</summary>
    void Finished(TrainingPlan plan, bool trained);

    /// <summary>A run cannot be made; the others go on.</summary>
    void Failed(TrainingPlan plan, string reason);

    /// <summary>Another process makes a run; it is looked at again later.</summary>
    void Busy(TrainingPlan plan, string reason)
    {
        // Nobody has to know.
    }

    /// <summary>Something worth knowing that does not stop the run.</summary>
    void Warned(TrainingPlan plan, string message);
}
