using SparseCore.Allocation;
using SparseCore.Connectivity;
using SparseCore.Data;
using SparseCore.Initialization;
using SparseCore.Plans;
using SparseCore.Schedules;
using SparseCore.Scores;

namespace SparseCore.Recipes;

/// <summary>
/// The paper's runs as plans. A seed k means: initial weights from seed k and data order from seed k for runs that start from nothing; runs derived from another
/// one draw from seed 1000 + k, so that no derived run repeats its parent's weights or data order.
/// </summary>
public sealed class Recipe(RecipeSettings settings)
{
    /// <summary>The settings all plans share.</summary>
    public RecipeSettings Settings { get; } = settings;

    /// <summary>The dense network, trained as it is (the paper's baseline).</summary>
    public PlannedRun Dense(int seed) => new(Plan("dense", $"seed{seed}", sparse: false) with
    {
        Weights = Draw(InitializerNames.Dense, seed),
        OrderSeed = (ulong)seed,
    });

    /// <summary>A smaller dense network with about as many parameters as the sparse one.</summary>
    public PlannedRun SmallDense(int seed) => new(Plan("small-dense", $"seed{seed}", sparse: false) with
    {
        Network = Settings.SmallNetwork ?? throw new PlanException(
            $"The network '{Settings.Network.Name}' is described as a graph, without widths that could be made smaller: leave small-dense out, or describe the small network itself."),
        Weights = Draw(InitializerNames.Dense, seed),
        OrderSeed = (ulong)seed,
    });

    /// <summary>Gradual magnitude pruning; its end is the pruning solution. The pruning window scales with the length of the run.</summary>
    public PlannedRun Prune(int seed)
    {
        var plan = Plan("prune", $"seed{seed}");
        var (begin, end) = (Math.Min(Scaled(3000), Settings.Steps - 1), Math.Min(Scaled(7000), Settings.Steps - 1));
        var saves = Settings.RewindStep % plan.Logging.SaveInterval == 0 ? [] : new[] { Settings.RewindStep };
        return new PlannedRun(plan with
        {
            Weights = Draw(InitializerNames.Dense, seed),
            Connectivity = new GradualPruning(new CubicSparsity(0, Settings.Sparsity, begin, end, Math.Max(1, Scaled(100))))
            {
                Allocation = IsPlainUniform ? null : Settings.Allocation,
            },
            OrderSeed = (ulong)seed,
            Logging = plan.Logging with { ExtraSaves = saves },
        });
    }

    /// <summary>The ticket: mask of the pruning solution, weights and biases of its dense phase at the rewind step, full schedule.</summary>
    public PlannedRun Lottery(PlannedRun prune, int seed)
    {
        if (prune.Plan.Connectivity is GradualPruning { Sparsity.Begin: var begin } && Settings.RewindStep > begin)
        {
            throw new PlanException(
                $"The ticket's weights must come from before pruning starts: expected a rewind step of at most {begin} (pruning begins there), found {Settings.RewindStep}.");
        }

        var rewind = Settings.RewindStep == 0 ? string.Empty : $"-rewind{Settings.RewindStep}";
        return new PlannedRun(
            Plan("lottery", $"of-{prune.Plan.OrderSeed}{rewind}-seed{seed}") with
            {
                Mask = new MaskPlan.FromRun(prune.Plan.AtEnd(), null),
                Weights = new WeightPlan.FromRun(prune.Plan.At(Settings.RewindStep)),
                OrderSeed = Derived(seed),
            },
            prune);
    }

    /// <summary>The pruning solution's mask with fresh weights.</summary>
    /// <param name="prune">The pruning solution.</param>
    /// <param name="initializer">Distribution of the fresh weights.</param>
    /// <param name="initialSeed">Seed of the fresh weights; equal seeds give one fixed initialization.</param>
    /// <param name="seed">Seed of the data order.</param>
    public PlannedRun Scratch(PlannedRun prune, string initializer, int initialSeed, int seed) => new(
        Plan("scratch", $"of-{prune.Plan.OrderSeed}-{initializer}-init{initialSeed}-seed{seed}") with
        {
            Mask = new MaskPlan.FromRun(prune.Plan.AtEnd(), null),
            Weights = new WeightPlan.Initialized(Initializer(initializer), Derived(initialSeed)),
            OrderSeed = Derived(seed),
        },
        prune);

