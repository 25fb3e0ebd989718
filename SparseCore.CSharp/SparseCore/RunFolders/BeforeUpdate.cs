using SparseCore.Checkpoints;
using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Parameters;
using SparseCore.Plans;

namespace SparseCore.RunFolders;

/// <summary>
/// The moment before a mask update of dynamic sparse training: after step g, with the masks of step g - 1. A checkpoint shows the moment after the update; the one before is
/// the step from checkpoint g - 1, taken again with the same bits, so that it needs no file of its own. See <see cref="TrainingPlan.SavingUpdates"/>.
/// </summary>
public static class BeforeUpdate
{
    /// <summary>Takes the step that ends with the update, and leaves the update out.</summary>
    /// <param name="plan">The run's plan.</param>
    /// <param name="previous">The run's checkpoint one step before the update.</param>
    /// <param name="data">The plan's data.</param>
    /// <param name="engines">Makes engines of the plan's numerics.</param>
    /// <returns>The masks that the update changes, and the parameters that it sees.</returns>
    /// <exception cref="PlanException">No update follows that checkpoint, or the data or the engine is not the plan's.</exception>
    public static (MaskSet Masks, ParameterBlock Parameters) Compute(TrainingPlan plan, Checkpoint previous, DataSplit data, IEngineFactory engines)
    {
        plan.RequireUpdate(previous.Step + 1);
        if (previous.PlanHash != plan.Hash)
        {
            throw new PlanException($"'{plan.FolderName}' needs a checkpoint of its own, found one of plan {previous.PlanHash}.");
        }

        if (plan.Data.ContentHash != data.ContentHash)
        {
            throw new PlanException(
                $"What '{plan.FolderName}' was before a mask update is computed on its data: expected '{plan.Data.Name}' ({plan.Data.ContentHash[..8]}), found '{data.Name}' ({data.ContentHash[..8]}). Name its own (dataset=, data=).");
        }

        if (plan.Numerics != engines.Identity.Numerics)
        {
            throw new PlanException(
                $"What '{plan.FolderName}' was before a mask update is computed as it was trained: expected an engine of the arithmetic '{plan.Numerics ?? "of the CPU engine"}', found '{engines.Identity.Library}'.");
        }

        var batch = new int[plan.BatchSize];
        new BatchOrder(plan.OrderSeed, data.Train).Fill((long)previous.Step * plan.BatchSize, batch);
        using var engine = engines.Create(previous.Network, previous.Masks, plan.BatchSize);
        engine.Load(previous.Parameters, previous.Momentum);
        engine.TrainingStep(data.Train, batch, plan.Sgd(previous.Step));
        var (parameters, momentum) = (new ParameterBlock(previous.Network), new ParameterBlock(previous.Network));
        engine.Store(parameters, momentum);
        return (previous.Masks, parameters);
    }
}
