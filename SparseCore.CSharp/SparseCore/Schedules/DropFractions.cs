namespace SparseCore.Schedules;

/// <summary>The schedules of drop fractions that plans can hold. A script adds its own: <c>DropFractions.Registry.Add("mine", () => new MySchedule())</c>.</summary>
public static class DropFractions
{
    /// <summary>All of them.</summary>
    public static PartRegistry<DropFractionSchedule> Registry { get; } =
        new PartRegistry<DropFractionSchedule>("drop-fraction schedule", "drop-fraction schedules", "DropFractions.Registry.Add(name, usual)")
            .Add("constant", () => new DropFractionSchedule.Constant(0.3))
            .Add("cosine", () => new DropFractionSchedule.Cosine(0.3, 10000))
            .Add("tied-to-learning-rate", () => new DropFractionSchedule.TiedToLearningRate(0.3));
}