    /// <summary>Mask and weights of the pruning solution's end, fresh optimizer, full schedule.</summary>
    public PlannedRun PruneRestart(PlannedRun prune, int seed) => new(
        Plan("prune-restart", $"of-{prune.Plan.OrderSeed}-seed{seed}") with
        {
            Mask = new MaskPlan.FromRun(prune.Plan.AtEnd(), null),
            Weights = new WeightPlan.FromRun(prune.Plan.AtEnd()),
            OrderSeed = Derived(seed),
        },
        prune);

    /// <summary>Dynamic sparse training.</summary>
    /// <param name="method">Name for people and tables: "set", "rigl", ...</param>
    /// <param name="growth">Name of the growth score.</param>
    /// <param name="initializer">Distribution of the first weights.</param>
    /// <param name="prune">The run whose final mask is the starting mask under <see cref="Preset.PaperCode"/>; not used otherwise.</param>
    /// <param name="seed">Seed of weights, data order, random masks and random growth.</param>
    public PlannedRun Dynamic(string method, string growth, string initializer, PlannedRun prune, int seed)
    {
        RequireSparse(method);
        var fromPruned = Settings.Preset == Preset.PaperCode;
        var plan = Plan(method, $"{(fromPruned ? $"of-{prune.Plan.OrderSeed}-" : string.Empty)}{initializer}-seed{seed}") with
        {
            Mask = fromPruned
                ? new MaskPlan.FromRun(prune.Plan.AtEnd(), null)
                : new MaskPlan.RandomMasks(Settings.Allocation, Settings.Sparsity, Derived(seed)),
            Weights = new WeightPlan.Initialized(Initializer(initializer), Derived(seed)),
            OrderSeed = Derived(seed),
            Connectivity = new DropAndGrow(
                growth,
                Updates,
                Settings.DropFraction,
                fromPruned ? FixedGrowthExamples : null,
                Derived(seed))
            {
                Regrown = Settings.Regrown,
            },
        };
        return fromPruned ? new PlannedRun(plan, prune) : new PlannedRun(plan);
    }

    /// <summary>Pruning at initialization, then static training of what is left.</summary>
    /// <param name="method">Name for people and tables: "snip", "grasp", "synflow", ...</param>
    /// <param name="score">What is kept.</param>
    /// <param name="scope">Whether weights compete within their layer or in the whole network.</param>
    /// <param name="rounds">Rounds of pruning.</param>
    /// <param name="examples">Training examples that the score sees, from the first on; all where the data has fewer.</param>
    /// <param name="seed">Seed of weights and data order.</param>
    public PlannedRun PrunedAtInitialization(string method, IPruningScore score, PruningScope scope, int rounds, int examples, int seed)
    {
        if (!IsPlainUniform)
        {
            throw new PlanException(
                $"The method '{method}' shares sparsity by its scores: ask for the uniform allocation without a dense first layer (allocation=uniform first-layer=sparse).");
        }

        return new PlannedRun(Plan(method, $"seed{seed}") with
        {
            Mask = new MaskPlan.AtInitialization(score, scope, Settings.Sparsity, rounds, new ExampleRange(0, Math.Min(examples, Settings.TrainCount)), (ulong)seed),
            Weights = Draw(InitializerNames.Dense, seed),
            OrderSeed = (ulong)seed,
        });
    }

    /// <summary>AC/DC (<see cref="AlternatingPhases"/>), its phases in the places of the authors' 100-epoch runs: warm-up to 10%, phases of 5%, sparse from 85% on.</summary>
    public PlannedRun Alternating(int seed)
    {
        if (Settings.Sparsity == 0)
        {
            throw new PlanException("Method 'acdc' alternates sparse and dense phases: expected a sparsity above 0, found 0.");
        }

        int Place(double share) => Math.Max(1, (int)Math.Round(share * Settings.Steps));
        var phase = Math.Max(1, Place(0.05));
        var (first, last) = (Place(0.10), Math.Max(Place(0.10), Math.Min(Place(0.85), Settings.Steps - 1)));
        return new PlannedRun(Plan("acdc", $"seed{seed}") with
        {
            Weights = Draw(InitializerNames.Dense, seed),
            OrderSeed = (ulong)seed,
            Connectivity = new AlternatingPhases(Settings.Sparsity, new UpdateSchedule(first, last, phase))
            {
                Allocation = IsPlainUniform ? null : Settings.Allocation,
            },
        });
    }

