using SparseCore.Allocation;
using SparseCore.Checkpoints;
using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Initialization;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Plans;
using SparseCore.Scores;

namespace SparseCore.Training;

/// <summary>The state at step 0 that a plan asks for, and the checkpoints it was made from.</summary>
/// <param name="State">Masks and weights; momentum 0.</param>
/// <param name="Parents">The checkpoints used, with their content hashes.</param>
public sealed record InitialState(TrainingState State, IReadOnlyList<ParentReference> Parents)
{
    /// <summary>Makes the state.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="network">The plan's network.</param>
    /// <param name="train">Training examples, for scores that look at data.</param>
    /// <param name="engines">Makes engines, for scores that need gradients.</param>
    /// <param name="readParent">Reads and verifies a checkpoint of another run.</param>
    /// <exception cref="TrainingException">A mask cannot be made as asked.</exception>
    public static InitialState Create(
        TrainingPlan plan, Network network, Dataset train, IEngineFactory engines, Func<RunReference, Network, Checkpoint> readParent)
    {
        var parents = new List<ParentReference>();
        try
        {
            return plan.Mask is MaskPlan.AtInitialization pruned
                ? new InitialState(PruneAtInitialization(plan, pruned, network, train, engines), parents)
                : new InitialState(new TrainingState(MasksOf(out var masks), WeightsOf(masks)), parents);
        }
        catch (ArgumentException error)
        {
            throw new TrainingException($"'{plan.FolderName}' cannot start: {ErrorText.Of(error)}", error);
        }

        MaskSet MasksOf(out MaskSet masks)
        {
            masks = plan.Mask switch
            {
                MaskPlan.AllActive => MaskSet.Full(network),
                MaskPlan.FromRun { Run: var run, ShuffleSeed: var seed } => seed is { } value
                    ? MaskShuffle.WithinLayers(Read("mask", run).Masks, value)
                    : Read("mask", run).Masks,
                MaskPlan.RandomMasks random => RandomMask.Create(network, random.Allocation.ActiveCounts(network, random.Sparsity), random.Seed),
                _ => throw new InvalidOperationException($"Unknown mask plan {plan.Mask.GetType().Name}."),
            };
            return masks;
        }

        ParameterBlock WeightsOf(MaskSet masks) => plan.Weights switch
        {
            WeightPlan.Initialized initialized => InitialParameters.Draw(masks, initialized.Initializer, initialized.Seed),
            WeightPlan.FromRun { Run: var run } => Read("weights", run).Parameters.Clone(),
            _ => throw new InvalidOperationException($"Unknown weight plan {plan.Weights.GetType().Name}."),
        };

        Checkpoint Read(string role, RunReference run)
        {
            var checkpoint = readParent(run, network);
            parents.Add(new ParentReference(role, run.PlanHash, run.Step, checkpoint.ContentHash!));
            return checkpoint;
        }
    }

    private static TrainingState PruneAtInitialization(
        TrainingPlan plan, MaskPlan.AtInitialization pruned, Network network, Dataset train, IEngineFactory engines)
    {
        var initialized = (WeightPlan.Initialized)plan.Weights;
        var weights = InitialParameters.Draw(MaskSet.Full(network), initialized.Initializer, initialized.Seed);
        var context = new PruningContext(network, MaskSet.Full(network), weights, train, pruned.Examples.Indices(), engines, pruned.Seed);
        var masks = OneShotPruning.Prune(context, pruned.Score, pruned.Scope, pruned.Sparsity, pruned.Rounds);
        return new TrainingState(masks, weights);
    }
}
