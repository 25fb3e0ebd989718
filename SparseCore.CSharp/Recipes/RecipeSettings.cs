using SparseCore.Data;
using SparseCore.Networks;
using SparseCore.Training;

namespace SparseCore.Recipes;

/// <summary>The settings that all runs of one experiment share; every value ends up in the runs' plans.</summary>
public sealed record RecipeSettings
{
    /// <summary>Steps of the paper's runs: 25 epochs of MNIST in batches of 128.</summary>
    public const int PaperSteps = 11719;

    /// <summary>The data.</summary>
    public required DataPlan Data { get; init; }

    /// <summary>The network.</summary>
    public required NetworkPlan Network { get; init; }

    /// <summary>The small dense network of about as many parameters as the sparse one has.</summary>
    public required NetworkPlan SmallNetwork { get; init; }

    /// <summary>Fraction of zeros of the sparse networks.</summary>
    public required double Sparsity { get; init; }

    /// <summary>Length of every run.</summary>
    public required int Steps { get; init; }

    /// <summary>Step K of the dense run to which tickets are rewound.</summary>
    public required int RewindStep { get; init; }

    /// <summary>Which side is followed where the paper and its code disagree.</summary>
    public required Preset Preset { get; init; }

    /// <summary>Learning rate at step 0; it falls to 0 along a cosine.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Coefficient c of c * sum(w^2).</summary>
    public required double L2 { get; init; }

    /// <summary>Steps between mask updates of SET and RigL.</summary>
    public required int UpdateInterval { get; init; }

    /// <summary>Examples in a step.</summary>
    public required int BatchSize { get; init; }

    /// <summary>The paper's settings for a network on given data; whatever is given replaces the paper's value.</summary>
    /// <param name="data">The data.</param>
    /// <param name="network">One of <see cref="NetworkPlan.KnownNames"/>.</param>
    /// <param name="widths">Hidden widths.</param>
    /// <param name="sparsity">Fraction of zeros; the paper's is 0.95 for LeNet5 and 0.98 for LeNet-300-100.</param>
    /// <param name="steps">Length of every run.</param>
    /// <param name="rewindStep">Step K of tickets.</param>
    /// <param name="preset">Text or published code.</param>
    /// <param name="learningRate">At step 0.</param>
    /// <param name="l2">Coefficient c of c * sum(w^2).</param>
    /// <exception cref="PlanException">The network is unknown.</exception>
    public static RecipeSettings Paper(
        DataSplit data,
        string network,
        IReadOnlyList<int>? widths = null,
        double? sparsity = null,
        int? steps = null,
        int? rewindStep = null,
        Preset preset = Preset.Paper,
        double? learningRate = null,
        double? l2 = null)
    {
        var isLeNet5 = network == "lenet5";
        if (!NetworkPlan.KnownNames.Contains(network))
        {
            throw new PlanException($"Unknown network '{network}'. Known networks: {string.Join(", ", NetworkPlan.KnownNames)}.");
        }

        return new RecipeSettings
        {
            Data = new DataPlan(data.Name, data.ContentHash),
            Network = Describe(widths ?? (isLeNet5 ? LeNet5.PaperWidths : LeNet300.PaperWidths)),
            SmallNetwork = Describe(isLeNet5 ? LeNet5.SmallDenseWidths : LeNet300.SmallDenseWidths),
            Sparsity = sparsity ?? (isLeNet5 ? 0.95 : 0.98),
            Steps = steps ?? PaperSteps,
            RewindStep = rewindStep ?? 0,
            Preset = preset,
            LearningRate = learningRate ?? (isLeNet5 ? 0.05 : 0.2),
            L2 = l2 ?? (isLeNet5 ? 5e-4 : 1e-4),
            UpdateInterval = isLeNet5 ? 100 : 500,
            BatchSize = 128,
        };

        NetworkPlan Describe(IReadOnlyList<int> hidden) => new(network, hidden, data.Train.Shape, data.Train.Classes);
    }
}