    /// <summary>Dynamic sparse training by a mask updater of any kind, from random masks.</summary>
    /// <param name="method">Name for people and tables.</param>
    /// <param name="updater">Changes the masks; made from the schedule and drop fraction of the settings, and the run's seed.</param>
    /// <param name="initializer">Distribution of the first weights.</param>
    /// <param name="seed">Seed of weights, data order and masks.</param>
    public PlannedRun Updated(string method, Func<UpdateSchedule, DropFractionSchedule, ulong, IMaskUpdater> updater, string initializer, int seed)
    {
        RequireSparse(method);
        return new PlannedRun(Plan(method, $"{initializer}-seed{seed}") with
        {
            Mask = new MaskPlan.RandomMasks(Settings.Allocation, Settings.Sparsity, Derived(seed)),
            Weights = new WeightPlan.Initialized(Initializer(initializer), Derived(seed)),
            OrderSeed = Derived(seed),
            Connectivity = updater(Updates, Settings.DropFraction, Derived(seed)),
        });
    }

    /// <summary>The initializer of a name; the paper's with the scale of the preset.</summary>
    /// <exception cref="PlanException">The name is unknown.</exception>
    public IInitializer Initializer(string name)
    {
        var scale = Settings.Preset == Preset.PaperCode ? 1.0 : 2.0;
        try
        {
            return name switch
            {
                InitializerNames.Dense => Settings.DenseInitializer,
                InitializerNames.LayerScaled => new LayerScaledInitializer(Distribution.TruncatedNormal, FanMode.FanIn, scale),
                InitializerNames.NeuronScaled => new NeuronScaledInitializer(Distribution.Normal, FanMode.FanIn, scale),
                _ => Initializers.Registry.Usual(name),
            };
        }
        catch (UnregisteredNameException error)
        {
            throw new PlanException(ErrorText.Of(error), error);
        }
    }

    /// <summary>Training examples 1000 to 1999, as in the paper's code; the second half of the data where it has fewer.</summary>
    private ExampleRange FixedGrowthExamples
    {
        get
        {
            var first = Math.Min(RecipeSettings.GradientExamples, Settings.TrainCount / 2);
            return new ExampleRange(first, Math.Min(RecipeSettings.GradientExamples, Settings.TrainCount - first));
        }
    }

    private UpdateSchedule Updates =>
        new(Settings.UpdateInterval, Math.Max(Settings.UpdateInterval, Settings.LastUpdate ?? Settings.Steps), Settings.UpdateInterval);

    private void RequireSparse(string method)
    {
        if (Settings.Sparsity == 0)
        {
            throw new PlanException($"Method '{method}' needs a sparse network, as a dense one has nothing to grow: expected a sparsity above 0, found 0.");
        }
    }

    private static ulong Derived(int seed) => (ulong)(TrainingPlan.DerivedSeedOffset + seed);

    private bool IsPlainUniform => Settings.Allocation is UniformAllocation { DenseLayers.Count: 0 };

    private LearningRateSchedule LearningRate() => Settings.Schedule ?? new LearningRateSchedule.Cosine(Settings.LearningRate, Settings.Steps);

    private WeightPlan Draw(string initializer, int seed) => new WeightPlan.Initialized(Initializer(initializer), (ulong)seed);

    private int Scaled(int paperStep) => (int)Math.Round((double)paperStep * Settings.Steps / RecipeSettings.PaperSteps, MidpointRounding.AwayFromZero);

    private TrainingPlan Plan(string method, string suffix, bool sparse = true)
    {
        var sparsity = sparse ? FormattableString.Invariant($"-s{Settings.Sparsity * 100:0.##}") : string.Empty;
        return new TrainingPlan
        {
            Format = TrainingPlan.CurrentFormat,
            Name = $"{Settings.Network.Name}-{Settings.Data.Name}-{method}{sparsity}-{suffix}",
            Method = method,
            Data = Settings.Data,
            Network = Settings.Network,
            Mask = new MaskPlan.AllActive(),
            Weights = Draw(InitializerNames.Dense, 0),
            Connectivity = new StaticMasks(),
            Optimizer = new OptimizerPlan(LearningRate(), 0.9f, Settings.Nesterov, Settings.L2),
            LabelSmoothing = Settings.LabelSmoothing,
            BatchSize = Settings.BatchSize,
            Steps = Settings.Steps,
            OrderSeed = 0,
            Logging = Settings.Logging,
            Numerics = Settings.Numerics,
        };
    }
}
