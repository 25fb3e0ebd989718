using SparseCore.Parameters;
using SparseCore.Schedules;

namespace SparseCore.Connectivity;

/// <summary>What a mask update may look at, and whom it may tell.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Masks">The masks before the update.</param>
/// <param name="Parameters">Current parameters; 0 outside the masks. Not to be changed.</param>
/// <param name="Signal">The dense gradient of cross-entropy plus L2, or its exponential mean, as <see cref="IMaskUpdater.Signal"/> asked; zeros for <see cref="GrowthSignal.None"/>.</param>
/// <param name="LearningRate">Step to learning rate.</param>
/// <param name="Memory">What the updater keeps from one update to the next, by <see cref="IMaskUpdater.MemoryNames"/>; saved with every checkpoint.</param>
/// <param name="Log">Logs one of <see cref="IMaskUpdater.Metrics"/>.</param>
/// <param name="Warn">Says something that a researcher should know, as the rest of a sentence that begins with the run.</param>
public sealed record MaskUpdateContext(
    int Step,
    MaskSet Masks,
    ParameterBlock Parameters,
    ParameterBlock Signal,
    LearningRateSchedule LearningRate,
    IDictionary<string, ParameterBlock> Memory,
    Action<string, double> Log,
    Action<string> Warn);
