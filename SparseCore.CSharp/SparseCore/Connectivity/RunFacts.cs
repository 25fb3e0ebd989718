using SparseCore.Networks;
using SparseCore.Schedules;

namespace SparseCore.Connectivity;

/// <summary>What a mask updater may know of a run before it begins.</summary>
/// <param name="Network">The network.</param>
/// <param name="Steps">Length of the run.</param>
/// <param name="LearningRate">Step to learning rate.</param>
/// <param name="StartsDense">Whether all weights are known to be active at step 0.</param>
public sealed record RunFacts(Network Network, int Steps, LearningRateSchedule LearningRate, bool StartsDense);
