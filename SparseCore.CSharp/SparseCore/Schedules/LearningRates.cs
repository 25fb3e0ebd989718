namespace SparseCore.Schedules;

/// <summary>The learning-rate schedules that plans can hold. A script adds its own: <c>LearningRates.Registry.Add("mine", () => new MySchedule())</c>.</summary>
public static class LearningRates
{
    /// <summary>All of them.</summary>
    public static PartRegistry<LearningRateSchedule> Registry { get; } =
        new PartRegistry<LearningRateSchedule>("learning-rate schedule", "learning-rate schedules", "LearningRates.Registry.Add(name, usual)")
            .Add("constant", () => new LearningRateSchedule.Constant(0.1))
            .Add("cosine", () => new LearningRateSchedule.Cosine(0.1, 10000))
            .Add("steps", () => new LearningRateSchedule.Steps([5000, 7500], [0.1, 0.01, 0.001]))
            .Add("warm-up", () => new LearningRateSchedule.WarmUp(500, new LearningRateSchedule.Cosine(0.1, 10000)));
}
