using SparseCore.Schedules;

namespace SparseCore.Connectivity;

/// <summary>The mask updaters that plans can hold. A script adds its own: <c>MaskUpdaters.Registry.Add("mine", () => new MyUpdater())</c>.</summary>
public static class MaskUpdaters
{
    private const int Steps = 10000;
    private const int Interval = 100;

    /// <summary>All of them.</summary>
    public static PartRegistry<IMaskUpdater> Registry { get; } =
        new PartRegistry<IMaskUpdater>("mask updater", "mask updaters", "MaskUpdaters.Registry.Add(name, usual)")
            .Add("static", () => new StaticMasks())
            .Add("gradual-pruning", () => new GradualPruning(new CubicSparsity(0, 0.9, Steps / 4, Steps * 3 / 5, Interval)))
            .Add("drop-and-grow", () => new DropAndGrow("gradient", new UpdateSchedule(Interval, Steps, Interval), new DropFractionSchedule.Cosine(0.3, Steps), null, 1))
            .Add("global-drop-and-grow", () => new GlobalDropAndGrow("random", new UpdateSchedule(Interval, Steps, Interval), new DropFractionSchedule.Cosine(0.3, Steps), null, 1))
            .Add("alternating", () => new AlternatingPhases(0.9, new UpdateSchedule(Steps / 10, Steps * 17 / 20, Steps / 20)));
}
