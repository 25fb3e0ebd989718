using SparseCore.Data;
using SparseCore.Initialization;
using SparseCore.Plans;
using SparseCore.Schedules;

namespace SparseCore.Recipes;

/// <summary>
/// The paper's settings for VGG16 and ResNet-50 on ImageNet-2012 (its code's TensorFlow-1 part), for runs of any length and batch size: everything that the paper
/// gives in epochs or steps keeps its place in the run. Batches here are smaller than the paper's 4,096 (ResNet-50) and 1,024 (VGG16), and the learning rate follows the
/// batch size.
/// </summary>
/// <param name="FirstLayerDense">Whether the first layer keeps all its weights; so it is in the paper's ResNet-50.</param>
/// <param name="PaperRewindStep">Step K of tickets, of the paper's 32,000.</param>
public sealed record ImageNetDefaults(bool FirstLayerDense, int PaperRewindStep) : NetworkDefaults
{
    /// <summary>Epochs of the paper's runs: 32,000 steps of 4,096 of 1,281,167 images (VGG16: 128,000 of 1,024).</summary>
    public const double PaperEpochs = 32000.0 * 4096 / 1281167;

    /// <summary>Steps of the paper's ResNet-50 runs; mask updates and rewinding are given in these.</summary>
    private const int PaperSteps = 32000;

    /// <summary>Steps between mask updates, where the run has room for two: grown weights need some steps before they compete.</summary>
    private const int ShortestUpdateInterval = 20;

    /// <summary>Examples of each data set on which paths are measured: all of ImageNet would take longer than training does.</summary>
    private const int MeasuredExamples = 2000;

    /// <summary>VGG16 in every form.</summary>
    public static ImageNetDefaults Vgg16 { get; } = new(FirstLayerDense: false, PaperRewindStep: 0)
    {
        PathExamples = MeasuredExamples,
        SharesSolution = true,
        HasAllTicketGroups = false,
        FillsMachine = true,
    };

    /// <summary>ResNet-50.</summary>
    public static ImageNetDefaults ResNet50 { get; } = new(FirstLayerDense: true, PaperRewindStep: 5000)
    {
        PathExamples = MeasuredExamples,
        SharesSolution = true,
        HasAllTicketGroups = false,
        FillsMachine = true,
    };

    /// <summary>Steps of a run of the paper's number of epochs.</summary>
    public static int StepsOf(DataSplit data, int batchSize) => (int)Math.Min(int.MaxValue, Math.Round(PaperEpochs * data.Train.Count / batchSize));

    /// <inheritdoc/>
    public override RecipeSettings Settings(Experiment experiment)
    {
        var data = experiment.Data;
        var batch = experiment.BatchSize ?? 128;
        var length = experiment.Steps ?? StepsOf(data, batch);
        var plan = experiment.Describe();
        var share = GeneralDefaults.Share(plan, experiment.Allocation ?? "uniform", experiment.FirstLayerDense ?? FirstLayerDense);
        var zeros = experiment.Sparsity ?? 0.8;
        var rate = experiment.LearningRate ?? (0.1 * batch / 256);
        var lastUpdate = Scaled(25000, length);
        return new RecipeSettings
        {
            Data = new DataPlan(data.Name, data.ContentHash),
            TrainCount = data.Train.Count,
            Network = plan,
            SmallNetwork = SmallDenseNetwork.Matching(plan, share, zeros),
            Sparsity = zeros,
            Steps = length,
            RewindStep = experiment.RewindStep ?? Scaled(PaperRewindStep, length),
            Preset = Preset.Paper,
            LearningRate = rate,
            L2 = experiment.L2 ?? 5e-5,
            UpdateInterval = experiment.UpdateInterval ?? Math.Min(Math.Max(ShortestUpdateInterval, Scaled(100, length)), Math.Max(1, lastUpdate / 2)),
            BatchSize = batch,
            Allocation = share,
            DenseInitializer = new DenseInitializer(Distribution.TruncatedNormal, FanMode.FanIn, 2),
            Schedule = Rates(rate, length),
            Nesterov = true,
            LabelSmoothing = 0.1,
            DropFraction = new DropFractionSchedule.Cosine(0.3, Math.Max(1, lastUpdate)),
            LastUpdate = lastUpdate,
            Regrown = experiment.Regrown,
            Numerics = experiment.Numerics,
            Logging = Logging(length, batch, data),
        };
    }

    /// <summary>
    /// Linear warm-up over 5 epochs, then a tenth of the rate at epochs 30, 70 and 90 of the paper's 102.3, at the same places of a run of any length (boundaries that
    /// fall together in a very short run count once, and those at its end not at all).
    /// </summary>
    internal static LearningRateSchedule Rates(double rate, int steps)
    {
        int At(double epoch) => Math.Max(1, (int)Math.Round(epoch / PaperEpochs * steps));
        var boundaries = new List<int>();
        var rates = new List<double> { rate };
        foreach (var (epoch, factor) in (ReadOnlySpan<(double, double)>)[(30, 0.1), (70, 0.01), (90, 0.001)])
        {
            var boundary = At(epoch);
            if (boundary >= steps)
            {
                break;
            }

            if (boundaries.Count > 0 && boundaries[^1] == boundary)
            {
                rates[^1] = rate * factor;
                continue;
            }

            boundaries.Add(boundary);
            rates.Add(rate * factor);
        }

        return new LearningRateSchedule.WarmUp(At(5), new LearningRateSchedule.Steps(boundaries, rates));
    }

    /// <summary>
    /// Measurements that cost little beside the steps: fifty rows of metrics a run, norms over one batch's worth of examples from all over the training set (as batch
    /// statistics need batches of the training's size); the test set, and at the end as well 2,000 training examples, as often as takes about a tenth of the
    /// time (an image evaluated costs a third of one trained on), at least at the start and at the end. A checkpoint of dense ResNet-50 takes 188 MB: at most
    /// 50 are kept.
    /// </summary>
    private static LoggingPlan Logging(int steps, int batch, DataSplit data)
    {
        var interval = Math.Max(1, steps / 50);
        var count = Math.Min(batch, data.Train.Count);
        var evaluations = (int)Math.Clamp((long)steps * batch / (4L * data.Test.Count), 1, 50);
        return new LoggingPlan(
            interval, new ExampleRange(0, count) { Step = data.Train.Count / count }, Math.Max(1, Math.Max(steps / 50, Math.Min(steps / 4, 1000))), [])
        {
            EvaluationInterval = interval * (50 / evaluations),
            TrainExamples = 2000,
        };
    }

    private static int Scaled(int paperStep, int steps) => (int)Math.Round((double)paperStep * steps / PaperSteps, MidpointRounding.AwayFromZero);
}
