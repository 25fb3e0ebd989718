using SparseCore.Connectivity;
using SparseCore.Plans;

namespace SparseCore.Training;

/// <summary>
/// How long a run takes in relation to others, estimated from its plan: steps x batch x (multiplications with active weights + a share that masks do not save).
/// Gradients of masked weights and measurements are left out. It decides the order of runs and the time shown to be left, never a result.
/// </summary>
public sealed class RunCost
{
    /// <summary>What masks do not save of a dense step: activations, pooling, the choice of examples. Measured with LeNet5 on one thread.</summary>
    private const double FixedShare = 0.06;

    private const int Samples = 100;

    private readonly TrainingPlan plan;
    private readonly double startDensity;
    private readonly double denseStep;

    /// <summary>Reads the plan, and those of the runs it derives from.</summary>
    public RunCost(PlannedRun run)
    {
        plan = run.Plan;
        startDensity = StartDensity(run);
        denseStep = plan.BatchSize * plan.Network.Build().Layers.Sum(layer => (double)layer.WeightCount * layer.OutputPositions);
    }

    /// <summary>Cost of the whole run.</summary>
    public double Total => OfFirst(plan.Steps);

    /// <summary>Cost of the first steps, in the same unit.</summary>
    public double OfFirst(int steps) =>
        steps * denseStep * (FixedShare + Enumerable.Range(0, Samples).Average(sample => Density(plan, startDensity, (int)((sample + 0.5) * steps / Samples))));

    /// <summary>Share of active weights that the plan asks for at a step.</summary>
    private static double Density(TrainingPlan plan, double start, int step) => plan.Connectivity switch
    {
        GradualPruning pruning => Math.Min(start, 1 - pruning.Sparsity.At(step)),
        AlternatingPhases phases when phases.LastUpdate(step) is not null => phases.IsSparse(step) ? 1 - phases.Sparsity : 1,
        _ => start,
    };

    private static double StartDensity(PlannedRun run) => run.Plan.Mask switch
    {
        MaskPlan.RandomMasks random => 1 - random.Sparsity,
        MaskPlan.AtInitialization pruned => 1 - pruned.Sparsity,
        MaskPlan.FromRun { Run: var reference } when run.Parents.FirstOrDefault(parent => parent.Plan.Hash == reference.PlanHash) is { } parent =>
            Density(parent.Plan, StartDensity(parent), reference.Step),
        _ => 1,
    };
}
