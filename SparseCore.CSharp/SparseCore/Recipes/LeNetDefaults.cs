using SparseCore.Data;
using SparseCore.Networks;
using SparseCore.Plans;

namespace SparseCore.Recipes;

/// <summary>The paper's settings for LeNet5 and LeNet-300-100 on MNIST (its code's Keras part): 11,719 steps of 128, a cosine from the first learning rate to 0.</summary>
/// <param name="SmallWidths">Hidden widths of its small dense network.</param>
/// <param name="Sparsity">Fraction of zeros.</param>
/// <param name="LearningRate">At step 0.</param>
/// <param name="L2">Coefficient c of c * sum(w^2).</param>
/// <param name="UpdateInterval">Steps between mask updates.</param>
public sealed record LeNetDefaults(
    IReadOnlyList<int> SmallWidths, double Sparsity, double LearningRate, double L2, int UpdateInterval)
    : NetworkDefaults
{
    /// <summary>Updates of SET and RigL that a run has room for at least, where their interval is not given.</summary>
    private const int LeastUpdates = 10;

    /// <summary>LeNet5.</summary>
    public static LeNetDefaults LeNet5 { get; } =
        new(Networks.LeNet5.SmallDenseWidths, 0.95, 0.05, 5e-4, 100) { HasPaperCode = true };

    /// <summary>LeNet-300-100.</summary>
    public static LeNetDefaults LeNet300 { get; } =
        new(Networks.LeNet300.SmallDenseWidths, 0.98, 0.2, 1e-4, 500) { HasPaperCode = true };

    /// <inheritdoc/>
    public override RecipeSettings Settings(Experiment experiment)
    {
        var data = experiment.Data;
        var length = experiment.Steps ?? RecipeSettings.PaperSteps;
        var network = experiment.Describe();
        return new RecipeSettings
        {
            Data = new DataPlan(data.Name, data.ContentHash),
            TrainCount = data.Train.Count,
            Network = network,
            SmallNetwork = Describe(SmallWidths),
            Sparsity = experiment.Sparsity ?? Sparsity,
            Steps = length,
            RewindStep = experiment.RewindStep ?? 0,
            Preset = experiment.Preset,
            LearningRate = experiment.LearningRate ?? LearningRate,
            L2 = experiment.L2 ?? L2,
            UpdateInterval = experiment.UpdateInterval ?? Math.Min(UpdateInterval, Math.Max(1, length / LeastUpdates)),
            BatchSize = experiment.BatchSize ?? 128,
            Allocation = GeneralDefaults.Share(network, experiment.Allocation ?? "uniform", experiment.FirstLayerDense ?? false),
            Regrown = experiment.Regrown,
            Numerics = experiment.Numerics,
            HasPaperExamples = true,
            Logging = new LoggingPlan(200, new ExampleRange(0, Math.Min(RecipeSettings.GradientExamples, data.Train.Count)), 500, []),
        };

        NetworkPlan Describe(IReadOnlyList<int> hidden) => new(experiment.Network, hidden, data.Train.Shape, data.Train.Classes);
    }
}
