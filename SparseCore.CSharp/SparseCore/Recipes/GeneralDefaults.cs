using SparseCore.Allocation;
using SparseCore.Data;
using SparseCore.Initialization;
using SparseCore.Networks;
using SparseCore.Plans;
using SparseCore.Schedules;

namespace SparseCore.Recipes;

/// <summary>
/// Defaults of networks that no paper gives settings for, such as those that a script describes: He initialization, SGD with momentum and a cosine to 0 over
/// <see cref="Epochs"/> epochs. Change what is known better: <c>GeneralDefaults.Usual with { LearningRate = 0.05 }</c>.
/// </summary>
public record GeneralDefaults : NetworkDefaults
{
    /// <summary>As they stand here.</summary>
    public static GeneralDefaults Usual { get; } = new();

    /// <summary>Passes over the training set.</summary>
    public double Epochs { get; init; } = 30;

    /// <summary>Fraction of zeros.</summary>
    public double Sparsity { get; init; } = 0.9;

    /// <summary>Learning rate of step 0, for <see cref="BatchSize"/> examples; it follows the batch size.</summary>
    public double LearningRate { get; init; } = 0.1;

    /// <summary>Coefficient c of c * sum(w^2): half the weight decay of other libraries.</summary>
    public double L2 { get; init; } = 5e-5;

    /// <summary>Examples in a step.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>Nesterov's form of momentum.</summary>
    public bool Nesterov { get; init; }

    /// <summary>Steps between mask updates, in runs that have room for ten.</summary>
    public int UpdateInterval { get; init; } = 100;

    /// <summary>Share of a run in which SET and RigL may update masks (Evci et al. 2020: three quarters).</summary>
    public double UpdatedShare { get; init; } = 0.75;

    /// <summary>The places in a run, as shares of it, at which the learning rate drops, and what remains of it from there on; empty for a cosine.</summary>
    public IReadOnlyList<(double Place, double Factor)> Drops { get; init; } = [];

    /// <summary>How sparsity is shared among layers.</summary>
    /// <exception cref="PlanException">The distribution is unknown, or cannot keep the first layer dense.</exception>
    public static IAllocation Share(NetworkPlan network, string name, bool firstLayerDense)
    {
        try
        {
            return Allocations.Of(name, firstLayerDense ? [network.Build().Layers[0].Name] : []);
        }
        catch (ArgumentException error)
        {
            throw new PlanException(ErrorText.Of(error), error);
        }
    }

    /// <inheritdoc/>
    public override RecipeSettings Settings(Experiment experiment)
    {
        var data = experiment.Data;
        var network = experiment.Describe();
        var batch = experiment.BatchSize ?? BatchSize;
        var length = experiment.Steps ?? (int)Math.Clamp(Math.Round(Epochs * data.Train.Count / batch), 1, int.MaxValue);
        var share = Share(network, experiment.Allocation ?? "uniform", experiment.FirstLayerDense ?? false);
        var sparsity = experiment.Sparsity ?? Sparsity;
        var rate = experiment.LearningRate ?? (LearningRate * batch / BatchSize);
        var lastUpdate = Math.Max(1, (int)(UpdatedShare * length));
        return new RecipeSettings
        {
            Data = new DataPlan(data.Name, data.ContentHash),
            TrainCount = data.Train.Count,
            Network = network,
            SmallNetwork = network.Widths.Count == 0 ? null : SmallDenseNetwork.Matching(network, share, sparsity),
            Sparsity = sparsity,
            Steps = length,
            RewindStep = experiment.RewindStep ?? 0,
            Preset = Preset.Paper,
            LearningRate = rate,
            L2 = experiment.L2 ?? L2,
            UpdateInterval = experiment.UpdateInterval ?? Math.Min(UpdateInterval, Math.Max(1, length / 10)),
            BatchSize = batch,
            Allocation = share,
            DenseInitializer = DenseInitializer.HeNormal,
            Schedule = Rates(rate, length),
            Nesterov = Nesterov,
            DropFraction = new DropFractionSchedule.Cosine(0.3, lastUpdate),
            LastUpdate = lastUpdate,
            Regrown = experiment.Regrown,
            Numerics = experiment.Numerics,
            Logging = new LoggingPlan(
                Math.Max(1, length / 50),
                new ExampleRange(0, Math.Min(RecipeSettings.GradientExamples, data.Train.Count)) { Step = Math.Max(1, data.Train.Count / RecipeSettings.GradientExamples) },
                Math.Max(1, length / 20),
                []),
        };
    }

    private LearningRateSchedule Rates(double rate, int steps)
    {
        var drops = Drops
            .Select(drop => (Step: (int)Math.Round(drop.Place * steps), drop.Factor))
            .Where(drop => drop.Step > 0 && drop.Step < steps)
            .GroupBy(drop => drop.Step)
            .Select(group => group.Last())
            .ToList();
        return drops.Count == 0
            ? new LearningRateSchedule.Cosine(rate, steps)
            : new LearningRateSchedule.Steps([.. drops.Select(drop => drop.Step)], [rate, .. drops.Select(drop => rate * drop.Factor)]);
    }
}
