namespace SparseCore.Training;

/// <summary>Receives what a run produces, in order. The trainer knows nothing of files.</summary>
public interface ITrainingSink
{
    /// <summary>One measured value.</summary>
    void Metric(string metric, int step, double value);

    /// <summary>The state at a step the plan saves; valid only during the call.</summary>
    void Save(TrainingState state);

    /// <summary>The state at a step at which the run is stopped and which the plan does not save; valid only during the call. The run goes on from it.</summary>
    void Stop(TrainingState state, TrainingTotals totals);

    /// <summary>Something a researcher should know but that does not stop the run.</summary>
    void Warn(int step, string message);

    /// <summary>A step is done; called often, must be cheap.</summary>
    void Advance(int step);
}
