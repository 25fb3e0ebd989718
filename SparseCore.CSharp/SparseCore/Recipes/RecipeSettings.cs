using SparseCore.Allocation;
using SparseCore.Connectivity;
using SparseCore.Data;
using SparseCore.Initialization;
using SparseCore.Networks;
using SparseCore.Plans;
using SparseCore.Schedules;

namespace SparseCore.Recipes;

/// <summary>The settings that all runs of one experiment share; every value ends up in the runs' plans.</summary>
public sealed record RecipeSettings
{
    /// <summary>Steps of the paper's runs: 25 epochs of MNIST in batches of 128.</summary>
    public const int PaperSteps = 11719;

    /// <summary>Training examples on which the paper's code measures gradient norms: the first 1,000.</summary>
    internal const int GradientExamples = 1000;

    /// <summary>Training examples that SNIP's and GraSP's scores see.</summary>
    internal const int SnipExamples = 1000, GraspExamples = 100;

    /// <summary>The data.</summary>
    public required DataPlan Data { get; init; }

    /// <summary>Training examples that the data has; where the paper measures on more, all of them are taken.</summary>
    public int TrainCount { get; init; } = int.MaxValue;

    /// <summary>The network.</summary>
    public required NetworkPlan Network { get; init; }

    /// <summary>The small dense network of about as many parameters as the sparse one has; null where the network has no widths that could be made smaller.</summary>
    public required NetworkPlan? SmallNetwork { get; init; }

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

    /// <summary>How sparsity is shared among layers, by pruning and by random masks.</summary>
    public IAllocation Allocation { get; init; } = new UniformAllocation();

    /// <summary>How dense networks are initialized; also sparse ones, masked, under <see cref="InitializerNames.Dense"/>.</summary>
    public DenseInitializer DenseInitializer { get; init; } = DenseInitializer.GlorotUniform;

    /// <summary>Step to learning rate; null is a cosine from <see cref="LearningRate"/> to 0.</summary>
    public LearningRateSchedule? Schedule { get; init; }

    /// <summary>Nesterov's form of momentum.</summary>
    public bool Nesterov { get; init; }

    /// <summary>Share of every training label that is spread over all classes.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>Share of a layer's active weights that a mask update of SET or RigL replaces.</summary>
    public DropFractionSchedule DropFraction { get; init; } = new DropFractionSchedule.TiedToLearningRate(0.3);

    /// <summary>The last step at which SET and RigL may update masks; null is the end of the run.</summary>
    public int? LastUpdate { get; init; }

    /// <summary>What becomes of a weight that a mask update drops and grows again at once.</summary>
    public Regrowth Regrown { get; init; }

    /// <summary>The arithmetic that plans name, see <see cref="TrainingPlan.Numerics"/>.</summary>
    public string? Numerics { get; init; }

    /// <summary>Whether runs measure on the paper's numbers of examples, where the data has as many.</summary>
    public bool HasPaperExamples { get; init; }

    /// <summary>What runs measure and save.</summary>
    public LoggingPlan Logging { get; init; } = new(200, new ExampleRange(0, GradientExamples), 500, []);

    /// <summary>What is measured on fewer examples than the paper's, in a sentence; null where the data has enough for all methods of the preset.</summary>
    public string? FewExamples
    {
        get
        {
            string?[] fewer =
            [
                TrainCount < Math.Max(GradientExamples, SnipExamples) ? "gradient norms and SNIP's scores (1,000 there)" : null,
                TrainCount < GraspExamples ? "GraSP's scores (100 there)" : null,
                Preset == Preset.PaperCode && TrainCount < 2 * GradientExamples ? "growth of RigL (1,000 there)" : null,
            ];
            return !HasPaperExamples || fewer.All(what => what is null)
                ? null
                : FormattableString.Invariant($"Measured on fewer examples than the paper's, as the data has {TrainCount} for training: {string.Join(", ", fewer.OfType<string>())}.");
        }
    }
}
