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

    /// <summary>Updates of SET and RigL that a run has room for at least, where their interval is not given.</summary>
    private const int LeastUpdates = 10;

    /// <summary>The data.</summary>
    public required DataPlan Data { get; init; }

    /// <summary>Training examples that the data has; where the paper measures on more, all of them are taken.</summary>
    public int TrainCount { get; init; } = int.MaxValue;

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

    /// <summary>How sparsity is shared among layers, by pruning and by random masks.</summary>
    public IAllocation Allocation { get; init; } = new UniformAllocation();

    /// <summary>How dense networks are initialised; also sparse ones, masked, under <see cref="InitializerName.Dense"/>.</summary>
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
            return LargeNetworks.Contains(Network.Name) || fewer.All(what => what is null)
                ? null
                : FormattableString.Invariant($"Measured on fewer examples than the paper's, as the data has {TrainCount} for training: {string.Join(", ", fewer.OfType<string>())}.");
        }
    }

    /// <summary>The paper's settings for a network on given data; whatever is given replaces the paper's value.</summary>
    /// <param name="data">The data.</param>
    /// <param name="network">One of <see cref="NetworkPlan.KnownNames"/>.</param>
    /// <param name="widths">Hidden widths.</param>
    /// <param name="sparsity">Fraction of zeros; the paper's is 0.95 for LeNet5, 0.98 for LeNet-300-100 and 0.8 for VGG16 and ResNet-50.</param>
    /// <param name="steps">Length of every run; the paper's is 11,719 for the LeNets and 102.3 epochs for VGG16 and ResNet-50.</param>
    /// <param name="rewindStep">Step K of tickets; the paper's is 0, and for ResNet-50 5,000 of 32,000 (Table 1), at the same place of shorter runs.</param>
    /// <param name="preset">Text or published code.</param>
    /// <param name="learningRate">At step 0; for VGG16 and ResNet-50 after the warm-up, 0.1 for every 256 examples of a batch.</param>
    /// <param name="l2">Coefficient c of c * sum(w^2).</param>
    /// <param name="batchSize">Examples in a step; 128 unless given.</param>
    /// <param name="allocation">"uniform", "er" or "erk"; uniform unless given. Of VGG16 and ResNet-50 only, like what follows.</param>
    /// <param name="firstLayerDense">Whether the first layer keeps all its weights; so it is in the paper's ResNet-50.</param>
    /// <param name="updateInterval">
    /// Steps between mask updates of SET and RigL. Unless given, it is the paper's for the LeNets (100 and 500), but at most a tenth of the run; for VGG16 and ResNet-50
    /// 100 of 32,000 and at least 20, but at most half of the time in which masks are updated. A shorter run would end before anything changes.
    /// </param>
    /// <param name="regrown">What becomes of a weight that a mask update drops and grows again at once.</param>
    /// <exception cref="PlanException">The network is unknown, or has no such setting.</exception>
    public static RecipeSettings Paper(
        DataSplit data,
        string network,
        IReadOnlyList<int>? widths = null,
        double? sparsity = null,
        int? steps = null,
        int? rewindStep = null,
        Preset preset = Preset.Paper,
        double? learningRate = null,
        double? l2 = null,
        int? batchSize = null,
        string? allocation = null,
        bool? firstLayerDense = null,
        int? updateInterval = null,
        Regrowth regrown = Regrowth.Keep)
    {
        var isLeNet5 = network == "lenet5";
        if (!NetworkPlan.KnownNames.Contains(network))
        {
            throw new PlanException($"Unknown network '{network}'. Known networks: {string.Join(", ", NetworkPlan.KnownNames)}.");
        }

        if (LargeNetworks.Contains(network))
        {
            return preset == Preset.Paper
                ? LargeNetworks.Settings(
                    data, network, widths, sparsity, steps, rewindStep, learningRate, l2, batchSize, allocation, firstLayerDense, updateInterval) with
                {
                    Regrown = regrown,
                }
                : throw new PlanException($"The preset paper-code follows the paper's MNIST code; for '{network}' use the preset paper.");
        }

        if (allocation is not null || firstLayerDense is not null)
        {
            throw new PlanException($"Allocation and a dense first layer can be chosen for {string.Join(", ", LargeNetworks.Names)}, not for '{network}'.");
        }

        var length = steps ?? PaperSteps;
        return new RecipeSettings
        {
            Data = new DataPlan(data.Name, data.ContentHash),
            TrainCount = data.Train.Count,
            Network = Describe(widths ?? (isLeNet5 ? LeNet5.PaperWidths : LeNet300.PaperWidths)),
            SmallNetwork = Describe(isLeNet5 ? LeNet5.SmallDenseWidths : LeNet300.SmallDenseWidths),
            Sparsity = sparsity ?? (isLeNet5 ? 0.95 : 0.98),
            Steps = length,
            RewindStep = rewindStep ?? 0,
            Preset = preset,
            LearningRate = learningRate ?? (isLeNet5 ? 0.05 : 0.2),
            L2 = l2 ?? (isLeNet5 ? 5e-4 : 1e-4),
            UpdateInterval = updateInterval ?? Math.Min(isLeNet5 ? 100 : 500, Math.Max(1, length / LeastUpdates)),
            BatchSize = batchSize ?? 128,
            Regrown = regrown,
            Logging = new LoggingPlan(200, new ExampleRange(0, Math.Min(GradientExamples, data.Train.Count)), 500, []),
        };

        NetworkPlan Describe(IReadOnlyList<int> hidden) => new(network, hidden, data.Train.Shape, data.Train.Classes);
    }
}
