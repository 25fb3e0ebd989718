using SparseCore.Data;
using SparseCore.Parameters;
using SparseCore.Schedules;

namespace SparseCore.Connectivity;

/// <summary>
/// Changes the masks while a run trains: a sparse-training method is one class. Implementations are records without state; their constructor parameters are what a
/// plan stores. What they have to remember from one update to the next lies in <see cref="MaskUpdateContext.Memory"/>, which checkpoints keep. Register one of your own
/// with <see cref="MaskUpdaters.Registry"/>.
/// </summary>
public interface IMaskUpdater
{
    /// <summary>Where in a moment updates happen.</summary>
    UpdateTiming Timing => UpdateTiming.AfterStep;

    /// <summary>
    /// Whether masked weights may become active. Then the weights explored so far are counted and saved, every update is measured (gradient norms before and
    /// after it, share of exchanged weights), and a network without a path is warned of, not refused, as later updates may mend it.
    /// </summary>
    bool MasksGrow { get; }

    /// <summary>What updates have to see besides masks and parameters; the cost of a run depends on it.</summary>
    /// <exception cref="UnregisteredNameException">It depends on a growth score that is not registered.</exception>
    GrowthSignal Signal => GrowthSignal.None;

    /// <summary>The training examples whose gradient is the signal; null for the batch just trained on.</summary>
    ExampleRange? SignalExamples => null;

    /// <summary>Names of the blocks of <see cref="MaskUpdateContext.Memory"/> that updates keep.</summary>
    IReadOnlyList<string> MemoryNames => [];

    /// <summary>Names of the updater's own metrics, in the order in which every update logs them.</summary>
    IReadOnlyList<string> Metrics => [];

    /// <summary>Whether masks are updated after <paramref name="step"/> steps; a pure function of the step.</summary>
    bool IsUpdate(int step);

    /// <summary>The steps up to <paramref name="last"/> at which masks are updated, ascending; made one at a time, as a plan may promise very many.</summary>
    IEnumerable<int> UpdateSteps(int last);

    /// <summary>The last update at or before a step; null where there is none.</summary>
    int? LastUpdate(int step);

    /// <summary>New masks for this moment. Everything random follows from a seed in the plan and the step.</summary>
    MaskUpdate Update(MaskUpdateContext context);

    /// <summary>
    /// Active weights to drop in each layer, where an update drops the smallest and grows by the gradient of cross-entropy plus L2 alone: engines that exchange weights on
    /// their device then do the update. Null where it has to be done by <see cref="Update"/>.
    /// </summary>
    IReadOnlyList<int>? DropsByGradient(int step, MaskSet masks, LearningRateSchedule learningRate, Action<string> warn) => null;

    /// <summary>What verification may expect of the masks that a checkpoint or a log of <paramref name="step"/> shows.</summary>
    /// <param name="start">The masks of step 0.</param>
    /// <param name="step">Steps done.</param>
    MaskExpectation Expect(MaskSet start, int step);

    /// <summary>What makes no sense in a run with these facts; null when all is well. Asked whenever a plan is read.</summary>
    PlanMistake? Mistake(RunFacts run) => null;

    /// <summary>
    /// Why updates would never change anything in a run with these facts, as the rest of a sentence that begins with the run; null when they would. Asked before a
    /// run is begun.
    /// </summary>
    string? WithoutEffect(RunFacts run) => null;
}
